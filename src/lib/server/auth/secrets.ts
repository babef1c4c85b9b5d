import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

type Purpose = 'refresh-token' | 'signing-key' | 'totp' | 'recovery-code' | 'mail' | 'account';

let appSecret: string;
const derived = new Map<string, Buffer>();

/** APP_SECRET itself is used for nothing; each purpose has a key of its own derived from it. */
export function setAppSecret(secret: string): void {
	appSecret = secret;
	derived.clear();
}

export function keyFor(purpose: Purpose): Buffer {
	let key = derived.get(purpose);
	if (!key) {
		key = Buffer.from(hkdfSync('sha256', appSecret, '', `latchkey ${purpose}`, 32));
		derived.set(purpose, key);
	}
	return key;
}

export const randomSecret = (): string => randomBytes(32).toString('base64url');

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const hmac = (key: Buffer, data: Buffer): Buffer => createHmac('sha256', key).update(data).digest();

/** AES-256-GCM under the key for this purpose: nonce, tag and ciphertext in one piece. */
export function seal(purpose: Purpose, secret: Uint8Array): Uint8Array {
	const nonce = randomBytes(12);
	const cipher = createCipheriv('aes-256-gcm', keyFor(purpose), nonce);
	const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
	return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** What was sealed, or null when that was under another APP_SECRET. */
export function open(purpose: Purpose, sealed: Uint8Array): Uint8Array | null {
	const decipher = createDecipheriv('aes-256-gcm', keyFor(purpose), sealed.subarray(0, 12));
	decipher.setAuthTag(sealed.subarray(12, 28));
	const secret = decipher.update(sealed.subarray(28));
	try {
		return Buffer.concat([secret, decipher.final()]);
	} catch {
		return null;
	}
}

/** Stands for an address where the address itself is not to be kept. */
export const accountKey = (email: string): string =>
	hmac(keyFor('account'), Buffer.from(email)).toString('base64url');
