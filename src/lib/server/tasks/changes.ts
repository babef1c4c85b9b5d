import { generateKeyBetween } from 'fractional-indexing';
import { uuidv7 } from 'uuidv7';
import type { z } from 'zod';
import type * as schemas from '../../schemas/tasks';
import { todayIn } from '../../recurrence/calendar';
import { firstDate, nextDate } from '../../recurrence/next-date';
import { parseRule } from '../../recurrence/rule';
import { transaction, type Transaction } from '../db/connect';
import { InvalidInput, Refusal } from '../errors';
import * as tasks from './queries';
import { firstPosition, lastPosition } from './rules';
import type { Task, TaskFields } from './task';

/** Changes that take more than one statement, or a decision in between. */

export type Owner = { id: string; timezone: string };

type Input = Partial<z.infer<typeof schemas.createTask>>;

const today = ({ timezone }: Owner) => todayIn(timezone, new Date());

const noSuch = (field: string, what: string) => new InvalidInput({ [field]: [`You have no such ${what}.`] });

/** What the fields of an input are for the table. A rule without a date begins at its first one from today. */
function toFields(
	owner: Owner,
	{ title, notes, priority, labels, due, recurrence }: Input,
	within = ''
): TaskFields {
	if (!recurrence) return { title, notes, priority, labels, due, recurrence };
	const refuse = (message: string) => new InvalidInput({ [`${within}recurrence.rule`]: [message] });
	const parsed = parseRule(recurrence.rule);
	if (!parsed.ok) throw refuse(parsed.message);
	// As it was sent: whoever reads it back may compare it.
	const rule = recurrence.rule.trim();
	// Only a task without a date needs the first one; a series that is over may have a date all the same.
	const first = firstDate(rule, today(owner)) ?? due?.date;
	if (first === undefined) throw refuse('This rule has no date from today on.');
	return {
		title,
		notes,
		priority,
		labels,
		// Without a date nothing can repeat, so taking it away means the first one of the rule.
		due: due === null ? { date: first, time: null } : due,
		recurrence: { rule, basis: recurrence.basis, first }
	};
}

/** The same id again is the same task: it is returned as it is, wherever it is by now. */
export async function create(owner: Owner, input: z.infer<typeof schemas.createTask>): Promise<Task> {
	const { id = uuidv7(), title, projectId, parentId } = input;
	const now = Date.now();
	// New tasks come first in a list, and last among the steps of a task.
	const position = parentId ? lastPosition(now, Math.random()) : firstPosition(now, Math.random());
	const created = await tasks
		.insert(owner.id, {
			...toFields(owner, { ...input, due: input.due ?? null }),
			id,
			title,
			position,
			projectId,
			parentId
		})
		.catch(refuseForeign);
	if (created) return created;
	const existing = await tasks.findAnywhere(owner.id, id);
	if (existing) return existing;
	if (projectId != null && !(await tasks.hasProject(owner.id, projectId)))
		throw noSuch('projectId', 'project');
	throw noSuch('parentId', 'task');
}

/** The composite keys only reach what belongs to the same owner; which of them failed says what isn't there. */
function refuseForeign(error: unknown): never {
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
	const constraint = cause && 'constraint_name' in cause ? cause.constraint_name : undefined;
	if (constraint === 'tasks_project') throw noSuch('projectId', 'project');
	if (constraint === 'tasks_parent') throw noSuch('parentId', 'task');
	throw error;
}

export async function update(owner: Owner, input: z.infer<typeof schemas.updateTask>): Promise<Task> {
	const { id, version, projectId, parentId, ...rest } = input;
	const fields = toFields(owner, rest);
	if (projectId === undefined && parentId === undefined) {
		const [updated] = await tasks.update(owner.id, [id], fields, { version });
		return updated ?? conflict(owner, id);
	}
	return transaction(async (tx) => {
		await tasks.lockOwner(owner.id, tx);
		const current = await tasks.find(owner.id, id, tx);
		if (!current) throw new Refusal('not_found');
		if (version !== undefined && version !== current.version)
			throw new Refusal('version_conflict', { current });
		if (Object.keys(rest).length > 0) await tasks.update(owner.id, [id], fields, { on: tx });
		return moveWithin(owner, { id, projectId, parentId }, current, tx);
	});
}

async function conflict(owner: Owner, id: string): Promise<never> {
	const current = await tasks.find(owner.id, id);
	throw current ? new Refusal('version_conflict', { current }) : new Refusal('not_found');
}

export async function move(owner: Owner, input: z.infer<typeof schemas.moveTask>): Promise<Task> {
	return transaction(async (tx) => {
		await tasks.lockOwner(owner.id, tx);
		const current = await tasks.find(owner.id, input.id, tx);
		if (!current) throw new Refusal('not_found');
		return moveWithin(owner, input, current, tx);
	});
}

/** To be called with the owner locked, so that two moves can't make a circle between them. */
async function moveWithin(
	owner: Owner,
	{ id, projectId, parentId, after }: z.infer<typeof schemas.moveTask>,
	current: Task,
	tx: Transaction
): Promise<Task> {
	// Going to another project, a task leaves the one it was a step of.
	const leaves = parentId === undefined && projectId !== undefined && projectId !== current.projectId;
	const newParent = leaves ? null : parentId === undefined ? current.parentId : parentId;
	const parent = newParent === null ? null : await tasks.find(owner.id, newParent, tx);
	if (newParent !== null) {
		if (!parent) throw noSuch('parentId', 'task');
		if (await tasks.isBelow(owner.id, newParent, id, tx)) {
			throw new InvalidInput({ parentId: ['A task can’t be moved below itself.'] });
		}
	}
	if (projectId != null && !(await tasks.hasProject(owner.id, projectId, tx))) {
		throw noSuch('projectId', 'project');
	}
	const newProject = parent ? parent.projectId : projectId === undefined ? current.projectId : projectId;
	const place = { projectId: newProject, parentId: newParent };
	const stays = newProject === current.projectId && newParent === current.parentId;
	if (stays && after === undefined) return (await tasks.find(owner.id, id, tx)) ?? current;
	const position = await positionIn(owner, place, after, tx);
	return (await tasks.place(owner.id, id, { ...place, position }, tx)) ?? current;
}

