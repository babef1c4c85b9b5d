import { and, desc, eq, sql } from 'drizzle-orm';
import { db, prepared, type Transaction } from '../db/connect';
import { alerts, auditEvents, knownDevices, personalTokens, sessions, users } from '../db/schema';
import { alertColumns, columns as auditColumns } from '../audit/queries';
import { userColumns, type UserRow } from '../auth/queries';
import { announceEnd } from '../events/queries';
import { list as filtersOf } from '../filters/queries';
import { list as projectsOf } from '../projects/queries';
import { everyTask as tasksOf } from '../tasks/queries';

// Profile

export async function updateProfile(
	userId: string,
	profile: { name?: string | null; timezone?: string }
): Promise<UserRow | null> {
	const [row] = await db
		.update(users)
		// Drizzle refuses an update of nothing.
		.set({ id: userId, ...profile })
		.where(eq(users.id, userId))
		.returning(userColumns);
	return row ?? null;
}

/** Everything hangs on the user's row, and goes with it. */
export async function deleteUser(userId: string, tx: Transaction): Promise<void> {
	await tx.delete(users).where(eq(users.id, userId));
}

// Personal access tokens

const tokenColumns = {
	id: personalTokens.id,
	name: personalTokens.name,
	scopes: personalTokens.scopes,
	createdAt: personalTokens.createdAt,
	expiresAt: personalTokens.expiresAt,
	lastUsedAt: personalTokens.lastUsedAt
};

export type Scope = (typeof personalTokens.$inferSelect)['scopes'][number];

export async function insertToken(
	userId: string,
	token: { id: string; tokenHash: string; name: string; scopes: Scope[]; expiresAt: string },
	tx: Transaction
): Promise<void> {
	await tx.insert(personalTokens).values({ userId, ...token });
}

export async function listTokens(userId: string) {
	return db
		.select(tokenColumns)
		.from(personalTokens)
		.where(eq(personalTokens.userId, userId))
		.orderBy(desc(personalTokens.createdAt), desc(personalTokens.id));
}

export async function deleteToken(userId: string, id: string, tx: Transaction): Promise<boolean> {
	const deleted = await tx
		.delete(personalTokens)
		.where(and(eq(personalTokens.userId, userId), eq(personalTokens.id, id)))
		.returning({ id: personalTokens.id });
	await announceEnd(deleted, tx);
	return deleted.length > 0;
}

export async function deleteTokens(userId: string, tx: Transaction): Promise<void> {
	await announceEnd(
		await tx
			.delete(personalTokens)
			.where(eq(personalTokens.userId, userId))
			.returning({ id: personalTokens.id }),
		tx
	);
}

const tokenByHash = prepared((db) =>
	db
		.select({ token: tokenColumns, user: userColumns })
		.from(personalTokens)
		.innerJoin(users, eq(users.id, personalTokens.userId))
		.where(eq(personalTokens.tokenHash, sql.placeholder('tokenHash')))
		.prepare('personal_token')
);

export async function findToken(tokenHash: string) {
	const [row] = await tokenByHash().execute({ tokenHash });
	return row ?? null;
}

export async function touchToken(userId: string, id: string): Promise<void> {
	await db
		.update(personalTokens)
		.set({ lastUsedAt: sql`now()` })
		.where(and(eq(personalTokens.userId, userId), eq(personalTokens.id, id)));
}

// What the account holds

const sessionColumns = {
	id: sessions.id,
	kind: sessions.kind,
	device: sessions.device,
	ip: sessions.ip,
	userAgent: sessions.userAgent,
	createdAt: sessions.createdAt,
	lastSeenAt: sessions.lastSeenAt,
	expiresAt: sessions.expiresAt
};

/** Everything but what is secret or means nothing outside, as of one moment. */
export async function everythingOf(userId: string) {
	return db.transaction(
		async (tx) => ({
			sessions: await tx
				.select({ ...sessionColumns, endedAt: sessions.endedAt })
				.from(sessions)
				.where(eq(sessions.userId, userId)),
			events: await tx.select(auditColumns).from(auditEvents).where(eq(auditEvents.userId, userId)),
			alerts: await tx.select(alertColumns).from(alerts).where(eq(alerts.userId, userId)),
			devices: await tx
				.select({ device: knownDevices.device, firstSeenAt: knownDevices.firstSeenAt })
				.from(knownDevices)
				.where(eq(knownDevices.userId, userId)),
			tokens: await tx.select(tokenColumns).from(personalTokens).where(eq(personalTokens.userId, userId)),
			tasks: await tasksOf(userId, tx),
			projects: await projectsOf(userId, tx),
			filters: await filtersOf(userId, tx)
		}),
		{ isolationLevel: 'repeatable read', accessMode: 'read only' }
	);
}
