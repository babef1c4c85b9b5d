import { sql as raw } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { db, transaction } from '$lib/server/db/connect';
import { sql, times } from './harness';

beforeAll(async () => {
	await sql`create table notes (id int primary key, at timestamptz not null default now())`;
});

test('of any number of parallel queries and transactions each is on its own, and all is committed', async () => {
	const [workers, rounds] = [30, 10];
	const work = async (worker: number) => {
		for (let round = 0; round < rounds; round++) {
			const id = worker * rounds + round;
			await db.execute(raw`select 1`);
			await transaction(async (tx) => {
				await tx.execute(raw`insert into notes (id) values (${id})`);
				await tx.execute(raw`update notes set at = now() where id = ${id}`);
			});
			await db.execute(raw`insert into notes (id) values (${-id - 1})`);
		}
	};
	await Promise.all(times(workers, work));
	const [{ count } = { count: 0 }] = await sql<{ count: number }[]>`select count(*)::int from notes`;
	expect(count).toBe(workers * rounds * 2);
	// Nothing was left inside a transaction that nobody ends.
	const open = await sql`select state from pg_stat_activity
		where datname = current_database() and state like 'idle in transaction%'`;
	expect(open).toHaveLength(0);
});

test('two transactions that wait for each other are both done in the end', async () => {
	await sql`insert into notes (id) values (1001), (1002)`;
	const swap = (first: number, second: number) => {
		let tries = 0;
		return transaction(async (tx) => {
			tries++;
			await tx.execute(raw`update notes set at = now() where id = ${first}`);
			await tx.execute(raw`select pg_sleep(0.05)`);
			await tx.execute(raw`update notes set at = now() where id = ${second}`);
			return tries;
		});
	};
	const tries = await Promise.all([swap(1001, 1002), swap(1002, 1001)]);
	expect(Math.max(...tries)).toBeGreaterThan(1);
});
