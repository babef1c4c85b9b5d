import { z } from 'zod';
import { line, prose } from './text';

export const taskId = z.uuid('This must be a UUID.').toLowerCase();

/** Wall-clock time in the owner's timezone. */
export const due = z.strictObject({
	// PostgreSQL knows no year 0.
	date: z.iso
		.date('Use a date such as 2026-12-24.')
		.refine((date) => !date.startsWith('0000'), 'Use a date such as 2026-12-24.'),
	time: z
		.string()
		.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Use a time such as 17:30.')
		.nullable()
		.default(null)
});

const fields = {
	title: line('a title', 500),
	notes: prose(20_000),
	priority: z.literal([1, 2, 3, 4], 'Choose a priority from 1 to 4.'),
	due: due.nullable()
};

export const byId = z.strictObject({ id: taskId });

export const listTasks = z
	.strictObject({
		completed: z.boolean('This must be true or false.').default(false),
		cursor: z.string().max(200, 'That is not a cursor of this list.').optional(),
		limit: z
			.int('Use a whole number from 1 to 200.')
			.min(1, 'Use a whole number from 1 to 200.')
			.max(200, 'Use a whole number from 1 to 200.')
			.default(50)
	})
	.prefault({});

export const createTask = z.strictObject({
	id: taskId.optional(),
	title: fields.title,
	notes: fields.notes.optional(),
	priority: fields.priority.optional(),
	due: fields.due.optional()
});

export const updateTask = z.strictObject({
	id: taskId,
	// As many as PostgreSQL's integer can count.
	version: z.int32('This must be the version you last saw.').optional(),
	title: fields.title.optional(),
	notes: fields.notes.optional(),
	priority: fields.priority.optional(),
	due: fields.due.optional()
});

export const setCompleted = z.strictObject({
	id: taskId,
	completed: z.boolean('This must be true or false.')
});
