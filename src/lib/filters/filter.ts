import { z } from 'zod';

/** Plenty for any list that a person wants, and too little to wear the parser or the database out. */
export const limits = { characters: 1000, depth: 50, terms: 100 };

// PostgreSQL can't store NUL, and names are stored without spaces around them.
const text = z
	.string()
	.refine((text) => text !== '' && text === text.trim(), 'This must be text without spaces around it.')
	.refine((text) => !text.includes('\0'), 'Remove the invisible NUL character.');

/** Such a word needs no quotes. */
export const isPlain = (word: string) => /^[^\s&|!()"]+$/.test(word);

/** More words than any date has, so that looking for its end is soon over. */
export const dateWords = 8;

const date = text.refine((text) => {
	const words = text.split(' ');
	return words.length <= dateWords && words.every(isPlain);
}, 'This must be a date.');

const term = z.discriminatedUnion('type', [
	z.strictObject({ type: z.literal(['today', 'overdue', 'no date']) }),
	// Kept as it was written: tomorrow, `tomorrow` is another day.
	z.strictObject({ type: z.literal(['due before', 'due after']), date }),
	z.strictObject({ type: z.literal('priority'), priority: z.literal([1, 2, 3, 4]) }),
	z.strictObject({ type: z.literal(['project', 'label']), name: text }),
	z.strictObject({ type: z.literal('search'), words: text })
]);

export type Term = z.infer<typeof term>;

export type Filter = { type: 'and' | 'or'; of: Filter[] } | { type: 'not'; of: Filter } | Term;

/**
 * A filter in its normal form: `and` and `or` hold at least two parts, and none of their own type. It has
 * no limits, which are the parser's: what comes from outside comes as text.
 */
export const filterSchema: z.ZodType<Filter> = z.lazy(() =>
	z.discriminatedUnion('type', [joined, negated, term])
);

const joined = z
	.strictObject({ type: z.literal(['and', 'or']), of: z.array(filterSchema).min(2) })
	.refine(({ type, of }) => of.every((part) => part.type !== type), 'Join these in one list.');

const negated = z.strictObject({ type: z.literal('not'), of: filterSchema });
