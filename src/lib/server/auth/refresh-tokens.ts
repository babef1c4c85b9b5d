import { timingSafeEqual } from 'node:crypto';
import { hmac, keyFor } from './secrets';

/**
 * A refresh token is derived and not stored: session id (16 bytes), counter (4), HMAC-SHA256 (32).
 * The same session and counter always give the same token, so a caller who lost the answer to a
 * refresh can be given it again.
 */
const PREFIX = 'lkr_';

export function deriveRefreshToken(sessionId: string, counter: number): string {
	const body = Buffer.alloc(20);
	body.write(sessionId.replaceAll('-', ''), 'hex');
	body.writeUInt32BE(counter, 16);
	return PREFIX + Buffer.concat([body, hmac(keyFor('refresh-token'), body)]).toString('base64url');
}

export function readRefreshToken(token: string): { sessionId: string; counter: number } | null {
	const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
	if (bytes.length !== 52) return null;
	const sessionId = bytes
		.toString('hex', 0, 16)
		.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
	const counter = bytes.readUInt32BE(16);
	const genuine = Buffer.from(deriveRefreshToken(sessionId, counter));
	const given = Buffer.from(token);
	return given.length === genuine.length && timingSafeEqual(given, genuine) ? { sessionId, counter } : null;
}
