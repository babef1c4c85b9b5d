import { z } from 'zod';
import { id } from './rows';
import { line } from './text';

/** Judged by the filter language itself, its length too, which says where it stopped making sense. */
export const filterText = z.string({ error: 'Enter a filter such as today & p1.' });

export const createFilter = z.strictObject({
	id: id.optional(),
	name: line('a name', 100),
	query: filterText
});

export const updateFilter = z.strictObject({
	id,
	name: line('a name', 100).optional(),
	query: filterText.optional()
});
