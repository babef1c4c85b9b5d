import * as audit from '../audit/queries';
import { config } from '../config';
import { transaction } from '../db/connect';
import { Refusal } from '../errors';
import * as queries from './queries';
import { readRefreshToken } from './refresh-tokens';
import { findById, nextExpiry, type Client, type SignedIn } from './sessions';

export async function refresh(refreshToken: string, client: Client): Promise<SignedIn> {
	const token = readRefreshToken(refreshToken);
	if (!token) throw new Refusal('refresh_invalid');
	const { sessionId, counter } = token;

	const before = await findById(sessionId);
	if (!before) throw new Refusal('session_over');
	if (before.session.refreshCounter === counter) {
		const now = new Date().toISOString();
		const times = { refreshedAt: now, lastSeenAt: now, expiresAt: nextExpiry(before.session) };
		const advanced = await transaction(async (tx) => {
			if (!(await queries.advanceRefreshCounter(sessionId, counter, times, tx))) return false;
			await audit.record(before.user.id, { type: 'token_refreshed', client, sessionId }, tx);
			return true;
		});
		if (advanced) return { ...before, session: { ...before.session, ...times, refreshCounter: counter + 1 } };
	}

	// Somebody was faster with this very token: within the grace they share one successor.
	const after = await findById(sessionId);
	if (!after) throw new Refusal('session_over');
	const { refreshCounter, refreshedAt } = after.session;
	const age = refreshedAt === null ? Infinity : Date.now() - Date.parse(refreshedAt);
	if (refreshCounter === counter + 1 && age < config.refreshGraceSeconds * 1000) return after;

	// A token from before the last one: either its owner or a thief has the newer one, and we can't tell which.
	await transaction(async (tx) => {
		if (!(await queries.endSession(after.user.id, sessionId, tx))) return;
		await audit.record(after.user.id, { type: 'refresh_reused', client, sessionId }, tx);
	});
	throw new Refusal('refresh_reused');
}
