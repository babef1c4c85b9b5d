import { uuidv7 } from 'uuidv7';
import * as account from '../account/queries';
import type { Scope } from '../account/queries';
import * as audit from '../audit/queries';
import { transaction } from '../db/connect';
import { Refusal } from '../errors';
import { stillHasPassword, type UserRow } from './queries';
import { randomSecret, sha256 } from './secrets';
import type { Client } from './sessions';

const PREFIX = 'lkp_';
const DAY_MS = 24 * 60 * 60 * 1000;

export const isPersonalToken = (bearer: string): boolean => bearer.startsWith(PREFIX);

export async function create(
	userId: string,
	passwordHash: string,
	{ name, scopes, expiresInDays }: { name: string; scopes: Scope[]; expiresInDays: number },
	client: Client
): Promise<{ id: string; token: string }> {
	const id = uuidv7();
	const token = PREFIX + randomSecret();
	const expiresAt = new Date(Date.now() + expiresInDays * DAY_MS).toISOString();
	await transaction(async (tx) => {
		// A new password by a link ends all tokens, and must not miss one that is being made.
		if (!(await stillHasPassword(userId, passwordHash, tx))) throw new Refusal('bad_credentials');
		await account.insertToken(userId, { id, tokenHash: sha256(token), name, scopes, expiresAt }, tx);
		await audit.record(userId, { type: 'token_created', client }, tx);
	});
	return { id, token };
}

export async function revoke(userId: string, id: string, client: Client): Promise<void> {
	await transaction(async (tx) => {
		if (!(await account.deleteToken(userId, id, tx))) throw new Refusal('not_found');
		await audit.record(userId, { type: 'token_revoked', client }, tx);
	});
}

export async function read(
	bearer: string
): Promise<{ user: UserRow; tokenId: string; scopes: Scope[] } | 'token_invalid' | 'token_expired'> {
	const found = await account.findToken(sha256(bearer));
	if (!found) return 'token_invalid';
	const { user, token } = found;
	if (Date.parse(token.expiresAt) <= Date.now()) return 'token_expired';
	// Once a minute is often enough, so that reading doesn't become writing.
	if (Date.now() - Date.parse(token.lastUsedAt ?? token.createdAt) > 60_000 || token.lastUsedAt === null) {
		await account.touchToken(user.id, token.id);
	}
	return { user, tokenId: token.id, scopes: token.scopes };
}

/** When the token ends, or null when it has. */
export async function currentExpiry(userId: string, id: string): Promise<string | null> {
	const token = (await account.listTokens(userId)).find((token) => token.id === id);
	return token && Date.parse(token.expiresAt) > Date.now() ? token.expiresAt : null;
}
