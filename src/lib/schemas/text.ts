import { z } from 'zod';

/** Counts what a person would call characters more closely than UTF-16 units do. */
const length = (text: string) => [...text].length;

/** Trimmed text of a bounded length, without the NUL that PostgreSQL can't store. */
export function line(name: string, max: number) {
	return z
		.string({ error: `Enter ${name}.` })
		.trim()
		.min(1, `Enter ${name}.`)
		.refine((text) => length(text) <= max, `Use at most ${max} characters.`)
		.refine((text) => !text.includes('\0'), 'Remove the invisible NUL character.');
}

export function prose(max: number) {
	return z
		.string({ error: 'This must be text.' })
		.refine((text) => length(text) <= max, `Use at most ${max.toLocaleString('en')} characters.`)
		.refine((text) => !text.includes('\0'), 'Remove the invisible NUL character.');
}
