import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

export type Database = PostgresJsDatabase;

/** The pool, from `connect()` to `disconnect()`. */
export let db: Database;

let client: postgres.Sql | undefined;
let forTransactions: postgres.Sql | undefined;

const options = {
	max: 6,
	// So that a quick read seldom waits behind a slow one: postgres.js then queues one more query at most on a
	// connection that is busy, and not a hundred. (Not in the types.)
	max_pipeline: 1,
	connect_timeout: 5,
	// A database that is back is used at once; the default waits up to 20 s between attempts.
	backoff: () => 0.2,
	connection: { application_name: 'latchkey', TimeZone: 'UTC' },
	onnotice: () => undefined
};

export function connect(url: string): void {
	// A BEGIN that postgres.js queues behind another query of the connection goes wrong, and leaves the connection
	// inside a transaction that nobody commits. Where there is nothing but transactions, it waits instead.
	const transactions = postgres(url, { ...options, max: 4 });
	client = Object.assign(postgres(url, options), { begin: transactions.begin.bind(transactions) });
	forTransactions = transactions;
	db = drizzle(client);
}

export async function disconnect(): Promise<void> {
	await Promise.all([client?.end({ timeout: 5 }), forTransactions?.end({ timeout: 5 })]);
	client = forTransactions = undefined;
}

export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** Where a query runs: in the pool, or inside a transaction. */
export type Executor = Database | Transaction;

const DEADLOCK = '40P01';

/** All of it happens, or nothing. Two that wait for each other are no failure: one of them goes again. */
export const transaction: Database['transaction'] = async (work, options) => {
	for (let left = 3; ; left--) {
		try {
			return await db.transaction(work, options);
		} catch (error) {
			if (left === 0 || codeOf(error) !== DEADLOCK) throw error;
		}
	}
};

/** An error and what caused it: Drizzle wraps what the driver throws, and tRPC wraps that. */
function* causes(error: unknown): Generator<Error> {
	for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause;
}

/** PostgreSQL's word for what went wrong. */
function codeOf(error: unknown): string | undefined {
	for (const cause of causes(error)) {
		if ('code' in cause && typeof cause.code === 'string' && /^[0-9A-Z]{5}$/.test(cause.code))
			return cause.code;
	}
	return undefined;
}

/** Whether something was written for an account that was deleted meanwhile. */
export function isOwnerGone(error: unknown): boolean {
	for (const cause of causes(error)) {
		if ('constraint_name' in cause && String(cause.constraint_name).endsWith('_user_id_users_id_fk'))
			return true;
	}
	return false;
}

/**
 * A query that is built once and sent as a prepared statement from then on. Drizzle sends
 * everything else unprepared, which PostgreSQL then plans anew each time.
 */
export function prepared<Query>(build: (db: Database) => Query): () => Query {
	let builtFor: Database | undefined;
	let query: Query;
	return () => {
		if (builtFor !== db) {
			query = build(db);
			builtFor = db;
		}
		return query;
	};
}

/** Whether the error means that the database can't be reached now, not that the query was wrong. */
export function isDatabaseAway(error: unknown): boolean {
	for (const cause of causes(error)) {
		const code = 'code' in cause ? String(cause.code) : '';
		// 08: connection exceptions; 53300: too many connections; 57P0x: shutting down or starting up.
		if (/^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|08|53300|57P0)/.test(code))
			return true;
	}
	return false;
}

/**
 * Hears what is announced on the channel, on a connection that all of this instance shares. `onGap` runs
 * at first and after each time that the connection was lost: whatever was announced in between was missed.
 */
export async function listen(
	channel: string,
	onMessage: (message: string) => void,
	onGap: () => void
): Promise<void> {
	await client?.listen(channel, onMessage, onGap);
}

export async function databaseAnswers(): Promise<boolean> {
	try {
		const answer = db.execute('select 1').then(() => true);
		const tooLate = new Promise<false>((resolve) => setTimeout(resolve, 2_000, false).unref());
		return await Promise.race([answer, tooLate]);
	} catch {
		return false;
	}
}
