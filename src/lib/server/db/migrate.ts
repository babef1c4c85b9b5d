import { resolve } from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { StartError } from '../config';
import { isDatabaseAway } from './connect';

const MIGRATION_LOCK = 4_716_001;

/** Brings the schema up to date. Any number of instances may call this at once. */
export async function migrate(url: string): Promise<void> {
	// A connection of its own: an advisory lock belongs to a connection, not to a pool.
	const client = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => undefined });
	try {
		await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
		await applyMigrations(drizzle(client), { migrationsFolder: resolve('drizzle') });
	} catch (error) {
		throw isUnreachable(error)
			? new StartError(`The database at DATABASE_URL can’t be used: ${(error as Error).message}.`)
			: error;
	} finally {
		await client.end();
	}
}

/** Away, or there but with no such user, password or database. */
function isUnreachable(error: unknown): boolean {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	return isDatabaseAway(error) || /^(28|3D)/.test(code);
}
