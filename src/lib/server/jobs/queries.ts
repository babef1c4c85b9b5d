import { sql } from 'drizzle-orm';
import { db } from '../db/connect';

/** Runs the work unless another instance is at it; false then. */
export async function alone(job: string, work: () => Promise<unknown>): Promise<boolean> {
	// The lock ends with the transaction, and so with the process, however that ends.
	return db.transaction(async (tx) => {
		const [row] = await tx.execute<{ taken: boolean }>(
			sql`select pg_try_advisory_xact_lock(hashtextextended(${job}, 4716005)) as taken`
		);
		if (!row?.taken) return false;
		await work();
		return true;
	});
}
