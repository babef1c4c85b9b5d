import { sql, type SQL } from 'drizzle-orm';
import { db, type Executor, type Transaction } from '../db/connect';
import { inTurn, logged } from '../events/queries';
import type { Task, TaskFields } from './task';

/** Each function takes the owner first, and none sees a task of anybody else. */

/** A row as it travels. PostgreSQL does it in half the time that it takes here. */
export const json = sql.raw(`json_build_object(
	'id', tasks.id,
	'projectId', tasks.project_id,
	'parentId', tasks.parent_id,
	'title', tasks.title,
	'notes', tasks.notes,
	'priority', tasks.priority,
	'due', case when tasks.due_date is not null then
		json_build_object('date', tasks.due_date, 'time', to_char(tasks.due_time, 'HH24:MI')) end,
	'recurrence', case when tasks.recurrence_rule is not null then
		json_build_object('rule', tasks.recurrence_rule, 'basis', tasks.recurrence_basis) end,
	'labels', tasks.labels,
	'completedAt', ${instant('completed_at')},
	'position', tasks.position,
	'version', tasks.version,
	'createdAt', ${instant('created_at')},
	'updatedAt', ${instant('updated_at')}
)`);

export function instant(column: string): string {
	return `to_char(tasks.${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

export const present = sql`tasks.deleted_at is null`;
const mine = (userId: string, id: string) => sql`tasks.user_id = ${userId} and tasks.id = ${id}`;

/** An array as PostgreSQL writes it, for one parameter. */
export const texts = (values: string[]) =>
	sql`${`{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join()}}`}::text[]`;
const uuids = (ids: string[]) => sql`${`{${ids.join()}}`}::uuid[]`;

/** The index finds the label among the owner's words; the array knows it without doubt. */
export const labelled = (userId: string, label: string) =>
	sql`tasks.user_id = ${userId} and tasks.labels @> ${texts([label])}
		and tasks.search @@ ${`${lexeme(`owner:${userId}`)} & ${lexeme(`label:${label}`)}`}::tsquery`;

export const lexeme = (text: string) => `'${text.replace(/['\\]/g, '$&$&')}'`;

export async function find(userId: string, id: string, on: Executor = db): Promise<Task | null> {
	const [row] = await on.execute<{ task: Task }>(
		sql`select ${json} as task from tasks where ${mine(userId, id)} and ${present}`
	);
	return row?.task ?? null;
}

export async function findMany(
	userId: string,
	ids: string[],
	trashed: boolean,
	tx: Transaction
): Promise<Task[]> {
	const rows = await tx.execute<{ task: Task }>(sql`
		select ${json} as task from tasks
		where tasks.user_id = ${userId} and tasks.id = any(${uuids(ids)}) and ${trashed ? sql`true` : present}`);
	return rows.map(({ task }) => task);
}

/** All there are, in the trash or not. */
export async function everyTask(
	userId: string,
	on: Executor
): Promise<(Task & { deletedAt: string | null })[]> {
	const rows = await on.execute<{ task: Task; deletedAt: string | null }>(sql`
		select ${json} as task, ${sql.raw(instant('deleted_at'))} as "deletedAt" from tasks
		where user_id = ${userId} order by created_at, id`);
	return rows.map(({ task, deletedAt }) => ({ ...task, deletedAt }));
}

// Writing

/** A task in the trash is changed there too, for example when its label is renamed. */
const saved = sql`case when tasks.deleted_at is null then 'task.saved' else 'task.trashed' end`;
const purged = sql`'task.purged'::text`;

/** Makes a change and writes its events, in one statement. */
async function write(userId: string, change: SQL, on: Executor = db): Promise<Task[]> {
	return answer(logged(userId, change, { type: saved, table: 'tasks', task: json }), on);
}

/** Ends tasks for good. */
async function erase(userId: string, condition: SQL, on: Executor = db): Promise<Task[]> {
	const change = sql`delete from tasks where user_id = ${userId} and ${condition} and ${inTurn}`;
	return answer(logged(userId, change, { type: purged, table: 'tasks' }), on);
}

async function answer(change: SQL, on: Executor): Promise<Task[]> {
	const rows = await on.execute<{ task: Task }>(sql`
		${change}
		select ${json} as task from changed as tasks, told order by tasks.created_at, tasks.id`);
	return rows.map(({ task }) => task);
}

const one = async (written: Promise<Task[]>): Promise<Task | null> => (await written)[0] ?? null;

/** Until the transaction ends, nobody else changes where this owner's tasks are. */
export async function lockOwner(userId: string, tx: Transaction): Promise<void> {
	await tx.execute(sql`select from users where id = ${userId} for no key update`);
}

