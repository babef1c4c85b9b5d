import { desc, sql } from 'drizzle-orm';
import {
	check,
	customType,
	date,
	index,
	integer,
	pgTable,
	primaryKey,
	smallint,
	text,
	time,
	uuid
} from 'drizzle-orm/pg-core';

/**
 * A point in time, as the ISO 8601 string that travels on the wire. Milliseconds in the column too,
 * so that a keyset cursor made from what a caller saw compares equal to the row it came from.
 */
const instant = customType<{ data: string; driverData: string }>({
	dataType: () => 'timestamptz(3)',
	fromDriver: (value) => new Date(value).toISOString()
});

const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });

/** Text that sorts by code point on every machine, as fractional index keys must. */
const orderKey = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

const now = sql`now()`;

export const users = pgTable('users', {
	id: uuid().primaryKey(),
	/** Trimmed and lower case, so that the unique constraint alone decides who has an address. */
	email: text().notNull().unique(),
	name: text(),
	passwordHash: text('password_hash').notNull(),
	emailVerifiedAt: instant('email_verified_at'),
	timezone: text().notNull(),
	createdAt: instant('created_at').notNull().default(now)
});

/**
 * Being signed in. Cookies, JWTs and refresh tokens all hang on one row; `endedAt` ends them all.
 * Ended rows stay until they would have expired, so that a late caller hears `session_over`.
 */
export const sessions = pgTable(
	'sessions',
	{
		id: uuid().primaryKey(),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		kind: text({ enum: ['browser', 'api'] }).notNull(),
		/** SHA-256 of the cookie's secret; API sessions have none. */
		secretHash: text('secret_hash').unique(),
		/** The number of the refresh token that is valid now; tokens are derived from it, not stored. */
		refreshCounter: integer('refresh_counter').notNull().default(0),
		refreshedAt: instant('refreshed_at'),
		device: text(),
		ip: text().notNull(),
		userAgent: text('user_agent').notNull(),
		createdAt: instant('created_at').notNull().default(now),
		lastSeenAt: instant('last_seen_at').notNull().default(now),
		expiresAt: instant('expires_at').notNull(),
		endedAt: instant('ended_at')
	},
	(table) => [
		index().on(table.userId),
		check('sessions_kind', sql`${table.kind} in ('browser', 'api')`),
		check('sessions_secret', sql`(${table.kind} = 'browser') = (${table.secretHash} is not null)`)
	]
);

/** The keys that sign JWTs. Private halves are encrypted under a key derived from APP_SECRET. */
export const signingKeys = pgTable('signing_keys', {
	kid: text().primaryKey(),
	publicKey: bytes('public_key').notNull(),
	sealedPrivateKey: bytes('sealed_private_key').notNull(),
	createdAt: instant('created_at').notNull().default(now)
});

export const tasks = pgTable(
	'tasks',
	{
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		id: uuid().notNull(),
		title: text().notNull(),
		notes: text().notNull().default(''),
		priority: smallint().$type<1 | 2 | 3 | 4>().notNull().default(4),
		dueDate: date('due_date', { mode: 'string' }),
		dueTime: time('due_time', { precision: 0 }),
		position: orderKey().notNull(),
		version: integer().notNull().default(1),
		completedAt: instant('completed_at'),
		deletedAt: instant('deleted_at'),
		createdAt: instant('created_at').notNull().default(now),
		updatedAt: instant('updated_at').notNull().default(now)
	},
	(table) => [
		// The owner comes first in every key: each query is about one person's tasks.
		primaryKey({ columns: [table.userId, table.id] }),
		index('tasks_open_newest')
			.on(table.userId, desc(table.createdAt), desc(table.id))
			.where(sql`deleted_at is null and completed_at is null`),
		index('tasks_newest')
			.on(table.userId, desc(table.createdAt), desc(table.id))
			.where(sql`deleted_at is null`),
		check('tasks_title', sql`char_length(${table.title}) between 1 and 500`),
		check('tasks_notes', sql`char_length(${table.notes}) <= 20000`),
		check('tasks_priority', sql`${table.priority} between 1 and 4`),
		check('tasks_due', sql`${table.dueTime} is null or ${table.dueDate} is not null`)
	]
);
