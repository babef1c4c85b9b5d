import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

export type Database = PostgresJsDatabase;

/** The pool, from `connect()` to `disconnect()`. */
export let db: Database;

let client: postgres.Sql | undefined;

const options = {
	max: 8,
	// One query at a time on a connection: a quick read never waits behind a slow one. (Not in the types.)
	max_pipeline: 1,
	connect_timeout: 5,
	// A database that is back is used at once; the default waits up to 20 s between attempts.
	backoff: () => 0.2,
	connection: { application_name: 'latchkey', TimeZone: 'UTC' },
	onnotice: () => undefined
};

export function connect(url: string): void {
	client = postgres(url, options);
	db = drizzle(client);
}

export async function disconnect(): Promise<void> {
	await client?.end({ timeout: 5 });
	client = undefined;
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
	for (let cause = error; cause instanceof Error; cause = cause.cause) {
		const code = 'code' in cause ? String(cause.code) : '';
		// 08: connection exceptions; 53300: too many connections; 57P0x: shutting down or starting up.
		if (/^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|08|53300|57P0)/.test(code))
			return true;
	}
	return false;
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
