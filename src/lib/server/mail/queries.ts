import { asc, eq, lte, sql } from 'drizzle-orm';
import { uuidv7 } from 'uuidv7';
import { db, type Executor } from '../db/connect';
import { mailQueue } from '../db/schema';

/** Minutes between one attempt and the next: eight attempts within a day. */
const waits = [1, 5, 15, 60, 180, 420, 780];

export const MAX_ATTEMPTS = waits.length + 1;

/** Mail that is to be sent once the transaction is through, and not at all when it fails. */
export async function enqueue(
	userId: string | null,
	sealedContent: Uint8Array,
	on: Executor = db
): Promise<void> {
	await on.insert(mailQueue).values({ id: uuidv7(), userId, sealedContent });
}

const claimed = {
	id: mailQueue.id,
	sealedContent: mailQueue.sealedContent,
	/** This one included. */
	attempts: mailQueue.attempts,
	createdAt: mailQueue.createdAt
};

export type ClaimedMail = { [Column in keyof typeof claimed]: (typeof mailQueue.$inferSelect)[Column] };

/**
 * The next mail that is due, for the caller alone, or null. To take it is to put it back as well, at the time
 * of the next attempt: a mailer that fails has nothing left to do, and one that dies can't take the mail along.
 * So an attempt must be over before the shortest wait is. What was never tried goes before what failed.
 */
export async function claim(): Promise<ClaimedMail | null> {
	const next = db
		.select({ id: mailQueue.id })
		.from(mailQueue)
		// Rounded to the millisecond, the time of a mail just enqueued may be one ahead.
		.where(lte(mailQueue.dueAt, sql`now() + interval '1 millisecond'`))
		.orderBy(asc(mailQueue.attempts), asc(mailQueue.dueAt))
		.limit(1)
		.for('update', { skipLocked: true });
	const wait = sql`(array[${sql.raw(waits.join())}])[least(${mailQueue.attempts} + 1, ${sql.raw(String(waits.length))})]`;
	const [mail] = await db
		.update(mailQueue)
		.set({ attempts: sql`${mailQueue.attempts} + 1`, dueAt: sql`now() + make_interval(mins => ${wait})` })
		.where(eq(mailQueue.id, next))
		.returning(claimed);
	return mail ?? null;
}

/** It was sent, or given up. */
export async function remove(id: string): Promise<void> {
	await db.delete(mailQueue).where(eq(mailQueue.id, id));
}

export async function countWaiting(): Promise<number> {
	return db.$count(mailQueue);
}
