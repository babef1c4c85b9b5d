import { z } from 'zod';

export const id = z.uuid('This must be a UUID.').toLowerCase();

export const byId = z.strictObject({ id });

/** The version that the caller last saw: if there is a newer one, nothing is changed. */
export const version = z
	.int('This must be the version you last saw.')
	.positive('This must be the version you last saw.')
	.max(2 ** 31 - 1, 'This must be the version you last saw.');

/** How many rows of a list come at once. */
export const pageSize = z
	.int('Use a whole number from 1 to 200.')
	.min(1, 'Use a whole number from 1 to 200.')
	.max(200, 'Use a whole number from 1 to 200.')
	.default(50);
