import * as audit from '../audit/queries';
import type { AuditType } from '../audit/queries';
import { Refusal } from '../errors';
import { failures, take } from '../limits/limits';
import { inTurn, passwordMatches } from './passwords';
import { findAccount } from './queries';
import { accountKey } from './secrets';
import type { Client } from './sessions';

export type Suspect = { id: string | null; email: string };

/** The last try that was begun on each account. */
const lines = new Map<string, Promise<void>>();

/** Waits until the tries on this account that came before are over. */
async function inLine<T>(key: string, work: () => Promise<T>): Promise<T> {
	const before = lines.get(key);
	const result = before ? before.then(work) : work();
	const over: Promise<void> = result
		.then(
			() => undefined,
			() => undefined
		)
		.finally(() => lines.get(key) === over && lines.delete(key));
	lines.set(key, over);
	return result;
}

/**
 * One try to prove something about an account. It takes its place in the limits before it is judged, so
 * that parallel tries can't exceed them, and gives it back when it was right. For that time it would count
 * against others who are right as well, so tries on one account wait in line.
 */
export async function attempt<T>(
	suspect: Suspect,
	client: Client,
	failure: { type: AuditType; refusal: 'bad_credentials' | 'bad_code'; reason?: string },
	prove: () => Promise<T | null>
): Promise<T> {
	const key = accountKey(suspect.email);
	const judge = async () => {
		const giveBack = await take(failures(key, client.ip)).catch((error: unknown) =>
			refused(error, suspect.id, key, client)
		);
		try {
			const proven = await prove();
			if (proven !== null) await giveBack();
			return proven;
		} catch (error) {
			// Nothing was judged, so nothing was wrong.
			await giveBack();
			throw error;
		}
	};
	const proven = await inLine(key, () => inTurn(judge));
	if (proven !== null) return proven;
	const { type, refusal, reason = refusal } = failure;
	await audit.record(suspect.id, { type, client, reason, accountKey: key });
	throw new Refusal(refusal);
}

/** The same for an address without an account: the time of the answer must not tell them apart. */
async function refused(
	error: unknown,
	id: string | null,
	accountKey: string,
	client: Client
): Promise<never> {
	if (error instanceof Refusal)
		await audit.recordOnceAMinute(id, { type: 'rate_limited', client, accountKey });
	throw error;
}

/** Asks somebody who is signed in already for the password again. Returns the hash it was found to match. */
export async function requirePassword(
	user: { id: string; email: string },
	password: string,
	client: Client
): Promise<string> {
	const account = await findAccount(user.id);
	if (!account) throw new Refusal('session_over');
	const { passwordHash } = account;
	return attempt(
		user,
		client,
		{ type: 'sign_in_failed', refusal: 'bad_credentials', reason: 'reauth_failed' },
		async () => ((await passwordMatches(passwordHash, password)) ? passwordHash : null)
	);
}
