import { desc, sql } from 'drizzle-orm';
import {
	bigint,
	boolean,
	check,
	customType,
	date,
	foreignKey,
	index,
	integer,
	json,
	pgTable,
	primaryKey,
	smallint,
	text,
	time,
	timestamp,
	unique,
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

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

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
	/** The TOTP secret, encrypted; it counts from `twoFactorSince` on, and until then awaits its first code. */
	sealedTotpSecret: bytes('sealed_totp_secret'),
	twoFactorSince: instant('two_factor_since'),
	/** The last 30-second step whose code was used: each step is good for one sign-in. */
	lastTotpStep: integer('last_totp_step').notNull().default(0),
	/** The number of the account's last event. */
	lastEvent: bigint('last_event', { mode: 'number' }).notNull().default(0),
	createdAt: instant('created_at').notNull().default(now)
});

const owner = () =>
	uuid('user_id')
		.notNull()
		.references(() => users.id, { onDelete: 'cascade' });

/**
 * Being signed in. Cookies, JWTs and refresh tokens all hang on one row; `endedAt` ends them all.
 * Ended rows stay until they would have expired, so that a late caller hears `session_over`.
 */
export const sessions = pgTable(
	'sessions',
	{
		id: uuid().primaryKey(),
		userId: owner(),
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
	createdAt: instant('created_at').notNull().default(now),
	/** Signs nothing any more, but verifies until the last token that it signed has expired. */
	retiredAt: instant('retired_at')
});

/** Recovery codes that were not used yet. */
export const recoveryCodes = pgTable(
	'recovery_codes',
	{ userId: owner(), codeHash: text('code_hash').notNull() },
	(table) => [primaryKey({ columns: [table.userId, table.codeHash] })]
);

/** A right password that still awaits its second factor. */
export const signInTickets = pgTable(
	'sign_in_tickets',
	{
		ticketHash: text('ticket_hash').primaryKey(),
		userId: owner(),
		kind: text({ enum: ['browser', 'api'] }).notNull(),
		device: text(),
		failures: smallint().notNull().default(0),
		expiresAt: instant('expires_at').notNull()
	},
	(table) => [index().on(table.userId)]
);

/** Links in mails: whoever deletes the row has used the link. */
export const mailLinks = pgTable(
	'mail_links',
	{
		tokenHash: text('token_hash').primaryKey(),
		userId: owner(),
		purpose: text({ enum: ['reset', 'verify'] }).notNull(),
		expiresAt: instant('expires_at').notNull()
	},
	(table) => [index().on(table.userId)]
);

/** Mails to be sent. What they say is encrypted, for it holds links; a row is deleted once it was sent. */
export const mailQueue = pgTable(
	'mail_queue',
	{
		id: uuid().primaryKey(),
		userId: uuid('user_id').references(() => users.id, { onDelete: 'cascade' }),
		sealedContent: bytes('sealed_content').notNull(),
		attempts: smallint().notNull().default(0),
		dueAt: instant('due_at').notNull().default(now),
		createdAt: instant('created_at').notNull().default(now)
	},
	(table) => [index().on(table.dueAt), index().on(table.userId)]
);

/** Personal access tokens, by the hash of their secret. */
export const personalTokens = pgTable(
	'personal_tokens',
	{
		userId: owner(),
		id: uuid().notNull(),
		tokenHash: text('token_hash').notNull().unique(),
		name: text().notNull(),
		scopes: text({ enum: ['tasks:read', 'tasks:write'] })
			.array()
			.notNull(),
		createdAt: instant('created_at').notNull().default(now),
		expiresAt: instant('expires_at').notNull(),
		lastUsedAt: instant('last_used_at')
	},
	(table) => [primaryKey({ columns: [table.userId, table.id] })]
);

/** Kinds of device, as the mail about a new one would name them, that an account has been signed in from. */
export const knownDevices = pgTable(
	'known_devices',
	{ userId: owner(), device: text().notNull(), firstSeenAt: instant('first_seen_at').notNull().default(now) },
	(table) => [primaryKey({ columns: [table.userId, table.device] })]
);

/** What happened to accounts. A row is written in the transaction of what it records, and holds no secret. */
export const auditEvents = pgTable(
	'audit_events',
	{
		id: uuid().primaryKey(),
		/** Null where somebody tried an address that has no account. */
		userId: uuid('user_id').references(() => users.id, { onDelete: 'cascade' }),
		type: text().notNull(),
		success: boolean().notNull(),
		reason: text(),
		ip: text().notNull(),
		userAgent: text('user_agent').notNull(),
		sessionId: uuid('session_id'),
		/** A keyed hash of the address that was tried, so that trying many from one place can be seen. */
		accountKey: text('account_key'),
		at: instant().notNull().default(now)
	},
	(table) => [
		index('audit_events_of_user').on(table.userId, desc(table.at), desc(table.id)),
		index('audit_events_failures')
			.on(table.at, table.ip)
			.where(sql`not success`),
		index('audit_events_age').on(table.at)
	]
);

/** What counts against a rate limit; `take_limits` in the migrations decides, one caller a key at a time. */
export const limitHits = pgTable(
	'limit_hits',
	{
		key: text().notNull(),
		at: timestamp({ withTimezone: true, mode: 'string' }).notNull(),
		attempt: uuid().notNull(),
		weight: integer().notNull()
	},
	(table) => [index().on(table.key, table.at), index().on(table.attempt), index().on(table.at)]
);

/** Suspicious patterns that were found, each once for its account and hour. */
export const alerts = pgTable(
	'alerts',
	{
		id: uuid().primaryKey(),
		userId: uuid('user_id').references(() => users.id, { onDelete: 'cascade' }),
		kind: text().notNull(),
		/** What makes it the same finding when it is found again. */
		subject: text().notNull(),
		count: integer().notNull(),
		at: instant().notNull().default(now)
	},
	(table) => [
		unique().on(table.kind, table.subject),
		index('alerts_of_user').on(table.userId, desc(table.at))
	]
);

