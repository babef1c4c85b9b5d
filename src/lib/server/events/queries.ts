import { sql } from 'drizzle-orm';
import type { Executor } from '../db/connect';

/** What instances tell each other. */
export type Announcement =
	/** Sessions, or personal tokens: their ids never meet. */
	{ type: 'credentials_ended'; ids: string[] } | { type: 'keys_changed' };

export const CHANNEL = 'latchkey';

/** Tells every instance, this one too, once the transaction has committed; nobody, if it doesn't. */
export async function announce(announcement: Announcement, on: Executor): Promise<void> {
	await on.execute(sql`select pg_notify(${CHANNEL}, ${JSON.stringify(announcement)})`);
}

/** Sessions or personal tokens that end with this transaction. */
export async function announceEnd(ended: { id: string }[], on: Executor): Promise<void> {
	const ids = ended.map(({ id }) => id);
	// PostgreSQL takes 8,000 bytes for one announcement.
	for (let i = 0; i < ids.length; i += 100)
		await announce({ type: 'credentials_ended', ids: ids.slice(i, i + 100) }, on);
}
