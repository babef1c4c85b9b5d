import { sql, type SQL } from 'drizzle-orm';
import { db, type Executor } from '../db/connect';

/** What instances tell each other. */
export type Announcement =
	/** Sessions, or personal tokens: their ids never meet. */
	| { type: 'credentials_ended'; ids: string[] }
	| { type: 'keys_changed' }
	/** There are new events of this owner. */
	| { type: 'changed'; userId: string };

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

/**
 * What goes into the condition of a change: the owner's row is locked before any other, as transactions do it
 * too, so that no two writers of an account ever wait for each other. It always holds.
 */
export const inTurn = sql`(select count(*) from owner) >= 0`;

/**
 * The beginning of a statement that makes a change and ends in its answer (`select … from changed, told`): each
 * changed row takes the next number of its owner, whose own row is locked to the commit, so that numbers appear
 * in their order and without a gap. `inTurn` has to be among the conditions of the change.
 */
export function logged(
	userId: string,
	change: SQL,
	{ type, table, task }: { type: SQL; table: 'tasks' | 'projects' | 'filters'; task?: SQL }
): SQL {
	const changed = sql.raw(table);
	const news: Announcement = { type: 'changed', userId };
	return sql`with owner as materialized (select id from users where id = ${userId} for no key update),
		changed as (${change} returning ${changed}.*),
		counted as (
			update users set last_event = last_event + (select count(*) from changed)
			where id = ${userId} and exists (select from changed) returning last_event
		),
		logged as (
			insert into events (user_id, number, type, entity_id, version, task)
			select ${userId}::uuid, last_event + 1 - row_number() over (order by ${changed}.created_at desc, ${changed}.id desc),
				${type}, ${changed}.id, ${changed}.version, ${task ?? sql`null::json`}
			from changed as ${changed}, counted
		),
		told as (select pg_notify(${CHANNEL}, ${JSON.stringify(news)}) from counted)`;
}

export type Event = { number: number; type: string; id: string; version: number; task: unknown };

/** Where there is nothing new, one row says so. PostgreSQL's long integers come as text. */
type Row = { first: string | null; last: string } & (
	{ type: null } | ({ number: string } & Omit<Event, 'number'>)
);

/** What came after a number, in order; or how far the owner's events reach, when some of those are no longer kept. */
export async function eventsAfter(
	userId: string,
	number: number,
	limit: number
): Promise<{ events: Event[] } | { reset: number }> {
	const rows = await db.execute<Row>(sql`
		select users.last_event as last, kept.first, e.number::int8, e.type, e.entity_id as id, e.version, e.task
		from users
		cross join lateral (select min(number) as first from events where user_id = users.id) as kept
		left join lateral (
			select * from events where user_id = users.id and events.number > ${number} order by events.number limit ${limit}
		) as e on true
		where users.id = ${userId} order by e.number`);
	const [row] = rows;
	if (!row) return { events: [] };
	const last = Number(row.last);
	const first = row.first === null ? last + 1 : Number(row.first);
	if (number > last || number + 1 < first) return { reset: last };
	return {
		events: rows.flatMap((row) => {
			if (row.type === null) return [];
			const { number, type, id, version, task } = row;
			return [{ number: Number(number), type, id, version, task }];
		})
	};
}

export async function lastEvent(userId: string): Promise<number> {
	const [row] = await db.execute<{ last: string }>(
		sql`select last_event as last from users where id = ${userId}`
	);
	return Number(row?.last ?? 0);
}

/** A subscriber that was away for longer has to reload. */
export async function deleteOldEvents(): Promise<void> {
	await db.execute(sql`delete from events where at < now() - interval '7 days'`);
}
