import { and, desc, eq, isNotNull, isNull, sql, type SQL } from 'drizzle-orm';
import { db, prepared } from '../db/connect';
import { tasks } from '../db/schema';
import type { Cursor } from '../cursor';

/** Each function takes the owner first, and none sees a task of anybody else. */

export const columns = {
	id: tasks.id,
	title: tasks.title,
	notes: tasks.notes,
	priority: tasks.priority,
	dueDate: tasks.dueDate,
	dueTime: sql<string | null>`to_char(${tasks.dueTime}, 'HH24:MI')`,
	completedAt: tasks.completedAt,
	position: tasks.position,
	version: tasks.version,
	createdAt: tasks.createdAt,
	updatedAt: tasks.updatedAt
};

export type TaskRow = NonNullable<Awaited<ReturnType<typeof find>>>;

const mine = (userId: string, id: string) => and(eq(tasks.userId, userId), eq(tasks.id, id));
const present = isNull(tasks.deletedAt);

const page = (name: string, completed: boolean, afterCursor: boolean) =>
	prepared((db) =>
		db
			.select(columns)
			.from(tasks)
			.where(
				and(
					eq(tasks.userId, sql.placeholder('userId')),
					present,
					completed ? isNotNull(tasks.completedAt) : isNull(tasks.completedAt),
					afterCursor
						? sql`(${tasks.createdAt}, ${tasks.id}) < (${sql.placeholder('at')}::timestamptz, ${sql.placeholder('id')}::uuid)`
						: undefined
				)
			)
			.orderBy(desc(tasks.createdAt), desc(tasks.id))
			.limit(sql.placeholder('limit'))
			.prepare(name)
	);

const pages = {
	open: { first: page('open_tasks', false, false), next: page('open_tasks_after', false, true) },
	completed: { first: page('completed_tasks', true, false), next: page('completed_tasks_after', true, true) }
};

/** Newest first, from behind the cursor. */
export async function list(
	userId: string,
	{ completed, after, limit }: { completed: boolean; after: Cursor | null; limit: number }
): Promise<TaskRow[]> {
	const { first, next } = completed ? pages.completed : pages.open;
	return after ? next().execute({ userId, limit, ...after }) : first().execute({ userId, limit });
}

const one = prepared((db) =>
	db
		.select(columns)
		.from(tasks)
		.where(and(eq(tasks.userId, sql.placeholder('userId')), eq(tasks.id, sql.placeholder('id')), present))
		.prepare('task')
);

export async function find(userId: string, id: string) {
	const [row] = await one().execute({ userId, id });
	return row ?? null;
}

/** Adds the task; when the id is in use already, returns the task that has it, as it is. */
export async function insert(
	userId: string,
	task: { id: string; title: string; position: string } & Partial<Fields>
): Promise<TaskRow> {
	const [added] = await db
		.insert(tasks)
		.values({ userId, ...task })
		.onConflictDoNothing()
		.returning(columns);
	if (added) return added;
	const [existing] = await db.select(columns).from(tasks).where(mine(userId, task.id));
	if (!existing) throw new Error('A task with this id was purged while another was made');
	return existing;
}

export type Fields = {
	title: string;
	notes: string;
	priority: 1 | 2 | 3 | 4;
	dueDate: string | null;
	dueTime: string | null;
};

/** Changes the task, unless it isn't there or no longer is the version that the caller saw. */
export async function update(
	userId: string,
	id: string,
	fields: Partial<Fields>,
	version?: number
): Promise<TaskRow | null> {
	return change(
		and(mine(userId, id), present, version === undefined ? undefined : eq(tasks.version, version)),
		fields
	);
}

/** Completes or reopens; a task that is in that state already is left as it is, and none is returned. */
export async function setCompleted(userId: string, id: string, completed: boolean): Promise<TaskRow | null> {
	return change(
		and(mine(userId, id), present, completed ? isNull(tasks.completedAt) : isNotNull(tasks.completedAt)),
		{ completedAt: completed ? sql`now()` : null }
	);
}

/** Moves the task to the trash; false when there is no such task, there either. */
export async function trash(userId: string, id: string): Promise<boolean> {
	if (await change(and(mine(userId, id), present), { deletedAt: sql`now()` })) return true;
	const found = await db.select({ id: tasks.id }).from(tasks).where(mine(userId, id));
	return found.length > 0;
}

/** Takes the task out of the trash; a task that isn't in there is left as it is, and none is returned. */
export async function restore(userId: string, id: string): Promise<TaskRow | null> {
	return change(and(mine(userId, id), isNotNull(tasks.deletedAt)), { deletedAt: null });
}

async function change(
	where: SQL | undefined,
	values: Partial<Fields> & { completedAt?: SQL | null; deletedAt?: SQL | null }
): Promise<TaskRow | null> {
	const [row] = await db
		.update(tasks)
		.set({ ...values, version: sql`${tasks.version} + 1`, updatedAt: sql`now()` })
		.where(where)
		.returning(columns);
	return row ?? null;
}