/** The parent as it is once it is this writer's turn, which is not what the statement began with. */
const parentNow = (userId: string, parentId: string) =>
	sql`(select project_id from tasks where ${mine(userId, parentId)} and ${present} and ${inTurn} for share) as parent`;

/** Adds the task, below its parent's project; null when its id is in use, or its parent or project isn't there. */
export async function insert(
	userId: string,
	task: TaskFields & {
		id: string;
		title: string;
		position: string;
		parentId?: string | null;
		projectId?: string | null;
	}
): Promise<Task | null> {
	const { parentId = null, projectId = null } = task;
	const columns = assignments(task);
	return one(
		write(
			userId,
			sql`insert into tasks (user_id, id, position, parent_id, project_id${sql.raw(columns.map(([name]) => `, ${name}`).join(''))})
				select ${userId}::uuid, ${task.id}::uuid, ${task.position}::text, ${parentId}::uuid, ${parentId === null ? sql`${projectId}::uuid` : sql`parent.project_id`}
					${sql.join(columns.map(([, value]) => sql`, ${value}`))}
				${parentId === null ? sql`` : sql`from ${parentNow(userId, parentId)}`}
				where ${inTurn} ${
					parentId === null || projectId === null
						? sql``
						: sql`and exists (select from projects where user_id = ${userId} and id = ${projectId})`
				} on conflict do nothing`
		)
	);
}

/** The task with this id, in the trash or not. */
export async function findAnywhere(userId: string, id: string): Promise<Task | null> {
	const [row] = await db.execute<{ task: Task }>(
		sql`select ${json} as task from tasks where ${mine(userId, id)}`
	);
	return row?.task ?? null;
}

/** What a task's fields are in the table. */
function assignments({
	title,
	notes,
	priority,
	labels,
	due,
	recurrence
}: TaskFields): [name: string, value: SQL][] {
	const columns: Record<string, SQL | undefined> = {
		title: title === undefined ? undefined : sql`${title}::text`,
		notes: notes === undefined ? undefined : sql`${notes}::text`,
		priority: priority === undefined ? undefined : sql`${priority}::smallint`,
		labels: labels === undefined ? undefined : texts(labels),
		...(due !== undefined && {
			due_date: sql`${due?.date ?? null}::date`,
			due_time: sql`${due?.time ?? null}::time`
		}),
		...(recurrence !== undefined && {
			recurrence_rule: sql`${recurrence?.rule ?? null}::text`,
			recurrence_basis: sql`${recurrence?.basis ?? null}::text`,
			recurrence_anchor: sql`${(recurrence && (due?.date ?? recurrence.first)) ?? null}::date`,
			recurrence_completions: sql`0`
		})
	};
	return Object.entries(columns).flatMap(([name, value]) => (value ? [[name, value]] : []));
}

/** A date and a rule hang together: where only one of them is changed, the other is what it was in the row. */
function coupled({ due, recurrence }: TaskFields): [name: string, value: SQL][] {
	if (recurrence && due === undefined) {
		const date = sql`coalesce(due_date, ${recurrence.first}::date)`;
		return [
			['due_date', date],
			['recurrence_anchor', date]
		];
	}
	if (due === undefined || recurrence !== undefined) return [];
	const keep = (column: SQL) => (due === null ? sql`null` : column);
	return [
		['recurrence_rule', keep(sql`recurrence_rule`)],
		['recurrence_basis', keep(sql`recurrence_basis`)],
		[
			'recurrence_anchor',
			keep(sql`case when recurrence_rule is not null then ${due?.date ?? null}::date end`)
		],
		['recurrence_completions', sql`0`]
	];
}

/** Changes tasks that are not in the trash, and that still are the version that the caller saw. */
export async function update(
	userId: string,
	ids: string[],
	fields: TaskFields & { completed?: boolean },
	{ version, on = db }: { version?: number; on?: Executor } = {}
): Promise<Task[]> {
	// The last one wins where both name a column.
	const columns = new Map([...assignments(fields), ...coupled(fields)]);
	const changes = [...columns].map(([name, value]) => sql`${sql.raw(name)} = ${value}, `);
	if (fields.completed !== undefined)
		changes.push(sql`completed_at = ${fields.completed ? sql`now()` : sql`null`}, `);
	return write(
		userId,
		sql`update tasks set ${sql.join(changes)} version = version + 1, updated_at = now()
			where user_id = ${userId} and id = any(${uuids(ids)}) and ${present} and ${inTurn}
			${version === undefined ? sql`` : sql`and version = ${version}`}
			${fields.completed === undefined ? sql`` : sql`and (completed_at is null) = ${fields.completed}`}`,
		on
	);
}

