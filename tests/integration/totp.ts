// An authenticator app of our own, after RFC 6238: what is tested should not vouch for itself.
import { createHmac } from 'node:crypto';
import { signUp } from './harness';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function fromBase32(text: string): Buffer {
	const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
	return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

/** The code that an app with this secret shows so many steps from now. */
export function codeFor(secret: string, stepsFromNow = 0, now = Date.now()): string {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000) + stepsFromNow));
	const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest();
	const offset = mac.at(-1)! & 15;
	return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A new account with a second factor, whose present code was not used yet. */
export async function withSecondFactor() {
	const account = await signUp();
	const { api, credentials } = account;
	const { secret } = await api.account.beginTwoFactor({ currentPassword: credentials.password });
	// One step back, unless that has just become two.
	for (let left = 3; ; left--) {
		try {
			const { recoveryCodes } = await api.account.confirmTwoFactor({ code: codeFor(secret, -1) });
			return { ...account, totp: secret, recoveryCodes };
		} catch (error) {
			if (left === 0) throw error;
		}
	}
}
