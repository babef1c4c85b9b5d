// What programs and authenticator apps do, beside the browser.
import { createHmac } from 'node:crypto';
import { expect, type Account } from './fixtures';

/** A procedure, called over HTTP with a bearer token or none. */
export async function call(
	baseURL: string,
	procedure: string,
	{ input, token, query = false }: { input?: unknown; token?: string; query?: boolean } = {}
) {
	const response = await fetch(
		`${baseURL}/trpc/${procedure}${query && input ? `?input=${encodeURIComponent(JSON.stringify(input))}` : ''}`,
		{
			method: query ? 'GET' : 'POST',
			headers: {
				'content-type': 'application/json',
				'user-agent': 'curl/8.5.0',
				...(token && { authorization: `Bearer ${token}` })
			},
			body: query ? undefined : JSON.stringify(input ?? {})
		}
	);
	const { result, error } = (await response.json()) as {
		result?: { data: unknown };
		error?: { data: { reason?: string } };
	};
	return { status: response.status, data: result?.data, reason: error?.data.reason };
}

type Grant = { accessToken: string; refreshToken: string; sessionId: string };

/** A program that signs in with the password. */
export async function signInProgram(baseURL: string, account: Account, device = 'Backup script') {
	const { email, password } = account;
	const { status, data } = await call(baseURL, 'auth.signIn', { input: { email, password, device } });
	expect(status).toBe(200);
	return data as Grant;
}

/** The code that an authenticator app shows now: RFC 6238 with its defaults. */
export function totp(secret: string, now = Date.now()): string {
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...secret.replace(/\s/g, '')]
		.map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0'))
		.join('');
	const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
	const digest = createHmac('sha1', key).update(counter).digest();
	const offset = digest[19]! & 15;
	return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Two-factor sign-in, turned on by a program; what an app and its owner have then. */
export async function turnOnTwoFactor(baseURL: string, account: Account) {
	const { accessToken: token } = await signInProgram(baseURL, account);
	const input = { currentPassword: account.password };
	const begun = await call(baseURL, 'account.beginTwoFactor', { input, token });
	const { secret } = begun.data as { secret: string };
	const now = Date.now();
	const confirmed = await call(baseURL, 'account.confirmTwoFactor', {
		input: { code: totp(secret, now) },
		token
	});
	const { recoveryCodes } = confirmed.data as { recoveryCodes: string[] };
	// The present code is used up; the next one is good already, and for a minute.
	return { secret, recoveryCodes, nextCode: totp(secret, now + 30_000) };
}
