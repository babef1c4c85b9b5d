import { uuidv7 } from 'uuidv7';
import type { z } from 'zod';
import type * as schemas from '../../schemas/auth';
import { config } from '../config';
import { Refusal } from '../errors';
import { hashPassword, passwordMatches } from './passwords';
import * as queries from './queries';
import type { SessionRow, UserRow } from './queries';
import { deriveRefreshToken, readRefreshToken } from './refresh-tokens';
import { endSession, findById, nextExpiry, startSession, type Client, type SignedIn } from './sessions';
import { issueAccessToken, type AccessToken } from './tokens';

/** What happens at the doors: the pages' forms and the procedures both come here. */

export type User = {
	id: string;
	email: string;
	name: string | null;
	emailVerified: boolean;
	twoFactorEnabled: boolean;
	timezone: string;
	createdAt: string;
};

export const toUser = ({ id, email, name, emailVerifiedAt, timezone, createdAt }: UserRow): User => ({
	id,
	email,
	name,
	emailVerified: emailVerifiedAt !== null,
	twoFactorEnabled: false,
	timezone,
	createdAt
});

export type Grant = AccessToken & {
	status: 'ok';
	user: User;
	sessionId: string;
	refreshToken: string;
	refreshTokenExpiresAt: string;
};

export async function grant(signedIn: SignedIn): Promise<Grant> {
	const { session, user } = signedIn;
	return {
		status: 'ok',
		user: toUser(user),
		sessionId: session.id,
		...(await issueAccessToken(signedIn)),
		refreshToken: deriveRefreshToken(session.id, session.refreshCounter),
		refreshTokenExpiresAt: session.expiresAt
	};
}

type Door = { kind: SessionRow['kind']; client: Client };

export async function signUp(input: z.infer<typeof schemas.signUp>, { kind, client }: Door) {
	if (config.signup === 'closed') throw new Refusal('signup_closed');
	const passwordHash = await hashPassword(input.password);
	return queries.transaction(async (tx) => {
		const { email, name = null, timezone = 'UTC' } = input;
		const user = await queries.insertUser({ id: uuidv7(), email, name, passwordHash, timezone }, tx);
		if (!user) throw new Refusal('email_taken');
		return startSession(user, kind, client, input.device ?? null, tx);
	});
}

export async function signIn(input: z.infer<typeof schemas.signIn>, { kind, client }: Door) {
	const found = await queries.findUserByEmail(input.email);
	const matches = await passwordMatches(found?.passwordHash ?? null, input.password);
	if (!found || !matches) throw new Refusal('bad_credentials');
	const { passwordHash: _, ...user } = found;
	return queries.transaction((tx) => startSession(user, kind, client, input.device ?? null, tx));
}

export async function refresh(refreshToken: string): Promise<SignedIn> {
	const token = readRefreshToken(refreshToken);
	if (!token) throw new Refusal('refresh_invalid');

	const before = await findById(token.sessionId);
	if (!before) throw new Refusal('session_over');
	if (before.session.refreshCounter === token.counter) {
		const now = new Date().toISOString();
		const times = { refreshedAt: now, lastSeenAt: now, expiresAt: nextExpiry(before.session) };
		if (await queries.advanceRefreshCounter(token.sessionId, token.counter, times)) {
			return { ...before, session: { ...before.session, ...times, refreshCounter: token.counter + 1 } };
		}
	}

	// Somebody was faster with this very token: within the grace they share one successor.
	const after = await findById(token.sessionId);
	if (!after) throw new Refusal('session_over');
	const { refreshCounter, refreshedAt } = after.session;
	const age = Date.now() - Date.parse(refreshedAt ?? '');
	if (refreshCounter === token.counter + 1 && age < config.refreshGraceSeconds * 1000) return after;

	await endSession(token.sessionId);
	throw new Refusal('refresh_reused');
}
