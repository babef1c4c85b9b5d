import type { Cookies } from '@sveltejs/kit';
import { Lucia, TimeSpan, type Adapter } from 'lucia';
import { uuidv7 } from 'uuidv7';
import { config } from '../config';
import type { Transaction } from '../db/connect';
import * as queries from './queries';
import type { SessionRow, UserRow } from './queries';
import { randomSecret, sha256 } from './secrets';

declare module 'lucia' {
	interface Register {
		Lucia: ReturnType<typeof lucia>;
		DatabaseSessionAttributes: Omit<SessionRow, 'id' | 'userId' | 'expiresAt'>;
		DatabaseUserAttributes: UserRow;
	}
}

/** Where a request comes from, as far as we can tell. */
export type Client = { ip: string; userAgent: string };

/** Which door somebody stands at: browsers get a cookie, programs get tokens. */
export type Door = { kind: SessionRow['kind']; client: Client };

export type SignedIn = { session: SessionRow; user: UserRow };

/**
 * Lucia takes a session's id for the secret in its cookie, and would store that as it is. Here the id is
 * public, and a browser session can be found by the hash of its secret as well.
 */
const adapter = (tx?: Transaction): Adapter => ({
	async getSessionAndUser(key) {
		const found = isHash(key) ? await queries.findSessionBySecret(key) : await queries.findSessionById(key);
		if (!found) return [null, null];
		const { id, userId, expiresAt, ...attributes } = found.session;
		return [
			{ id, userId, expiresAt: new Date(expiresAt), attributes },
			{ id: userId, attributes: found.user }
		];
	},
	setSession: ({ id, userId, expiresAt, attributes }) =>
		queries.insertSession({ id, userId, expiresAt: expiresAt.toISOString(), ...attributes }, tx),
	// Lucia asks for this when it meets an expired session. Such a row ends by itself, and is swept later.
	deleteSession: () => Promise.resolve(),
	// Lucia renews only once half of the life is over, and then past any absolute end: `touch` does it instead.
	updateSessionExpiration: () => Promise.resolve(),
	// These know no owner, no audit and no announcement; what ends sessions is in `queries`.
	deleteUserSessions: unused,
	deleteExpiredSessions: unused,
	getUserSessions: unused
});

const unused = () => Promise.reject(new Error('Not part of how Latchkey uses Lucia'));

const isHash = (key: string) => /^[0-9a-f]{64}$/.test(key);

const lucia = (tx?: Transaction) =>
	new Lucia(adapter(tx), {
		sessionExpiresIn: new TimeSpan(Math.min(config.sessionIdleSeconds, config.sessionAbsoluteSeconds), 's'),
		// The cookie may outlive its session: the row decides, and need not be announced to the browser.
		sessionCookie: {
			name: config.secure ? '__Host-latchkey_session' : 'latchkey_session',
			expires: false,
			attributes: { secure: config.secure }
		},
		getSessionAttributes: (attributes) => attributes,
		getUserAttributes: (user) => user
	});

export type Started = SignedIn & { secret: string | null };

/** A new session. A browser's has a secret, which is known from now on to its cookie alone. */
export async function startSession(
	user: UserRow,
	kind: SessionRow['kind'],
	client: Client,
	device: string | null,
	tx: Transaction
): Promise<Started> {
	const secret = kind === 'browser' ? randomSecret() : null;
	const startedAt = new Date().toISOString();
	const {
		fresh: _,
		expiresAt,
		...session
	} = await lucia(tx).createSession(
		user.id,
		{
			kind,
			secretHash: secret && sha256(secret),
			refreshCounter: 0,
			refreshedAt: null,
			device,
			...client,
			createdAt: startedAt,
			lastSeenAt: startedAt
		},
		{ sessionId: uuidv7() }
	);
	return { user, session: { ...session, expiresAt: expiresAt.toISOString() }, secret };
}

/** The live session with this cookie secret. */
export async function findBySecret(secret: string): Promise<SignedIn | 'unauthenticated' | 'session_over'> {
	const hash = sha256(secret);
	return (
		(await validate(hash)) ?? ((await queries.wasEverASession(hash)) ? 'session_over' : 'unauthenticated')
	);
}

/** The live session with this id, which the caller has from a token that we signed. */
export const findById = (id: string): Promise<SignedIn | null> => validate(id);

async function validate(key: string): Promise<SignedIn | null> {
	const { session, user } = await lucia().validateSession(key);
	if (!session) return null;
	const { fresh: _, expiresAt, ...row } = session;
	return { user, session: await touch({ ...row, expiresAt: expiresAt.toISOString() }) };
}

/** When a session ends that was last used now. */
export function nextExpiry(session: Pick<SessionRow, 'createdAt'>): string {
	const idle = Date.now() + config.sessionIdleSeconds * 1000;
	const absolute = Date.parse(session.createdAt) + config.sessionAbsoluteSeconds * 1000;
	return new Date(Math.min(idle, absolute)).toISOString();
}

/** Notes that the session is in use, at most once a minute, so that reading doesn't become writing. */
async function touch(session: SessionRow): Promise<SessionRow> {
	const graceMs = Math.min(60, config.sessionIdleSeconds / 20) * 1000;
	if (Date.now() - Date.parse(session.lastSeenAt) < graceMs) return session;
	const times = { lastSeenAt: new Date().toISOString(), expiresAt: nextExpiry(session) };
	await queries.touchSession(session.id, times);
	return { ...session, ...times };
}

export const readCookie = (cookies: Cookies): string | undefined => cookies.get(lucia().sessionCookieName);

export function setCookie(cookies: Cookies, secret: string): void {
	const { name, value, attributes } = lucia().createSessionCookie(secret);
	cookies.set(name, value, { ...attributes, path: '/', maxAge: config.sessionAbsoluteSeconds });
}

export function clearCookie(cookies: Cookies): void {
	const { name, value, attributes } = lucia().createBlankSessionCookie();
	cookies.set(name, value, { ...attributes, path: '/' });
}