async function positionIn(
	owner: Owner,
	place: { projectId: string | null; parentId: string | null },
	after: string | null | undefined,
	tx: Transaction
): Promise<string> {
	if (after === undefined) {
		const [now, chance] = [Date.now(), Math.random()];
		return place.parentId ? lastPosition(now, chance) : firstPosition(now, chance);
	}
	const sibling = after === null ? null : await tasks.find(owner.id, after, tx);
	if (
		after !== null &&
		(sibling?.parentId !== place.parentId || (!place.parentId && sibling.projectId !== place.projectId))
	) {
		throw new InvalidInput({ after: ['There is no such task in this list.'] });
	}
	return generateKeyBetween(...(await tasks.gapBehind(owner.id, place, sibling?.position ?? null, tx)));
}

export async function setCompleted(
	owner: Owner,
	{ id, completed, version }: z.infer<typeof schemas.setCompleted>
): Promise<Task> {
	return transaction(async (tx) => {
		await tasks.lockOwner(owner.id, tx);
		const current = await tasks.find(owner.id, id, tx);
		if (!current) throw new Refusal('not_found');
		// Said again it is as true as the first time, whatever the version was before it.
		if ((current.completedAt !== null) === completed) return current;
		if (version !== undefined && version !== current.version)
			throw new Refusal('version_conflict', { current });
		const [changed] = await complete(owner, [id], completed, tx);
		return changed ?? current;
	});
}

/** Those that repeat move on to their next date, if they have one, and leave what they were among the completed. */
async function complete(owner: Owner, ids: string[], completed: boolean, tx: Transaction): Promise<Task[]> {
	const series = completed ? await tasks.findSeries(owner.id, ids, tx) : [];
	const day = today(owner);
	const moving = series.flatMap(({ due, ...task }) => {
		const date = nextDate(task, { due, today: day });
		if (date === null) return [];
		return [{ id: task.id, version: task.version, date }];
	});
	const moved = new Set(moving.map(({ id }) => id));
	if (moved.size > 0) {
		await tasks.keepCompletions(
			owner.id,
			[...moved].map((of) => ({ id: uuidv7(), of })),
			tx
		);
		await tasks.reopenBelow(owner.id, [...moved], tx);
	}
	const movedOn = moved.size > 0 ? await tasks.moveOn(owner.id, moving, tx) : [];
	const rest = ids.filter((id) => !moved.has(id));
	const done = rest.length > 0 ? await tasks.update(owner.id, rest, { completed }, { on: tx }) : [];
	return [...movedOn, ...done];
}

export async function restore(owner: Owner, id: string): Promise<Task> {
	return transaction(async (tx) => {
		await tasks.lockOwner(owner.id, tx);
		const restored = await tasks.restore(owner.id, [id], tx);
		const task = restored.find((task) => task.id === id) ?? (await tasks.find(owner.id, id, tx));
		if (!task) throw new Refusal('not_found');
		return task;
	});
}

/** All of them, or none. */
export async function bulk(owner: Owner, { ids, action }: z.infer<typeof schemas.bulk>): Promise<Task[]> {
	return transaction(async (tx) => {
		await tasks.lockOwner(owner.id, tx);
		const anywhere = action.type === 'restore' || action.type === 'delete';
		const before = await tasks.findMany(owner.id, ids, anywhere, tx);
		if (before.length < ids.length) throw new Refusal('not_found');

		switch (action.type) {
			case 'update':
				await patch(owner, ids, action.patch, tx);
				break;
			case 'delete':
				return tasks.trash(owner.id, ids, tx);
			case 'restore':
				await tasks.restore(owner.id, ids, tx);
				break;
			default:
				await complete(owner, ids, action.type === 'complete', tx);
		}
		return tasks.findMany(owner.id, ids, false, tx);
	});
}

/** To the trash with all below it. Said again, it is as true as the first time. */
export async function remove(owner: Owner, id: string): Promise<void> {
	await transaction(async (tx) => {
		await tasks.lockOwner(owner.id, tx);
		const trashed = await tasks.trash(owner.id, [id], tx);
		if (trashed.length === 0 && !(await tasks.isInTrash(owner.id, id, tx))) throw new Refusal('not_found');
	});
}

/** Ends a task in the trash for good. */
export async function purge(owner: Owner, id: string): Promise<void> {
	await transaction(async (tx) => {
		await tasks.lockOwner(owner.id, tx);
		if (!(await tasks.purge(owner.id, id, tx))) throw new Refusal('not_found');
	});
}

async function patch(owner: Owner, ids: string[], input: Input, tx: Transaction): Promise<void> {
	const { projectId, parentId, ...rest } = input;
	if (parentId !== undefined) {
		throw new InvalidInput({ 'action.patch.parentId': ['Move tasks below another one by one.'] });
	}
	if (Object.keys(rest).length > 0)
		await tasks.update(owner.id, ids, toFields(owner, rest, 'action.patch.'), { on: tx });
	if (projectId === undefined) return;
	if (projectId !== null && !(await tasks.hasProject(owner.id, projectId, tx))) {
		throw noSuch('action.patch.projectId', 'project');
	}
	await tasks.placeAll(owner.id, ids, projectId, tx);
}
