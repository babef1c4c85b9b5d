import { z } from 'zod';
import { code, newPassword, timezone } from './auth';
import { pageSize } from './rows';
import { line } from './text';

/** Sensitive changes ask for the password again. Missing is an answer of its own, so it is optional here. */
export const currentPassword = z
	.string({ error: 'Enter your current password.' })
	.max(1000, 'That is longer than any password here.')
	.optional();

export const reauth = z.strictObject({ currentPassword }).prefault({});

export const updateProfile = z.strictObject({
	name: line('your name', 100).nullable().optional(),
	timezone: timezone.optional()
});

export const changePassword = z.strictObject({ currentPassword, newPassword });

export const listEvents = z
	.strictObject({
		cursor: z.string().max(200, 'That is not a cursor of this list.').optional(),
		limit: pageSize
	})
	.prefault({});

export const eventStats = z.strictObject({
	days: z
		.int('Use a whole number from 1 to 400.')
		.min(1, 'Use a whole number from 1 to 400.')
		.max(400, 'Use a whole number from 1 to 400.')
});

export const confirmTwoFactor = z.strictObject({ code });

export const createToken = z.strictObject({
	currentPassword,
	name: line('a name for this token', 100),
	scopes: z
		.array(
			z.enum(['tasks:read', 'tasks:write'], 'Choose tasks:read, tasks:write or both.'),
			'Choose tasks:read, tasks:write or both.'
		)
		.min(1, 'Choose tasks:read, tasks:write or both.')
		.transform((scopes) => [...new Set(scopes)]),
	expiresInDays: z
		.int('Use a whole number of days from 1 to 3650.')
		.min(1, 'Use a whole number of days from 1 to 3650.')
		.max(3650, 'Use a whole number of days from 1 to 3650.')
});