/** Each of the recurring tasks moves on to its own next date, if it still is the version that was looked at. */
export async function moveOn(
	userId: string,
	next: { id: string; version: number; date: string }[],
	tx: Transaction
): Promise<Task[]> {
	return write(
		userId,
		sql`update tasks set due_date = next.date, recurrence_completions = recurrence_completions + 1, version = tasks.version + 1, updated_at = now()
			from json_to_recordset(${JSON.stringify(next)}::text::json) as next(id uuid, version integer, date date)
			where tasks.user_id = ${userId} and tasks.id = next.id and tasks.version = next.version
				and ${present} and tasks.completed_at is null and ${inTurn}`,
		tx
	);
}

/** What a recurring task was when it was completed stays among the completed ones, under an id of its own. */
export async function keepCompletions(
	userId: string,
	copies: { id: string; of: string }[],
	tx: Transaction
): Promise<Task[]> {
	return write(
		userId,
		sql`insert into tasks (user_id, id, project_id, parent_id, title, notes, priority, due_date, due_time, labels, position, created_at, completed_at, completion_of)
			select user_id, copies.id, project_id, parent_id, title, notes, priority, due_date, due_time, labels, position, created_at, now(), copies.of
			from json_to_recordset(${JSON.stringify(copies)}::text::json) as copies(id uuid, "of" uuid)
			join tasks on tasks.user_id = ${userId} and tasks.id = copies.of where ${inTurn}`,
		tx
	);
}

const below = (userId: string, ids: string[]) => sql`
	with recursive below as (
		select id from tasks where user_id = ${userId} and id = any(${uuids(ids)})
		union
		select tasks.id from tasks join below on tasks.parent_id = below.id where tasks.user_id = ${userId}
	) select id from below`;

/** Opens what is below these tasks again, but not the tasks themselves, and nothing that is history. */
export async function reopenBelow(userId: string, ids: string[], tx: Transaction): Promise<Task[]> {
	return write(
		userId,
		sql`update tasks set completed_at = null, version = version + 1, updated_at = now()
			where user_id = ${userId} and id in (${below(userId, ids)}) and not id = any(${uuids(ids)})
				and ${present} and completed_at is not null and completion_of is null and ${inTurn}`,
		tx
	);
}

/** Moves the tasks and all below them to the trash, at one moment, by which they can be told to belong together. */
export async function trash(userId: string, ids: string[], tx: Transaction): Promise<Task[]> {
	return write(
		userId,
		sql`update tasks set deleted_at = now(), version = version + 1, updated_at = now()
			where user_id = ${userId} and id in (${below(userId, ids)}) and ${present} and ${inTurn}`,
		tx
	);
}

/** Moves all tasks of a project to the trash, and out of the project, with those that were there before. */
export async function trashProject(userId: string, projectId: string, tx: Transaction): Promise<Task[]> {
	return write(
		userId,
		sql`update tasks set project_id = null, deleted_at = coalesce(deleted_at, now()), version = version + 1, updated_at = now()
			where user_id = ${userId} and project_id = ${projectId} and ${inTurn}`,
		tx
	);
}

/** Takes the tasks out of the trash with what went there along with them; below nothing that is still in it. */
export async function restore(userId: string, ids: string[], tx: Transaction): Promise<Task[]> {
	const rows = await tx.execute<{ id: string }>(sql`
		select id from tasks where user_id = ${userId} and id in (${below(userId, ids)})
			and deleted_at in (select deleted_at from tasks where user_id = ${userId} and id = any(${uuids(ids)}))`);
	const together = uuids(rows.map(({ id }) => id));
	return write(
		userId,
		sql`update tasks set deleted_at = null, version = version + 1, updated_at = now(),
				parent_id = case when parent_id = any(${together})
					or exists (select from tasks as parent where parent.user_id = ${userId} and parent.id = tasks.parent_id and parent.deleted_at is null)
					then parent_id end
			where user_id = ${userId} and id = any(${together}) and deleted_at is not null and ${inTurn}`,
		tx
	);
}

/** Ends what is in the trash for good, with all below it. */
export async function purge(userId: string, id: string, tx: Transaction): Promise<boolean> {
	const erased = await erase(
		userId,
		sql`id in (${below(userId, [id])})
			and exists (select from tasks as root where root.user_id = ${userId} and root.id = ${id} and root.deleted_at is not null)`,
		tx
	);
	return erased.length > 0;
}

