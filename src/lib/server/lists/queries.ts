import { sql, type SQL } from 'drizzle-orm';
import type { Filter } from '../../filters/filter';
import { db } from '../db/connect';
import { instant, json, labelled, lexeme, present } from '../tasks/queries';
import type { Task } from '../tasks/task';
import { filtersOf, wordsOf } from './rules';

/** Tasks as they are read, page by page. Each function takes the owner first. */

export type View = 'inbox' | 'today' | 'upcoming' | 'completed' | 'trash';

export type Criteria = {
	view?: View;
	projectId?: string;
	parentId?: string;
	label?: string;
	filter?: Filter;
	completed?: boolean;
	today: string;
};

/** Which tasks a list holds. */
function conditions(userId: string, criteria: Criteria): SQL {
	const { view, projectId, parentId, label, filter, completed, today } = criteria;
	const all = [
		sql`tasks.user_id = ${userId}`,
		view === 'trash' ? sql`tasks.deleted_at is not null` : present,
		...(view === 'trash' && completed === undefined
			? []
			: [
					(completed ?? view === 'completed')
						? sql`tasks.completed_at is not null`
						: sql`tasks.completed_at is null`
				]),
		...(view === 'inbox' ? [sql`tasks.project_id is null and tasks.parent_id is null`] : []),
		...(projectId === undefined ? [] : [sql`tasks.project_id = ${projectId}`]),
		...(projectId === undefined || parentId !== undefined ? [] : [sql`tasks.parent_id is null`]),
		...(parentId === undefined ? [] : [sql`tasks.parent_id = ${parentId}`]),
		...filtersOf({ view, label, filter }, today).map((part) => condition(userId, part, today))
	];
	return sql.join(all, sql` and `);
}

/** A filter as PostgreSQL understands it; dates in it are calendar dates by now. */
function condition(userId: string, filter: Filter, today: string): SQL {
	switch (filter.type) {
		case 'and':
		case 'or':
			return sql`(${sql.join(
				filter.of.map((part) => condition(userId, part, today)),
				sql.raw(` ${filter.type} `)
			)})`;
		case 'not':
			return sql`(${condition(userId, filter.of, today)}) is not true`;
		case 'today':
			return sql`tasks.due_date = ${today}`;
		case 'overdue':
			return sql`tasks.due_date < ${today}`;
		case 'no date':
			return sql`tasks.due_date is null`;
		case 'due before':
			return sql`tasks.due_date < ${filter.date}`;
		case 'due after':
			return sql`tasks.due_date > ${filter.date}`;
		case 'priority':
			return sql`tasks.priority = ${filter.priority}`;
		case 'label':
			return sql`(${labelled(userId, filter.name)})`;
		case 'project':
			return sql`tasks.project_id in (
				select id from projects where user_id = ${userId} and lower(name) = lower(${filter.name}))`;
		case 'search':
			return matches(userId, filter.words);
	}
}

/**
 * Each word begins one of the task's. The owner's own word keeps the index from finding everybody's tasks first.
 * A search without any word finds nothing.
 */
function matches(userId: string, search: string): SQL {
	const words = wordsOf(search);
	if (words.length === 0) return sql`false`;
	return sql`tasks.search @@ (${queryFor(words)} && ${lexeme(`owner:${userId}`)}::tsquery)`;
}

const queryFor = (words: string[]) =>
	sql`to_tsquery('simple', ${words.map((word) => `${lexeme(word)}:*`).join(' & ')})`;

/** How many of the newest matches are ranked against each other. */
const RANKED = 200;
/** Among how many of the newest tasks that many are looked for, before the index of words is asked. */
const NEWEST = 3000;

/** All open tasks, which an index has from the newest on. */
const isPlain = ({ view, projectId, parentId, label, filter, completed }: Criteria) =>
	!completed && [view, projectId, parentId, label, filter].every((criterion) => criterion === undefined);

/** Where in the ranks a page ended: a rank of its block, and the block's bounds, of which either may be open. */
export type RankKey = { last: string[] | null; below: string[] | null; from: string[] | null };

/**
 * Matches by how well they match. A common word has too many of them to rank them all in good time, so that it
 * goes block by block: the newest 200 by rank, then the 200 before those. A block keeps its bounds from page to
 * page, whatever comes in meanwhile. `end` is where this one ends, if another one follows.
 *
 * What is common is found soon among the newest tasks, and what is rare by the index of words. PostgreSQL can't
 * tell which of the two a beginning of a word is, so that here it is tried out.
 */
