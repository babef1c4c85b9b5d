import { z } from 'zod';
import { id, version } from './rows';
import { line } from './text';

const color = z
	.string({ error: 'Choose a colour.' })
	.regex(/^([a-z]{3,20}|#[0-9a-f]{6})$/i, 'Use the name of a colour, or one such as #0a84ff.')
	.toLowerCase();

export const createProject = z.strictObject({
	id: id.optional(),
	name: line('a name', 100),
	color: color.default('grey')
});

export const updateProject = z.strictObject({
	id,
	version: version.optional(),
	name: line('a name', 100).optional(),
	color: color.optional()
});

export const archiveProject = z.strictObject({ id, archived: z.boolean('This must be true or false.') });

export const moveProject = z.strictObject({ id, after: id.nullable() });
