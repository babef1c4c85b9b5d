import { and, desc, eq, gt, isNotNull, isNull, lt, ne, sql, type SQL } from 'drizzle-orm';
import { db, prepared, type Executor, type Transaction } from '../db/connect';
import {
	knownDevices,
	mailLinks,
	recoveryCodes,
	sessions,
	signingKeys,
	signInTickets,
	users
} from '../db/schema';
import { announce, announceEnd } from '../events/queries';

// Accounts

export const userColumns = {
	id: users.id,
	email: users.email,
	name: users.name,
	emailVerifiedAt: users.emailVerifiedAt,
	twoFactorSince: users.twoFactorSince,
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

/** What only the doors may see of an account. */
const credentialColumns = {
	passwordHash: users.passwordHash,
	sealedTotpSecret: users.sealedTotpSecret,
	lastTotpStep: users.lastTotpStep
};

export type Account = UserRow & {
	[Column in keyof typeof credentialColumns]: (typeof users.$inferSelect)[Column];
};

const accountByEmail = prepared((db) =>
	db
		.select({ ...userColumns, ...credentialColumns })
		.from(users)
		.where(eq(users.email, sql.placeholder('email')))
		.prepare('account_by_email')
);

export async function findAccountByEmail(email: string): Promise<Account | null> {
	const [row] = await accountByEmail().execute({ email });
	return row ?? null;
}

export async function findAccount(userId: string): Promise<Account | null> {
	const [row] = await db
		.select({ ...userColumns, ...credentialColumns })
		.from(users)
		.where(eq(users.id, userId));
	return row ?? null;
}

/** Whether this is still the account's password; until the transaction ends, it stays that. */
export async function stillHasPassword(
	userId: string,
	passwordHash: string,
	tx: Transaction
): Promise<boolean> {
	const rows = await tx
		.select({ id: users.id })
		.from(users)
		.where(and(eq(users.id, userId), eq(users.passwordHash, passwordHash)))
		.for('no key update');
	return rows.length > 0;
}

export async function replacePasswordHash(
	userId: string,
	from: string,
	to: string,
	on: Executor = db
): Promise<boolean> {
	const replaced = await on
		.update(users)
		.set({ passwordHash: to })
		.where(and(eq(users.id, userId), eq(users.passwordHash, from)))
		.returning({ id: users.id });
	return replaced.length > 0;
}

export async function setPasswordHash(userId: string, passwordHash: string, tx: Transaction): Promise<void> {
	await tx.update(users).set({ passwordHash }).where(eq(users.id, userId));
}

export async function markEmailVerified(userId: string, tx: Transaction): Promise<void> {
	await tx
		.update(users)
		.set({ emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, now())` })
		.where(eq(users.id, userId));
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

/** Ends sessions everywhere: their rows now, and what hangs on them open as soon as this commits. */
async function end(which: SQL | undefined, on: Executor): Promise<string[]> {
	const ended = await on
		.update(sessions)
		.set({ endedAt: sql`now()` })
		.where(and(which, isNull(sessions.endedAt)))
		.returning({ id: sessions.id });
	await announceEnd(ended, on);
	return ended.map(({ id }) => id);
}

/** True for the call that did it. */
export const endSession = async (userId: string, id: string, on: Executor = db): Promise<boolean> =>
	(await end(and(eq(sessions.userId, userId), eq(sessions.id, id)), on)).length > 0;

export const endSessionsOf = (userId: string, on: Executor = db): Promise<string[]> =>
	end(eq(sessions.userId, userId), on);

export const endOtherSessions = (userId: string, keep: string, on: Executor = db): Promise<string[]> =>
	end(and(eq(sessions.userId, userId), ne(sessions.id, keep)), on);

/**
 * Makes refresh token `counter + 1` the valid one, if `counter` still is. One statement, so that of
 * any number of parallel calls exactly one succeeds, and none after the session has ended.
 */
export async function advanceRefreshCounter(
	id: string,
	counter: number,
	times: { refreshedAt: string; lastSeenAt: string; expiresAt: string },
	tx: Transaction
): Promise<boolean> {
	const rows = await tx
		.update(sessions)
		.set({ refreshCounter: counter + 1, ...times })
		.where(and(eq(sessions.id, id), eq(sessions.refreshCounter, counter), isNull(sessions.endedAt)))
		.returning({ id: sessions.id });
	return rows.length > 0;
}

/**
 * Puts the session under a new secret; what was known of the old one is worth nothing from now on. Null when it
 * has ended.
 */
export async function renewSecret(
	id: string,
	secretHash: string | null,
	tx: Transaction
): Promise<number | null> {
	const [row] = await tx
		.update(sessions)
		// Two further and without a time: the token before is no direct predecessor, so it has no grace.
		.set({ secretHash, refreshCounter: sql`${sessions.refreshCounter} + 2`, refreshedAt: null })
		.where(and(eq(sessions.id, id), isNull(sessions.endedAt)))
		.returning({ refreshCounter: sessions.refreshCounter });
	return row?.refreshCounter ?? null;
}

export async function listSessions(userId: string): Promise<SessionRow[]> {
	return db
		.select(sessionColumns)
		.from(sessions)
		.where(and(eq(sessions.userId, userId), isNull(sessions.endedAt), gt(sessions.expiresAt, sql`now()`)))
		.orderBy(desc(sessions.lastSeenAt), desc(sessions.id));
}

/** True when the account was never signed in from such a device before. */
export async function rememberDevice(userId: string, device: string, tx: Transaction): Promise<boolean> {
	const added = await tx
		.insert(knownDevices)
		.values({ userId, device })
		.onConflictDoNothing()
		.returning({ device: knownDevices.device });
	return added.length > 0;
}

// Second factor

export type Ticket = Pick<typeof signInTickets.$inferSelect, 'userId' | 'kind' | 'device'>;

const ticketColumns = {
	userId: signInTickets.userId,
	kind: signInTickets.kind,
	device: signInTickets.device
};
const MAX_WRONG_CODES = 5;

const liveTicket = (ticketHash: string) =>
	and(
		eq(signInTickets.ticketHash, ticketHash),
		lt(signInTickets.failures, MAX_WRONG_CODES),
		gt(signInTickets.expiresAt, sql`now()`)
	);

export async function insertTicket(
	ticket: typeof signInTickets.$inferInsert,
	tx: Transaction
): Promise<void> {
	await tx.insert(signInTickets).values(ticket);
}

export async function findTicket(ticketHash: string): Promise<Ticket | null> {
	const [row] = await db.select(ticketColumns).from(signInTickets).where(liveTicket(ticketHash));
	return row ?? null;
}

/** Counts a try before it is known to be wrong, so that parallel tries can't exceed the number; false when none is left. */
export async function countTry(ticketHash: string): Promise<boolean> {
	const counted = await db
		.update(signInTickets)
		.set({ failures: sql`${signInTickets.failures} + 1` })
		.where(liveTicket(ticketHash))
		.returning({ userId: signInTickets.userId });
	return counted.length > 0;
}

/** Whoever deletes the ticket has used it. */
export async function useTicket(ticketHash: string, tx: Transaction): Promise<boolean> {
	const deleted = await tx
		.delete(signInTickets)
		.where(eq(signInTickets.ticketHash, ticketHash))
		.returning({ userId: signInTickets.userId });
	return deleted.length > 0;
}

/** Whether this call used the step: each is good once, and none before it is good any more. */
export async function useTotpStep(userId: string, step: number, tx: Transaction): Promise<boolean> {
	const used = await tx
		.update(users)
		.set({ lastTotpStep: step })
		.where(and(eq(users.id, userId), lt(users.lastTotpStep, step)))
		.returning({ id: users.id });
	return used.length > 0;
}

export async function hasRecoveryCode(userId: string, codeHash: string): Promise<boolean> {
	const { userId: owner, codeHash: hash } = recoveryCodes;
	return (await db.$count(recoveryCodes, and(eq(owner, userId), eq(hash, codeHash)))) > 0;
}

export async function useRecoveryCode(userId: string, codeHash: string, tx: Transaction): Promise<boolean> {
	const used = await tx
		.delete(recoveryCodes)
		.where(and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.codeHash, codeHash)))
		.returning({ userId: recoveryCodes.userId });
	return used.length > 0;
}

export async function replaceRecoveryCodes(
	userId: string,
	codeHashes: string[],
	tx: Transaction
): Promise<void> {
	await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
	if (codeHashes.length > 0)
		await tx.insert(recoveryCodes).values(codeHashes.map((codeHash) => ({ userId, codeHash })));
}

export async function countRecoveryCodes(userId: string): Promise<number> {
	return db.$count(recoveryCodes, eq(recoveryCodes.userId, userId));
}

/** A secret that awaits its first code; none when the second factor is on already. */
export async function setPendingTotpSecret(userId: string, sealedTotpSecret: Uint8Array): Promise<boolean> {
	const rows = await db
		.update(users)
		.set({ sealedTotpSecret })
		.where(and(eq(users.id, userId), isNull(users.twoFactorSince)))
		.returning({ id: users.id });
	return rows.length > 0;
}

/** Switches the second factor on; false when that is done, or the secret is no longer the one the code was for. */
export async function enableTwoFactor(
	userId: string,
	sealedTotpSecret: Uint8Array,
	step: number,
	tx: Transaction
): Promise<boolean> {
	const rows = await tx
		.update(users)
		.set({ twoFactorSince: sql`now()`, lastTotpStep: step })
		.where(
			and(eq(users.id, userId), eq(users.sealedTotpSecret, sealedTotpSecret), isNull(users.twoFactorSince))
		)
		.returning({ id: users.id });
	return rows.length > 0;
}

export async function disableTwoFactor(userId: string, tx: Transaction): Promise<boolean> {
	const rows = await tx
		.update(users)
		.set({ twoFactorSince: null, sealedTotpSecret: null })
		.where(and(eq(users.id, userId), isNotNull(users.twoFactorSince)))
		.returning({ id: users.id });
	return rows.length > 0;
}

export async function deleteTicketsOf(userId: string, tx: Transaction): Promise<void> {
	await tx.delete(signInTickets).where(eq(signInTickets.userId, userId));
}

// Links in mails

export type LinkPurpose = (typeof mailLinks.$inferSelect)['purpose'];

/** The newest link of its purpose is the only one that works. */
export async function replaceLink(link: typeof mailLinks.$inferInsert, tx: Transaction): Promise<void> {
	await tx
		.delete(mailLinks)
		.where(and(eq(mailLinks.userId, link.userId), eq(mailLinks.purpose, link.purpose)));
	await tx.insert(mailLinks).values(link);
}

const liveLink = (tokenHash: string, purpose: LinkPurpose) =>
	and(
		eq(mailLinks.tokenHash, tokenHash),
		eq(mailLinks.purpose, purpose),
		gt(mailLinks.expiresAt, sql`now()`)
	);

export async function findLink(tokenHash: string, purpose: LinkPurpose): Promise<{ userId: string } | null> {
	const [row] = await db
		.select({ userId: mailLinks.userId })
		.from(mailLinks)
		.where(liveLink(tokenHash, purpose));
	return row ?? null;
}

/** Whoever deletes the link has used it. */
export async function useLink(
	tokenHash: string,
	purpose: LinkPurpose,
	tx: Transaction
): Promise<{ userId: string } | null> {
	const [row] = await tx
		.delete(mailLinks)
		.where(liveLink(tokenHash, purpose))
		.returning({ userId: mailLinks.userId });
	return row ?? null;
}

export async function deleteLinks(userId: string, purpose: LinkPurpose, tx: Transaction): Promise<void> {
	await tx.delete(mailLinks).where(and(eq(mailLinks.userId, userId), eq(mailLinks.purpose, purpose)));
}

export async function deleteExpired(): Promise<void> {
	await db.delete(sessions).where(sql`${sessions.expiresAt} < now()`);
	await db.delete(signInTickets).where(sql`${signInTickets.expiresAt} < now()`);
	await db.delete(mailLinks).where(sql`${mailLinks.expiresAt} < now()`);
}

// Signing keys

export type SigningKeyRow = typeof signingKeys.$inferSelect;

const SIGNING_KEY_LOCK = 4_716_002;

/** Newest first. */
export async function listSigningKeys(on: Executor = db): Promise<SigningKeyRow[]> {
	return on.select().from(signingKeys).orderBy(desc(signingKeys.createdAt), desc(signingKeys.kid));
}

/**
 * Replaces the key that signs, if `replacement` finds a reason to; one caller at a time, on all instances, and
 * never while rotate-keys.js retires it. Returns all keys as they are then, one that signs among them.
 */
export async function replaceSigningKey(
	replacement: (current: SigningKeyRow | undefined) => Promise<typeof signingKeys.$inferInsert | null>
): Promise<SigningKeyRow[]> {
	return db.transaction(async (tx) => {
		await tx.execute(sql`select pg_advisory_xact_lock(${SIGNING_KEY_LOCK})`);
		const keys = await listSigningKeys(tx);
		const key = await replacement(keys.find(({ retiredAt }) => retiredAt === null));
		if (!key) return keys;
		await tx
			.update(signingKeys)
			.set({ retiredAt: sql`now()` })
			.where(isNull(signingKeys.retiredAt));
		await tx.insert(signingKeys).values(key);
		await announce({ type: 'keys_changed' }, tx);
		return listSigningKeys(tx);
	});
}

export async function deleteSigningKey(kid: string): Promise<void> {
	await db.delete(signingKeys).where(and(eq(signingKeys.kid, kid), isNotNull(signingKeys.retiredAt)));
}