export async function ranked(
	userId: string,
	{ criteria, search, key, limit }: { criteria: Criteria; search: string; key: RankKey; limit: number }
): Promise<{ rows: { task: Task; key: string[] }[]; end: string[] | null }> {
	const { last, below, from } = key;
	const bound = ([at = '', id = '']: string[]) => sql`(${at}::timestamptz, ${id}::uuid)`;
	const words = wordsOf(search);
	if (words.length === 0) return { rows: [], end: null };
	const within = [
		...(below ? [sql`(tasks.created_at, tasks.id) < ${bound(below)}`] : []),
		...(from ? [sql`(tasks.created_at, tasks.id) >= ${bound(from)}`] : [])
	];
	const all = conditions(userId, criteria);
	const here = sql.join([all, ...within], sql` and `);
	const most = from ? sql`` : sql`limit ${RANKED + 1}`;
	const found = matches(userId, search);
	const columns = sql`tasks.id, tasks.created_at, tasks.search`;
	const newestFirst = sql`order by tasks.created_at desc, tasks.id desc`;
	const block =
		isPlain(criteria) && !from
			? sql`near as materialized (
					select * from (select ${columns} from tasks where ${here} ${newestFirst} limit ${NEWEST}) as tasks
					where ${found} limit ${RANKED + 1}
				), matching as materialized (
					select ${columns} from tasks where ${all} and ${found}
				), block as materialized (
					select * from near where (select count(*) from near) > ${RANKED}
					union all
					select * from matching as tasks where (select count(*) from near) <= ${RANKED}
						${below ? sql`and (tasks.created_at, tasks.id) < ${bound(below)}` : sql``}
					order by created_at desc, id desc ${most}
				)`
			: sql`block as materialized (
					select ${columns} from tasks where ${here} and ${found} ${newestFirst} ${most}
				)`;
	const rows = await db.execute<{ task: Task | null; key: string[]; end: string[] | null }>(sql`
		with ${block}
		, numbered as (
			select id, created_at, round(ts_rank(search, ${queryFor(words)})::numeric, 6) as rank,
				${from ? sql`0` : sql`row_number() over (order by created_at desc, id desc)`} as number
			from block
		), page as (
			select * from numbered where number <= ${RANKED}
				${last ? sql`and (rank, created_at, id) < (${last[0]}::numeric, ${last[1]}::timestamptz, ${last[2]}::uuid)` : sql``}
			order by rank desc, created_at desc, id desc limit ${limit}
		), ending as (
			select ${sql.raw(instant('created_at'))} as at, tasks.id from numbered as tasks where number = ${RANKED}
				and exists (select from numbered where number > ${RANKED})
		)
		select ${json} as task, array[page.rank::text, ${sql.raw(instant('created_at'))}, tasks.id::text] as key,
			(select array[at, id::text] from ending) as end
		from page join tasks on tasks.user_id = ${userId} and tasks.id = page.id
		order by page.rank desc, page.created_at desc, page.id desc`);
	return {
		rows: rows.flatMap(({ task, key }) => (task ? [{ task, key }] : [])),
		end: from ?? rows[0]?.end ?? null
	};
}

/** A list in its order, from behind the cursor. */
export async function list(
	userId: string,
	{
		criteria,
		order,
		after,
		limit
	}: { criteria: Criteria; order: Order; after: string[] | null; limit: number }
): Promise<{ task: Task; key: string[] }[]> {
	const { key, by, comes } = orders[order];
	const behind = after
		? sql`and (${sql.raw(key)}) ${sql.raw(comes)} (${sql.join(casts(order, after), sql`, `)})`
		: sql``;
	const rows = await db.execute<{ task: Task; key: string[] }>(sql`
		select ${json} as task, array[${sql.raw(keyTexts(order))}] as key from tasks
		where ${conditions(userId, criteria)} ${behind}
		order by ${sql.raw(by)} limit ${limit}`);
	return [...rows];
}

/**
 * The orders of lists. Each ends in the id, so that it is total, and names what a cursor has to hold. The types
 * say how the values of a cursor are read back, for nothing but a string travels.
 */
const orders = {
	newest: order(['created_at', 'timestamptz', 'desc'], ['id', 'uuid', 'desc']),
	manual: order(['position', 'text', 'asc'], ['id', 'uuid', 'asc']),
	due: order(['due_date', 'date', 'asc'], ['due_minute(due_time)', 'integer', 'asc'], ['id', 'uuid', 'asc']),
	completed: order(['completed_at', 'timestamptz', 'desc'], ['id', 'uuid', 'desc']),
	trashed: order(['deleted_at', 'timestamptz', 'desc'], ['id', 'uuid', 'desc'])
};

export type Order = keyof typeof orders;

