import { sql, type SQL } from 'drizzle-orm';
import { db, type Executor, type Transaction } from '../db/connect';
import { inTurn, logged } from '../events/queries';

/** Each function takes the owner first, and none sees a project of anybody else. */

export type Project = {
	id: string;
	name: string;
	color: string;
	position: string;
	archivedAt: string | null;
	openTasks: number;
	version: number;
};

const json = sql.raw(`json_build_object(
	'id', projects.id,
	'name', projects.name,
	'color', projects.color,
	'position', projects.position,
	'archivedAt', to_char(projects.archived_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
	'openTasks', (
		select count(*) from tasks where tasks.user_id = projects.user_id and tasks.project_id = projects.id
			and tasks.deleted_at is null and tasks.completed_at is null and tasks.parent_id is null
	),
	'version', projects.version
)`);

export async function list(userId: string, on: Executor = db): Promise<Project[]> {
	const rows = await on.execute<{ project: Project }>(
		sql`select ${json} as project from projects where user_id = ${userId} order by position, id`
	);
	return rows.map(({ project }) => project);
}

export async function find(userId: string, id: string, on: Executor = db): Promise<Project | null> {
	const [row] = await on.execute<{ project: Project }>(
		sql`select ${json} as project from projects where user_id = ${userId} and id = ${id}`
	);
	return row?.project ?? null;
}

async function write(
	userId: string,
	change: SQL,
	type: 'project.saved' | 'project.deleted',
	on: Executor = db
): Promise<Project | null> {
	const [row] = await on.execute<{ project: Project }>(sql`
		${logged(userId, change, { type: sql`${type}::text`, table: 'projects' })}
		select ${json} as project from changed as projects, told`);
	return row?.project ?? null;
}

/** The new project, or null when the id is in use. */
export async function insert(
	userId: string,
	{ id, name, color, position }: { id: string; name: string; color: string; position: string }
): Promise<Project | null> {
	return write(
		userId,
		sql`insert into projects (user_id, id, name, color, position)
			select ${userId}::uuid, ${id}::uuid, ${name}::text, ${color}::text, ${position}::text
			where ${inTurn} on conflict do nothing`,
		'project.saved'
	);
}

export async function update(
	userId: string,
	id: string,
	fields: { name?: string; color?: string; position?: string; archived?: boolean },
	{ version, on }: { version?: number; on?: Executor } = {}
): Promise<Project | null> {
	const { name, color, position, archived } = fields;
	return write(
		userId,
		sql`update projects set
				name = coalesce(${name ?? null}::text, name),
				color = coalesce(${color ?? null}::text, color),
				position = coalesce(${position ?? null}::text, position),
				archived_at = ${archived === undefined ? sql`archived_at` : archived ? sql`coalesce(archived_at, now())` : sql`null`},
				version = version + 1
			where user_id = ${userId} and id = ${id} and ${inTurn}
				${version === undefined ? sql`` : sql`and version = ${version}`}`,
		'project.saved',
		on
	);
}

/** Its tasks must have left it before. */
export async function remove(userId: string, id: string, tx: Transaction): Promise<void> {
	await write(
		userId,
		sql`delete from projects where user_id = ${userId} and id = ${id} and ${inTurn}`,
		'project.deleted',
		tx
	);
}

/** The position behind a project (or, for null, before all) and the one that comes next. */
export async function gapBehind(
	userId: string,
	after: string | null,
	tx: Transaction
): Promise<[string | null, string | null]> {
	const [row] = await tx.execute<{ next: string | null }>(sql`
		select min(position) as next from projects where user_id = ${userId}
			and ${after === null ? sql`true` : sql`position > ${after} collate "C"`}`);
	return [after, row?.next ?? null];
}
