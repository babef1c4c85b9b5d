import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { db, prepared, type Database } from '../db/connect';
import { sessions, signingKeys, users } from '../db/schema';

export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
type Executor = Database | Transaction;

export const transaction: Database['transaction'] = (work, options) => db.transaction(work, options);

// Accounts

const userColumns = {
	id: users.id,
	email: users.email,
	name: users.name,
	emailVerifiedAt: users.emailVerifiedAt,
	timezone: users.timezone,
	createdAt: users.createdAt
};

export type UserRow = { [Column in keyof typeof userColumns]: (typeof users.$inferSelect)[Column] };

/** The new account, or null when the address is taken. */
export async function insertUser(
	user: { id: string; email: string; name: string | null; passwordHash: string; timezone: string },
	on: Executor
): Promise<UserRow | null> {
	const [row] = await on
		.insert(users)
		.values(user)
		.onConflictDoNothing({ target: users.email })
		.returning(userColumns);
	return row ?? null;
}

const userByEmail = prepared((db) =>
	db
		.select({ ...userColumns, passwordHash: users.passwordHash })
		.from(users)
		.where(eq(users.email, sql.placeholder('email')))
		.prepare('user_by_email')
);

export async function findUserByEmail(email: string): Promise<(UserRow & { passwordHash: string }) | null> {
	const [row] = await userByEmail().execute({ email });
	return row ?? null;
}

// Sessions

const sessionColumns = {
	id: sessions.id,
	userId: sessions.userId,
	kind: sessions.kind,
	secretHash: sessions.secretHash,
	refreshCounter: sessions.refreshCounter,
	refreshedAt: sessions.refreshedAt,
	device: sessions.device,
	ip: sessions.ip,
	userAgent: sessions.userAgent,
	createdAt: sessions.createdAt,
	lastSeenAt: sessions.lastSeenAt,
	expiresAt: sessions.expiresAt
};

export type SessionRow = { [Column in keyof typeof sessionColumns]: (typeof sessions.$inferSelect)[Column] };

export async function insertSession(session: SessionRow, on: Executor = db): Promise<void> {
	await on.insert(sessions).values(session);
}

const liveSession = (column: typeof sessions.id | typeof sessions.secretHash, name: string) =>
	prepared((db) =>
		db
			.select({ session: sessionColumns, user: userColumns })
			.from(sessions)
			.innerJoin(users, eq(users.id, sessions.userId))
			.where(and(eq(column, sql.placeholder('key')), isNull(sessions.endedAt)))
			.prepare(name)
	);

const liveSessionById = liveSession(sessions.id, 'live_session_by_id');
const liveSessionBySecret = liveSession(sessions.secretHash, 'live_session_by_secret');

export async function findSessionById(id: string): Promise<{ session: SessionRow; user: UserRow } | null> {
	const [row] = await liveSessionById().execute({ key: id });
	return row ?? null;
}

export async function findSessionBySecret(
	secretHash: string
): Promise<{ session: SessionRow; user: UserRow } | null> {
	const [row] = await liveSessionBySecret().execute({ key: secretHash });
	return row ?? null;
}

export async function wasEverASession(secretHash: string): Promise<boolean> {
	const rows = await db.select({ id: sessions.id }).from(sessions).where(eq(sessions.secretHash, secretHash));
	return rows.length > 0;
}

export async function touchSession(
	id: string,
	times: { lastSeenAt: string; expiresAt: string }
): Promise<void> {
	await db.update(sessions).set(times).where(eq(sessions.id, id));
}

/** Ends the session everywhere; true for the call that did it. */
export async function endSession(id: string, on: Executor = db): Promise<boolean> {
	const ended = await on
		.update(sessions)
		.set({ endedAt: sql`now()` })
		.where(and(eq(sessions.id, id), isNull(sessions.endedAt)))
		.returning({ id: sessions.id });
	return ended.length > 0;
}

export async function endSessionsOf(userId: string, on: Executor = db): Promise<void> {
	await on
		.update(sessions)
		.set({ endedAt: sql`now()` })
		.where(and(eq(sessions.userId, userId), isNull(sessions.endedAt)));
}

/** Rows that nobody can ask about any more. */
export async function deleteExpiredSessions(): Promise<void> {
	await db.delete(sessions).where(sql`${sessions.expiresAt} < now()`);
}

/**
 * Makes refresh token `counter + 1` the valid one, if `counter` still is. One statement, so that of
 * any number of parallel calls exactly one succeeds, and none after the session has ended.
 */
export async function advanceRefreshCounter(
	id: string,
	counter: number,
	times: { refreshedAt: string; lastSeenAt: string; expiresAt: string }
): Promise<boolean> {
	const rows = await db
		.update(sessions)
		.set({ refreshCounter: counter + 1, ...times })
		.where(and(eq(sessions.id, id), eq(sessions.refreshCounter, counter), isNull(sessions.endedAt)))
		.returning({ id: sessions.id });
	return rows.length > 0;
}

// Signing keys

export type SigningKeyRow = typeof signingKeys.$inferSelect;

const SIGNING_KEY_LOCK = 4_716_002;

/** All keys, newest first. */
export async function listSigningKeys(on: Executor = db): Promise<SigningKeyRow[]> {
	return on.select().from(signingKeys).orderBy(desc(signingKeys.createdAt), desc(signingKeys.kid));
}

/** Adds the key that `make` returns, or none when it returns null; one caller at a time, on all instances. */
export async function insertSigningKey(
	make: (keys: SigningKeyRow[]) => Promise<typeof signingKeys.$inferInsert | null>
): Promise<void> {
	await db.transaction(async (tx) => {
		await tx.execute(sql`select pg_advisory_xact_lock(${SIGNING_KEY_LOCK})`);
		const key = await make(await listSigningKeys(tx));
		if (key) await tx.insert(signingKeys).values(key);
	});
}
