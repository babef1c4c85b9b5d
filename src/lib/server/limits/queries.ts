import { eq, lt, sql } from 'drizzle-orm';
import { db } from '../db/connect';
import { limitHits } from '../db/schema';

export type Limit = { key: string; seconds: number; most: number };

/** Takes `weight` from each limit or from none; 0, or the seconds until there is room. */
export async function take(attempt: string, limits: Limit[], weight: number): Promise<number> {
	const list = (values: (string | number)[]) =>
		sql.join(
			values.map((value) => sql`${value}`),
			sql`, `
		);
	const [row] = await db.execute<{ wait: number }>(sql`
		select take_limits(
			${attempt}::uuid,
			array[${list(limits.map(({ key }) => key))}]::text[],
			array[${list(limits.map(({ seconds }) => seconds))}]::int[],
			array[${list(limits.map(({ most }) => most))}]::int[],
			${weight}::int
		) as wait`);
	return row?.wait ?? 0;
}

/** Gives back what an attempt took. */
export async function giveBack(attempt: string): Promise<void> {
	await db.delete(limitHits).where(eq(limitHits.attempt, attempt));
}

/** No limit looks further back than an hour. */
export async function deleteOldHits(): Promise<void> {
	await db.delete(limitHits).where(lt(limitHits.at, sql`now() - interval '1 hour 1 minute'`));
}
