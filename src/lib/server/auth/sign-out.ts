import * as audit from '../audit/queries';
import { transaction } from '../db/connect';
import { Refusal } from '../errors';
import * as queries from './queries';
import type { SessionRow } from './queries';
import type { Client } from './sessions';

export async function signOut({ id: sessionId, userId }: SessionRow, client: Client): Promise<void> {
	await transaction(async (tx) => {
		if (!(await queries.endSession(userId, sessionId, tx))) return;
		await audit.record(userId, { type: 'sign_out', client, sessionId }, tx);
	});
}

/** Ends a session of one's own from another one. */
export async function revokeSession(userId: string, sessionId: string, client: Client): Promise<void> {
	await transaction(async (tx) => {
		if (!(await queries.endSession(userId, sessionId, tx))) throw new Refusal('not_found');
		await audit.record(userId, { type: 'session_revoked', client, sessionId }, tx);
	});
}

export async function revokeOtherSessions({ id, userId }: SessionRow, client: Client): Promise<number> {
	return transaction(async (tx) => {
		const ended = await queries.endOtherSessions(userId, id, tx);
		for (const sessionId of ended)
			await audit.record(userId, { type: 'session_revoked', client, sessionId }, tx);
		return ended.length;
	});
}