export const projects = pgTable(
	'projects',
	{
		userId: owner(),
		id: uuid().notNull(),
		name: text().notNull(),
		color: text().notNull(),
		position: orderKey().notNull(),
		archivedAt: instant('archived_at'),
		version: integer().notNull().default(1),
		createdAt: instant('created_at').notNull().default(now)
	},
	(table) => [
		primaryKey({ columns: [table.userId, table.id] }),
		check('projects_name', sql`char_length(${table.name}) between 1 and 100`)
	]
);

/** The owner comes first in every key: each query is about one person's tasks. */
export const tasks = pgTable(
	'tasks',
	{
		userId: owner(),
		id: uuid().notNull(),
		projectId: uuid('project_id'),
		parentId: uuid('parent_id'),
		title: text().notNull(),
		notes: text().notNull().default(''),
		priority: smallint().$type<1 | 2 | 3 | 4>().notNull().default(4),
		dueDate: date('due_date', { mode: 'string' }),
		dueTime: time('due_time', { precision: 0 }),
		recurrenceRule: text('recurrence_rule'),
		recurrenceBasis: text('recurrence_basis', { enum: ['schedule', 'completion'] }),
		/** The date that the series counts from, which keeps the 31st through shorter months. */
		recurrenceAnchor: date('recurrence_anchor', { mode: 'string' }),
		/** How often the task was completed and moved on. */
		recurrenceCompletions: integer('recurrence_completions').notNull().default(0),
		/** The recurring task of which this is one completion, for what stays among the completed ones. */
		completionOf: uuid('completion_of'),
		labels: text()
			.array()
			.notNull()
			.default(sql`'{}'`),
		position: orderKey().notNull(),
		version: integer().notNull().default(1),
		completedAt: instant('completed_at'),
		deletedAt: instant('deleted_at'),
		createdAt: instant('created_at').notNull().default(now),
		updatedAt: instant('updated_at').notNull().default(now),
		/** Words of title, labels and notes, and one word that only this owner's tasks have. */
		search: tsvector().generatedAlwaysAs(sql`task_search(user_id, title, notes, labels)`)
	},
	(table) => [
		primaryKey({ columns: [table.userId, table.id] }),
		foreignKey({
			name: 'tasks_project',
			columns: [table.userId, table.projectId],
			foreignColumns: [projects.userId, projects.id]
		}),
		foreignKey({
			name: 'tasks_parent',
			columns: [table.userId, table.parentId],
			foreignColumns: [table.userId, table.id]
		}).onDelete('cascade'),
		index('tasks_open_newest')
			.on(table.userId, desc(table.createdAt), desc(table.id))
			.where(sql`deleted_at is null and completed_at is null`),
		index('tasks_inbox')
			.on(table.userId, table.position, table.id)
			.where(sql`deleted_at is null and completed_at is null and project_id is null and parent_id is null`),
		index('tasks_of_project')
			.on(table.userId, table.projectId, table.position, table.id)
			.where(sql`deleted_at is null and completed_at is null and parent_id is null`),
		index('tasks_of_parent').on(table.userId, table.parentId, table.position, table.id),
		index('tasks_due')
			.on(table.userId, table.dueDate, sql`due_minute(due_time)`, table.id)
			.where(sql`deleted_at is null and completed_at is null and due_date is not null`),
		index('tasks_completed')
			.on(table.userId, desc(table.completedAt), desc(table.id))
			.where(sql`deleted_at is null and completed_at is not null`),
		index('tasks_trash')
			.on(table.userId, desc(table.deletedAt), desc(table.id))
			.where(sql`deleted_at is not null`),
		index('tasks_search').using('gin', table.search),
		check('tasks_title', sql`char_length(${table.title}) between 1 and 500`),
		check('tasks_notes', sql`char_length(${table.notes}) <= 20000`),
		check('tasks_priority', sql`${table.priority} between 1 and 4`),
		check('tasks_due', sql`${table.dueTime} is null or ${table.dueDate} is not null`),
		check('tasks_labels', sql`cardinality(${table.labels}) <= 50`),
		check('tasks_parent_is_another', sql`${table.parentId} <> ${table.id}`),
		check(
			'tasks_recurrence',
			sql`num_nonnulls(${table.recurrenceRule}, ${table.recurrenceBasis}, ${table.recurrenceAnchor}) in (0, 3)
				and (${table.recurrenceRule} is null or ${table.dueDate} is not null)`
		)
	]
);

export const filters = pgTable(
	'filters',
	{
		userId: owner(),
		id: uuid().notNull(),
		name: text().notNull(),
		query: text().notNull(),
		version: integer().notNull().default(1),
		createdAt: instant('created_at').notNull().default(now)
	},
	(table) => [
		primaryKey({ columns: [table.userId, table.id] }),
		check('filters_name', sql`char_length(${table.name}) between 1 and 100`)
	]
);

/** When each of the housekeeping jobs ran last, on whichever instance. */
export const jobRuns = pgTable('job_runs', {
	name: text().primaryKey(),
	at: instant().notNull().default(now)
});

/** What changed, numbered for each owner without a gap, in the order in which it was committed. */
export const events = pgTable(
	'events',
	{
		userId: owner(),
		number: bigint({ mode: 'number' }).notNull(),
		type: text().notNull(),
		entityId: uuid('entity_id').notNull(),
		version: integer().notNull(),
		task: json(),
		at: instant().notNull().default(now)
	},
	(table) => [primaryKey({ columns: [table.userId, table.number] }), index('events_age').on(table.at)]
);
