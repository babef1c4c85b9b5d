import { Buffer } from 'node:buffer';
import type { Filter } from '../../filters/filter';
import { formatDay, parseDay } from '../../recurrence/calendar';

/** The words of a search, taken apart as those of the tasks are. */
export const wordsOf = (search: string): string[] => search.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];

/** Around what was found: characters that nobody types, and that are taken out of the text before. */
export const marks = { start: '\u0002', end: '\u0003' };

const snippetLength = 160;

/** Puts the marks around what begins with one of the words; of notes only the surroundings of the first are kept. */
export function highlighter(words: string[]) {
	const begun = new RegExp(`(?<![\\p{L}\\p{N}\\p{M}])(?:${words.join('|')})[\\p{L}\\p{N}\\p{M}]*`, 'giu');
	const mark = (text: string) =>
		words.length === 0 ? text : text.replace(begun, `${marks.start}$&${marks.end}`);
	return ({ title, notes }: { title: string; notes: string }) => {
		const prose = clean(notes);
		const at = words.length === 0 ? -1 : prose.search(begun);
		return { title: mark(clean(title)), notes: at < 0 ? null : mark(around(prose, at)) };
	};
}

const clean = (text: string) => text.replaceAll(marks.start, '').replaceAll(marks.end, '');

function around(text: string, index: number): string {
	if (text.length <= snippetLength) return text;
	// From the beginning of a word on, a little before what was found.
	const from = index <= 40 ? 0 : text.indexOf(' ', index - 40) + 1 || index;
	const start = Math.min(from, index);
	const rest = text.slice(start);
	const cut = [...rest.slice(0, snippetLength * 2)].slice(0, snippetLength).join('');
	return `${start > 0 ? '… ' : ''}${cut}${cut.length < rest.length ? ' …' : ''}`;
}

/** What a cursor says: the list's order, and where in it the last page ended. */
export const writeCursor = (order: string, key: unknown[]): string =>
	Buffer.from(JSON.stringify([order, ...key])).toString('base64url');

export function readCursor(cursor: string, order: string): unknown[] | null {
	try {
		const [of, ...key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
		return of === order ? key : null;
	} catch {
		return null;
	}
}

/** What a list asks for, in the terms of the filter language. */
export function filtersOf(
	{ view, label, filter }: { view?: string; label?: string; filter?: Filter },
	today: string
): Filter[] {
	return [
		// One range, and not two joined by "or", is what an index can be read along.
		...(view === 'today' ? [{ type: 'due before', date: dayAfter(today) } as const] : []),
		...(view === 'upcoming' ? [{ type: 'due after', date: today } as const] : []),
		...(label === undefined ? [] : [{ type: 'label', name: label } as const]),
		...(filter === undefined ? [] : [filter])
	];
}

const dayAfter = (date: string): string => formatDay((parseDay(date) ?? 0) + 1);