function order(...columns: [expression: string, type: string, direction: 'asc' | 'desc'][]) {
	return {
		columns,
		key: columns.map(([expression]) => expression).join(', '),
		by: columns.map(([expression, , direction]) => `${expression} ${direction}`).join(', '),
		comes: columns[0]?.[2] === 'desc' ? '<' : '>'
	};
}

const keyTexts = (order: Order) =>
	orders[order].columns
		.map(([expression, type]) => (type === 'timestamptz' ? instant(expression) : `${expression}::text`))
		.join(', ');

const casts = (order: Order, values: string[]) =>
	orders[order].columns.map(
		([, type], index) => sql`${values[index]}::${sql.raw(type === 'text' ? 'text collate "C"' : type)}`
	);

const shapes: Record<string, RegExp> = {
	timestamptz: /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}Z$/,
	uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
	date: /^\d{4}-[01]\d-[0-3]\d$/,
	integer: /^\d{1,4}$/,
	numeric: /^\d(\.\d{1,6})?$/,
	text: /^[0-9A-Za-z]{1,300}$/
};

/** Whether these are the values of a cursor of this order. */
export const fitsOrder = (order: Order, values: unknown[]): values is string[] =>
	values.length === orders[order].columns.length &&
	orders[order].columns.every(([, type], index) => {
		const value = values[index];
		return typeof value === 'string' && fits(type, value);
	});

/** PostgreSQL knows neither a 30th of February nor a year 0. */
function fits(type: string, value: string): boolean {
	if (!shapes[type]?.test(value)) return false;
	if (type !== 'timestamptz' && type !== 'date') return true;
	const at = new Date(type === 'date' ? `${value}T00:00:00.000Z` : value);
	return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value) && !value.startsWith('0000');
}

/** Whether these are the parts of a cursor into ranked matches. */
export function fitsRanks(parts: unknown[]): boolean {
	const types = [
		['numeric', 'timestamptz', 'uuid'],
		['timestamptz', 'uuid'],
		['timestamptz', 'uuid']
	];
	const fitsPart = (part: unknown, of: string[]) =>
		part === null ||
		(Array.isArray(part) &&
			part.length === of.length &&
			part.every((value, index) => typeof value === 'string' && fits(of[index] ?? '', value)));
	return parts.length === types.length && types.every((of, index) => fitsPart(parts[index], of));
}

// Figures

/** How many tasks each view lists, for the calendar day of the owner. */
export async function counts(userId: string, today: string) {
	const [row] = await db.execute<{
		inbox: number;
		today: number;
		overdue: number;
		upcoming: number;
		byProject: Record<string, number> | null;
	}>(sql`
		with open as (
			select project_id, parent_id, due_date from tasks
			where user_id = ${userId} and deleted_at is null and completed_at is null
		), of_project as (
			select project_id, count(*)::int as count from open
			where project_id is not null and parent_id is null group by project_id
		)
		select
			(count(*) filter (where project_id is null and parent_id is null))::int as inbox,
			(count(*) filter (where due_date = ${today}))::int as today,
			(count(*) filter (where due_date < ${today}))::int as overdue,
			(count(*) filter (where due_date > ${today}))::int as upcoming,
			(select json_object_agg(project_id, count) from of_project) as "byProject"
		from open`);
	return {
		inbox: row?.inbox ?? 0,
		today: row?.today ?? 0,
		overdue: row?.overdue ?? 0,
		upcoming: row?.upcoming ?? 0,
		byProject: row?.byProject ?? {}
	};
}

export async function stats(userId: string, timezone: string, days: number) {
	const rows = await db.execute<{ day: string; created: number; completed: number }>(sql`
		with calendar as (
			select (now() at time zone ${timezone})::date - n as day from generate_series(0, ${days}::int - 1) as n
		), since as (
			select (min(day)::timestamp at time zone ${timezone}) as at from calendar
		), created as (
			select (created_at at time zone ${timezone})::date as day, count(*)::int as count
			from tasks, since where user_id = ${userId} and completion_of is null and created_at >= since.at group by 1
		), completed as (
			select (completed_at at time zone ${timezone})::date as day, count(*)::int as count
			from tasks, since where user_id = ${userId} and deleted_at is null and completed_at >= since.at group by 1
		)
		select to_char(day, 'YYYY-MM-DD') as day, coalesce(created.count, 0) as created, coalesce(completed.count, 0) as completed
		from calendar left join created using (day) left join completed using (day) order by day`);
	return [...rows];
}

export async function labels(userId: string): Promise<{ name: string; openTasks: number }[]> {
	const rows = await db.execute<{ name: string; openTasks: number }>(sql`
		select name, (count(*) filter (where completed_at is null))::int as "openTasks"
		from tasks, unnest(labels) as name where user_id = ${userId} and ${present}
		group by name order by lower(name), name`);
	return [...rows];
}
