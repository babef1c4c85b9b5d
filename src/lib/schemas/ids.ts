import { z } from 'zod';

export const id = z.uuid('This must be a UUID.').toLowerCase();

export const byId = z.strictObject({ id });

/** The version that the caller last saw: if there is a newer one, nothing is changed. */
export const version = z
	.int('This must be the version you last saw.')
	.positive('This must be the version you last saw.')
	.max(2 ** 31 - 1, 'This must be the version you last saw.');
