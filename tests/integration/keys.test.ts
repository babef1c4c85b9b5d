// The keys that sign access tokens: published, replaced by age and on demand, and forgotten in time.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterEach, expect, test, vi } from 'vitest';
import { loadKeys, publicKeys, signingKey, tendKeys } from '$lib/server/auth/keys';
import { setAppSecret } from '$lib/server/auth/secrets';
import { db } from '$lib/server/db/connect';
import { callerWith, env, get, outcome, post, serve, signUp, sql, times } from './harness';

afterEach(() => vi.restoreAllMocks());

const rotate = async () =>
	promisify(execFile)(process.execPath, ['src/rotate-keys.js'], { env: { ...process.env, ...env } });

const jwks = async (url: string) =>
	(await (await fetch(`${url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;

const kids = async (url: string) => (await jwks(url)).keys.map(({ kid }) => kid);

const verify = async (token: string, url: string) =>
	jwtVerify(token, createLocalJWKSet(await jwks(url)), { issuer: env.ORIGIN, audience: 'latchkey-api' });

const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? '';

/** As if every retired key had been for so long that its tokens have expired, and as an instance hears of it. */
async function forget() {
	await sql`update signing_keys set retired_at = retired_at - interval '12 minutes' where retired_at is not null`;
	await sql`select pg_notify('latchkey', '{"type":"keys_changed"}')`;
}

test('after a rotation every instance signs with the new key at once, old tokens verify until they expire, and then the old key is gone', async () => {
	const instances = await Promise.all([serve({ ORIGIN: env.ORIGIN }), serve({ ORIGIN: env.ORIGIN })]);
	const urls = instances.map(({ url }) => url);
	await loadKeys();
	const { grant, credentials } = await signUp();
	const { email, password } = credentials;
	const before = kidOf(grant.accessToken);
	for (const url of urls) expect((await verify(grant.accessToken, url)).payload.email).toBe(email);

	const { stdout, stderr } = await rotate();
	expect(stdout).toMatch(/^Tokens are signed with the new key [\w-]+ from now on\.\n$/);
	expect(stderr).toBe('');
	const after = /key ([\w-]+) from/.exec(stdout)![1]!;
	expect(after).not.toBe(before);

	for (const url of urls) {
		const fresh = async () =>
			(await post('auth.signIn', { email, password }, { url })).data.accessToken as string;
		await expect.poll(async () => kidOf(await fresh()), { timeout: 2_000 }).toBe(after);
		const token = await fresh();
		for (const other of urls) {
			await expect.poll(() => kids(other), { timeout: 2_000 }).toEqual([after, before]);
			for (const issued of [token, grant.accessToken]) {
				expect((await verify(issued, other)).payload.email).toBe(email);
				const headers = { authorization: `Bearer ${issued}` };
				expect((await get('auth.me', { url: other, headers })).status).toBe(200);
			}
		}
	}

	await forget();
	for (const url of urls) {
		await expect.poll(() => kids(url), { timeout: 2_000 }).toEqual([after]);
		await expect(verify(grant.accessToken, url)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
	}
	await tendKeys();
	const rows = await sql`select kid from signing_keys`;
	expect(rows.map(({ kid }) => kid as string)).toEqual([after]);
});

test('a key published twice is the same key, and nothing private is with it', () => {
	for (const key of publicKeys())
		expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

test('a key of thirty days is replaced, and its tokens go on', async () => {
	await loadKeys();
	const { authorization, api } = await signUp();
	const before = signingKey().kid;
	await tendKeys();
	expect(signingKey().kid).toBe(before);
	await sql`update signing_keys set created_at = now() - interval '31 days' where kid = ${before}`;
	await Promise.all([tendKeys(), tendKeys(), tendKeys()]);
	expect(signingKey().kid).not.toBe(before);
	expect(publicKeys().map(({ kid }) => kid)).toEqual([signingKey().kid, before]);
	expect(await outcome(api.auth.me())).toBe('ok');
	expect(await outcome(callerWith({ authorization }).auth.me())).toBe('ok');
	const unretired = await sql`select kid from signing_keys where retired_at is null`;
	expect(unretired).toHaveLength(1);
});

test('under another APP_SECRET there is a new key, and tokens of the old one still verify', async () => {
	await loadKeys();
	const { api } = await signUp();
	const before = signingKey().kid;
	try {
		setAppSecret('another secret of thirty-two characters');
		await loadKeys();
		expect(signingKey().kid).not.toBe(before);
		expect(await outcome(api.auth.me())).toBe('ok');
		expect(await outcome(signUp().then(({ api }) => api.auth.me()))).toBe('ok');
	} finally {
		setAppSecret(env.APP_SECRET);
		await loadKeys();
	}
});

test('however often keys are retired while they are read, there is always one that signs', async () => {
	const retire = () =>
		sql.begin(async (tx) => {
			await tx`select pg_advisory_xact_lock(4716002)`;
			await tx`update signing_keys set retired_at = now() where retired_at is null`;
		});
	await Promise.all(times(15, async () => Promise.all([retire(), loadKeys(), loadKeys()])));
	await loadKeys();
	const current = await sql`select kid from signing_keys where retired_at is null`;
	expect(current.map(({ kid }) => kid as string)).toEqual([signingKey().kid]);
	expect(publicKeys().map(({ kid }) => kid)).toContain(signingKey().kid);
	await sql`delete from signing_keys where retired_at is not null`;
	await loadKeys();
});

test('a private key is nowhere in the database', async () => {
	await loadKeys();
	const hex = Buffer.from(signingKey().pkcs8).toString('hex');
	const rows = await sql<{ sealed: string }[]>`
		select encode(sealed_private_key, 'hex') as sealed from signing_keys`;
	for (const { sealed } of rows) {
		expect(sealed).not.toContain(hex);
		// Where the secret number of a P-256 key lies in PKCS #8.
		expect(sealed).not.toContain(hex.slice(72, 136));
	}
});

test('a flood of invented keys is looked up about once a second, and everybody else is served', async () => {
	await loadKeys();
	const { grant, api } = await signUp();
	const [, payload, signature] = grant.accessToken.split('.');
	const queries = vi.spyOn(db, 'transaction');
	const startedAt = performance.now();
	for (let round = 0; round < 10; round++) {
		const reasons = await Promise.all(
			times(30, (index) => {
				const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'JWT', kid: `${round}-${index}` }));
				const forged = `${header.toString('base64url')}.${payload}.${signature}`;
				return outcome(callerWith({ authorization: `Bearer ${forged}` }).auth.me());
			})
		);
		expect(new Set(reasons)).toEqual(new Set(['token_invalid']));
		expect(await outcome(api.auth.me())).toBe('ok');
	}
	const seconds = (performance.now() - startedAt) / 1000;
	expect(queries.mock.calls.length).toBeLessThanOrEqual(1 + Math.ceil(seconds));
});
