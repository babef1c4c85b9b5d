import { uuidv7 } from 'uuidv7';
import * as schemas from '../../schemas/tasks';
import { readCursor, writeCursor } from '../cursor';
import { Refusal } from '../errors';
import { protectedProcedure, router } from '../trpc/init';
import * as tasks from './queries';
import type { Fields, TaskRow } from './queries';
import { endPosition } from './rules';

export type Task = {
	id: string;
	projectId: string | null;
	parentId: string | null;
	title: string;
	notes: string;
	priority: 1 | 2 | 3 | 4;
	due: { date: string; time: string | null } | null;
	recurrence: { rule: string; basis: 'schedule' | 'completion' } | null;
	labels: string[];
	completedAt: string | null;
	position: string;
	version: number;
	createdAt: string;
	updatedAt: string;
};

/** Projects, subtasks, recurrence and labels have no tables yet; on the wire they have their places. */
const toTask = ({ dueDate, dueTime, ...row }: TaskRow): Task => ({
	...row,
	projectId: null,
	parentId: null,
	due: dueDate === null ? null : { date: dueDate, time: dueTime },
	recurrence: null,
	labels: []
});

type FieldInput = Partial<Pick<Task, 'title' | 'notes' | 'priority' | 'due'>>;

const toFields = ({ due, ...fields }: FieldInput): Partial<Fields> => ({
	...fields,
	...(due !== undefined && { dueDate: due?.date ?? null, dueTime: due?.time ?? null })
});

const found = (row: TaskRow | null): Task => {
	if (!row) throw new Refusal('not_found');
	return toTask(row);
};

export const tasksRouter = router({
	list: protectedProcedure.input(schemas.listTasks).query(async ({ ctx, input }) => {
		const { completed, cursor, limit } = input;
		const after = cursor === undefined ? null : readCursor(cursor);
		// One more than asked for tells whether there is a next page.
		const rows = await tasks.list(ctx.user.id, { completed, after, limit: limit + 1 });
		const items = rows.slice(0, limit).map(toTask);
		const last = rows.length > limit ? items.at(-1) : undefined;
		return { items, nextCursor: last ? writeCursor({ at: last.createdAt, id: last.id }) : null };
	}),

	get: protectedProcedure
		.input(schemas.byId)
		.query(async ({ ctx, input }) => found(await tasks.find(ctx.user.id, input.id))),

	create: protectedProcedure.input(schemas.createTask).mutation(async ({ ctx, input }) => {
		const { id = uuidv7(), title, ...fields } = input;
		const task = { ...toFields(fields), id, title, position: endPosition(Date.now()) };
		return toTask(await tasks.insert(ctx.user.id, task));
	}),

	update: protectedProcedure.input(schemas.updateTask).mutation(async ({ ctx, input }) => {
		const { id, version, ...fields } = input;
		const updated = await tasks.update(ctx.user.id, id, toFields(fields), version);
		if (updated) return toTask(updated);
		throw new Refusal('version_conflict', { current: found(await tasks.find(ctx.user.id, id)) });
	}),

	setCompleted: protectedProcedure.input(schemas.setCompleted).mutation(async ({ ctx, input }) => {
		const changed = await tasks.setCompleted(ctx.user.id, input.id, input.completed);
		return changed ? toTask(changed) : found(await tasks.find(ctx.user.id, input.id));
	}),

	delete: protectedProcedure.input(schemas.byId).mutation(async ({ ctx, input }) => {
		if (!(await tasks.trash(ctx.user.id, input.id))) throw new Refusal('not_found');
		return { ok: true as const };
	}),

	restore: protectedProcedure.input(schemas.byId).mutation(async ({ ctx, input }) => {
		const restored = await tasks.restore(ctx.user.id, input.id);
		return restored ? toTask(restored) : found(await tasks.find(ctx.user.id, input.id));
	})
});
