import { z } from 'zod';
import { filterText } from './filters';
import { id, pageSize, version } from './rows';
import { label, labels } from './labels';
import { line, prose } from './text';

/** Wall-clock time in the owner's timezone. */
export const due = z.strictObject({
	// PostgreSQL's calendar has no year 0.
	date: z.iso
		.date('Use a date such as 2026-12-24.')
		.refine((date) => date >= '0001', 'Use a date such as 2026-12-24.'),
	time: z
		.string()
		.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Use a time such as 17:30.')
		.nullable()
		.default(null)
});

export const recurrence = z.strictObject({
	rule: z.string({ error: 'Send an RRULE such as FREQ=WEEKLY.' }).max(500, 'Use at most 500 characters.'),
	basis: z.enum(['schedule', 'completion'], 'Choose schedule or completion.').default('schedule')
});

const fields = {
	title: line('a title', 500),
	notes: prose(20_000),
	priority: z.literal([1, 2, 3, 4], 'Choose a priority from 1 to 4.'),
	due: due.nullable(),
	recurrence: recurrence.nullable(),
	labels,
	projectId: id.nullable(),
	parentId: id.nullable()
};

const anyFields = z.strictObject(fields).partial();

export const listTasks = z
	.strictObject({
		view: z
			.enum(
				['inbox', 'today', 'upcoming', 'completed', 'trash'],
				'Choose inbox, today, upcoming, completed or trash.'
			)
			.optional(),
		projectId: id.optional(),
		parentId: id.optional(),
		label: label.optional(),
		filter: filterText.optional(),
		search: z
			.string('This must be text.')
			.max(200, 'Use at most 200 characters.')
			.refine((text) => !text.includes('\0'), 'Remove the invisible NUL character.')
			.optional(),
		completed: z.boolean('This must be true or false.').optional(),
		cursor: z.string().max(1000, 'That is not a cursor of this list.').nullish(),
		limit: pageSize
	})
	.prefault({});

export const createTask = z.strictObject({ ...anyFields.shape, id: id.optional(), title: fields.title });

export const updateTask = z.strictObject({ id, version: version.optional(), ...anyFields.shape });

export const setCompleted = z.strictObject({
	id,
	completed: z.boolean('This must be true or false.'),
	version: version.optional()
});

export const moveTask = z.strictObject({
	id,
	projectId: id.nullable().optional(),
	parentId: id.nullable().optional(),
	after: id.nullable().optional()
});

export const bulk = z.strictObject({
	ids: z
		.array(id, 'Send a list of ids.')
		.min(1, 'Choose at least one task.')
		.max(500, 'Choose at most 500 tasks.')
		.transform((ids) => [...new Set(ids)]),
	action: z.discriminatedUnion(
		'type',
		[
			z.strictObject({ type: z.literal(['complete', 'reopen', 'delete', 'restore']) }),
			z.strictObject({ type: z.literal('update'), patch: anyFields })
		],
		'Choose complete, reopen, delete, restore or update.'
	)
});

export const parse = z.strictObject({
	text: z.string({ error: 'Enter a task.' }).max(2000, 'Use at most 2,000 characters.')
});

/** With an id of the caller's own, asking again after a lost answer makes no second task. */
export const quickAdd = z.strictObject({ ...parse.shape, id: id.optional() });

export const stats = z.strictObject({
	days: z
		.int('Use a whole number from 1 to 400.')
		.min(1, 'Use a whole number from 1 to 400.')
		.max(400, 'Use a whole number from 1 to 400.')
});
