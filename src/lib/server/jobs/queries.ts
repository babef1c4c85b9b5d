import { sql } from 'drizzle-orm';
import { db } from '../db/connect';

/** Runs the work unless an instance is at it, or was within so many seconds; false then. */
export async function alone(job: string, seconds: number, work: () => Promise<unknown>): Promise<boolean> {
	// The lock ends with the transaction, and so with the process, however that ends. What fails was no run.
	return db.transaction(async (tx) => {
		const [row] = await tx.execute<{ taken: boolean }>(
			sql`select pg_try_advisory_xact_lock(hashtextextended(${job}, 4716005)) as taken`
		);
		if (!row?.taken) return false;
		const due = await tx.execute(sql`
			insert into job_runs (name, at) values (${job}, clock_timestamp())
			on conflict (name) do update set at = excluded.at
				where job_runs.at <= clock_timestamp() - make_interval(secs => ${seconds}::float8)
			returning name`);
		if (due.length === 0) return false;
		await work();
		return true;
	});
}
