import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

let appSecret: string;
const derived = new Map<string, Buffer>();

/** APP_SECRET itself is used for nothing; each purpose has a key of its own derived from it. */
export function setAppSecret(secret: string): void {
	appSecret = secret;
	derived.clear();
}

export function keyFor(purpose: 'refresh-token' | 'signing-key'): Buffer {
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
