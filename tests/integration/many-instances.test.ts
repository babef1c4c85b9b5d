import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { expect, inject, onTestFinished, test } from 'vitest';
import { migrate } from '$lib/server/db/migrate';
import { serve } from './harness';

/** A database that nothing was ever in. */
async function emptyDatabase(): Promise<string> {
	const name = `empty_${randomBytes(8).toString('hex')}`;
	const admin = postgres(new URL('/postgres', inject('templateUrl')).href, { max: 1 });
	await admin`create database ${admin(name)}`;
	onTestFinished(async () => {
		await admin`drop database ${admin(name)} with (force)`;
		await admin.end();
	});
	return new URL(name, inject('templateUrl')).href;
}

test('ten instances may migrate one empty database at once', async () => {
	const url = await emptyDatabase();
	await Promise.all(Array.from({ length: 10 }, () => migrate(url)));
	const sql = postgres(url, { max: 1 });
	onTestFinished(() => sql.end());
	const [applied] =
		await sql`select count(*)::int as count, count(distinct hash)::int as kinds from drizzle.__drizzle_migrations`;
	expect(applied?.count).toBe(applied?.kinds);
	expect(applied?.count).toBeGreaterThan(0);
});

test('instances that start together on an empty database agree on one signing key', async () => {
	const DATABASE_URL = await emptyDatabase();
	const servers = await Promise.all([
		serve({ DATABASE_URL }),
		serve({ DATABASE_URL }),
		serve({ DATABASE_URL })
	]);
	const published = await Promise.all(
		servers.map(async ({ url }) => (await fetch(`${url}/.well-known/jwks.json`)).text())
	);
	expect(new Set(published).size).toBe(1);
	expect((JSON.parse(published[0] ?? '') as { keys: unknown[] }).keys).toHaveLength(1);
	await Promise.all(servers.map((server) => server.stop()));
});
