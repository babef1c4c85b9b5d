import { sql, type SQL } from 'drizzle-orm';
import { db, type Executor } from '../db/connect';
import { inTurn, logged } from '../events/queries';

/** Each function takes the owner first, and none sees a filter of anybody else. */

export type SavedFilter = { id: string; name: string; query: string };

const json = sql.raw(`json_build_object('id', filters.id, 'name', filters.name, 'query', filters.query)`);

export async function list(userId: string, on: Executor = db): Promise<SavedFilter[]> {
	const rows = await on.execute<{ filter: SavedFilter }>(
		sql`select ${json} as filter from filters where user_id = ${userId} order by created_at, id`
	);
	return rows.map(({ filter }) => filter);
}

export async function find(userId: string, id: string): Promise<SavedFilter | null> {
	const [row] = await db.execute<{ filter: SavedFilter }>(
		sql`select ${json} as filter from filters where user_id = ${userId} and id = ${id}`
	);
	return row?.filter ?? null;
}

async function write(
	userId: string,
	change: SQL,
	type: 'filter.saved' | 'filter.deleted'
): Promise<SavedFilter | null> {
	const [row] = await db.execute<{ filter: SavedFilter }>(sql`
		${logged(userId, change, { type: sql`${type}::text`, table: 'filters' })}
		select ${json} as filter from changed as filters, told`);
	return row?.filter ?? null;
}

/** The new filter, or null when the id is in use. */
export const insert = (userId: string, { id, name, query }: SavedFilter): Promise<SavedFilter | null> =>
	write(
		userId,
		sql`insert into filters (user_id, id, name, query) 
			select ${userId}::uuid, ${id}::uuid, ${name}::text, ${query}::text where ${inTurn} on conflict do nothing`,
		'filter.saved'
	);

export const update = (
	userId: string,
	{ id, name, query }: { id: string; name?: string; query?: string }
): Promise<SavedFilter | null> =>
	write(
		userId,
		sql`update filters set name = coalesce(${name ?? null}::text, name), query = coalesce(${query ?? null}::text, query),
			version = version + 1 where user_id = ${userId} and id = ${id} and ${inTurn}`,
		'filter.saved'
	);

export const remove = (userId: string, id: string): Promise<SavedFilter | null> =>
	write(
		userId,
		sql`delete from filters where user_id = ${userId} and id = ${id} and ${inTurn}`,
		'filter.deleted'
	);