export async function isInTrash(userId: string, id: string, tx: Transaction): Promise<boolean> {
	const rows = await tx.execute(
		sql`select from tasks where ${mine(userId, id)} and tasks.deleted_at is not null`
	);
	return rows.length > 0;
}

/** Whether the task is `top`, or lies anywhere below it. */
export async function isBelow(userId: string, id: string, top: string, tx: Transaction): Promise<boolean> {
	const rows = await tx.execute(sql`select from (${below(userId, [top])}) as below where id = ${id}`);
	return rows.length > 0;
}

/** The position behind a sibling (or, for null, before all) and the next one, also of what may come out of the trash. */
export async function gapBehind(
	userId: string,
	{ projectId, parentId }: { projectId: string | null; parentId: string | null },
	after: string | null,
	tx: Transaction
): Promise<[string | null, string | null]> {
	const [row] = await tx.execute<{ next: string | null }>(sql`
		select min(position) as next from tasks where user_id = ${userId}
			and parent_id is not distinct from ${parentId}::uuid
			and ${parentId === null ? sql`project_id is not distinct from ${projectId}::uuid` : sql`true`}
			and ${after === null ? sql`true` : sql`position > ${after} collate "C"`}`);
	return [after, row?.next ?? null];
}

/** Puts a task, with all below it, somewhere else. */
export async function place(
	userId: string,
	id: string,
	{ projectId, parentId, position }: { projectId: string | null; parentId: string | null; position: string },
	tx: Transaction
): Promise<Task | null> {
	const moved = await write(
		userId,
		sql`update tasks set
				project_id = ${projectId}::uuid,
				parent_id = case when id = ${id} then ${parentId}::uuid else parent_id end,
				position = case when id = ${id} then ${position}::text else position end,
				version = version + 1, updated_at = now()
			where user_id = ${userId} and id in (${below(userId, [id])})
				and (id = ${id} or project_id is distinct from ${projectId}::uuid) and ${inTurn}`,
		tx
	);
	return moved.find((task) => task.id === id) ?? null;
}

/** Puts tasks, with all below them, into a project or the inbox; those that were steps of another task leave it. */
export async function placeAll(
	userId: string,
	ids: string[],
	projectId: string | null,
	tx: Transaction
): Promise<Task[]> {
	return write(
		userId,
		sql`update tasks set project_id = ${projectId}::uuid,
				parent_id = case when id = any(${uuids(ids)}) and not parent_id = any(${uuids(ids)})
					and project_id is distinct from ${projectId}::uuid then null else parent_id end,
				version = version + 1, updated_at = now()
			where user_id = ${userId} and id in (${below(userId, ids)}) and project_id is distinct from ${projectId}::uuid and ${inTurn}`,
		tx
	);
}

export async function hasProject(userId: string, id: string, on: Executor = db): Promise<boolean> {
	const rows = await on.execute(sql`select from projects where user_id = ${userId} and id = ${id}`);
	return rows.length > 0;
}

/** What a recurring task needs to know to move on. */
export async function findSeries(userId: string, ids: string[], tx: Transaction) {
	const rows = await tx.execute<{
		id: string;
		version: number;
		rule: string;
		basis: 'schedule' | 'completion';
		anchor: string;
		completions: number;
		due: string;
	}>(sql`
		select id, version, recurrence_rule as rule, recurrence_basis as basis, recurrence_anchor::text as anchor,
			recurrence_completions as completions, due_date::text as due
		from tasks where user_id = ${userId} and id = any(${uuids(ids)}) and ${present}
			and completed_at is null and recurrence_rule is not null
		for update`);
	return [...rows];
}

// Labels

/** Puts another label in the place of one, or nothing; how many tasks had it, in the trash too. */
export async function replaceLabel(
	userId: string,
	from: string,
	to: string | null,
	tx: Transaction
): Promise<number> {
	const changed = await write(
		userId,
		sql`update tasks set
				labels = array(
					select name from unnest(array_replace(labels, ${from}, ${to}::text)) with ordinality as label(name, nth)
					where name is not null group by name order by min(nth)
				), version = version + 1, updated_at = now()
			where ${labelled(userId, from)} and ${inTurn}`,
		tx
	);
	return changed.length;
}

// Housekeeping

/** Ends for good what has been in the trash for so many days, owner by owner. */
export async function emptyTrash(days: number): Promise<void> {
	const owners = await db.execute<{ user_id: string }>(
		sql`select distinct user_id from tasks where deleted_at < now() - make_interval(days => ${days}::int)`
	);
	for (const { user_id: userId } of owners) {
		await erase(userId, sql`deleted_at < now() - make_interval(days => ${days}::int)`);
	}
}
