import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseRule } from '../recurrence/rule';
import { due as dueSchema } from '../schemas/tasks';
import { parseDate, parseQuickAdd } from './quick-add';

const projects = [
	{ id: 'work', name: 'Work' },
	{ id: 'two', name: 'Two Words' }
];

// Words that mean something, words that nearly do, and what stands between them.
const fragments = [
	...[
		'Buy milk',
		'call Ann',
		'sun',
		'may',
		'second',
		'C#',
		'a@b.de',
		'https://x.y/#a',
		'p5',
		'10.5 kg',
		'1/2',
		'→',
		'🏠'
	],
	...[
		'today',
		'tomorrow',
		'tonight',
		'fri',
		'Sat',
		'next monday',
		'this weekend',
		'in 3 days',
		'in 2 hours',
		'27 feb'
	],
	...[
		'may 5',
		'2026-12-24',
		'24.12.',
		'24.12.2026',
		'the 15th',
		'end of month',
		'5pm',
		'17:30',
		'noon',
		'morning',
		'at 9'
	],
	...[
		'every',
		'every day',
		'every! 10 days',
		'every mon, fri',
		'every 2 weeks',
		'every 3rd friday',
		'every last day'
	],
	...[
		'every 15th',
		'weekly',
		'until',
		'until 24 dec',
		'for 5 times',
		'starting',
		'starting next monday',
		'on',
		'at',
		'by'
	],
	...[
		'due',
		'in',
		'the',
		'last',
		'except',
		'#work',
		'#"two words"',
		'#nothing',
		'@home',
		'@büro',
		'@',
		'#',
		'p1',
		'P4'
	],
	...['-', '–', 'to', 'or', 'and', ',', ';', '.', '!', '(', ')', "'", '1', '99', '']
];
const marks = ['\\', '"', "'", '“', '”', '\\tomorrow', '\\#work', '"two'];

const gaps = fc.constantFrom(' ', ' ', ' ', ' ', '  ', '\t', '\u00a0', '', ', ', '\n');
const lineOf = (words: string[]) =>
	fc
		.array(fc.tuple(fc.constantFrom(...words), gaps), { maxLength: 12 })
		.map((pairs) => pairs.map(([word, gap]) => word + gap).join(''));

const plainLine = lineOf(fragments);
const anyLine = fc.oneof(
	lineOf([...fragments, ...marks]),
	fc.string({ unit: 'grapheme', maxLength: 200 }),
	fc.string({ unit: 'binary', maxLength: 200 }),
	fc
		.array(fc.oneof(lineOf(fragments), fc.string({ unit: 'binary', maxLength: 9 })), { maxLength: 6 })
		.map((all) => all.join(' '))
);

const anyContext = fc.record({
	now: fc.date({ min: new Date('1999-01-01'), max: new Date('2097-01-01'), noInvalidDate: true }),
	timezone: fc.constantFrom(
		'UTC',
		'Europe/Berlin',
		'Asia/Kathmandu',
		'America/New_York',
		'Pacific/Apia',
		'Pacific/Kiritimati'
	),
	projects: fc.constant(projects)
});

const collapse = (text: string) => text.replace(/\s+/g, ' ').trim();
const isMark = (char: string) => /[\\"'“”„‘’«»]/.test(char);

test('spans are sorted, apart and in the text', () => {
	fc.assert(
		fc.property(anyLine, anyContext, (text, context) => {
			let end = 0;
			for (const span of parseQuickAdd(text, context).spans) {
				expect(span.start).toBeGreaterThanOrEqual(end);
				expect(span.end).toBeGreaterThan(span.start);
				({ end } = span);
			}
			expect(end).toBeLessThanOrEqual(text.length);
		}),
		{ numRuns: 3000 }
	);
});

test('every character is in a span, in the title, a space, or a mark that keeps something text', () => {
	fc.assert(
		fc.property(anyLine, anyContext, (text, context) => {
			const { draft, spans } = parseQuickAdd(text, context);
			let rest = text;
			for (const { start, end } of [...spans].reverse()) rest = rest.slice(0, start) + rest.slice(end);
			const title = draft.title.replace(/\s/g, '');
			let taken = 0;
			for (const char of rest.replace(/\s/g, '').split('')) {
				if (char === title[taken]) taken++;
				else expect(isMark(char), `${char} of ${text}`).toBe(true);
			}
			expect(taken).toBe(title.length);
		}),
		{ numRuns: 3000 }
	);
});

test('a draft is what the API takes', () => {
	fc.assert(
		fc.property(anyLine, anyContext, (text, context) => {
			const { title, due, recurrence, labels = [] } = parseQuickAdd(text, context).draft;
			expect(title === '').toBe(text.trim() === '');
			expect(title).toBe(collapse(title));
			if (due) expect(dueSchema.safeParse(due).success).toBe(true);
			if (recurrence) expect(parseRule(recurrence.rule).ok, recurrence.rule).toBe(true);
			if (recurrence) expect(due).toBeDefined();
			expect(labels.every((label) => [...label].length >= 1 && [...label].length <= 50)).toBe(true);
		}),
		{ numRuns: 3000 }
	);
});

/** With a backslash before each token, until there is none. */
function escape(text: string, context: Parameters<typeof parseQuickAdd>[1]): string {
	for (let escaped = text; ;) {
		const [span] = parseQuickAdd(escaped, context).spans.reverse();
		if (!span) return escaped;
		const start = span.start + escaped.slice(span.start).search(/[^\s,;–—-]/);
		escaped = `${escaped.slice(0, start)}\\${escaped.slice(start)}`;
	}
}

test('a backslash before each token gives back the text', () => {
	fc.assert(
		fc.property(plainLine, anyContext, (text, context) => {
			// Quotes around a line do something else.
			fc.pre(!/^\s*'.*'\s*$/s.test(text));
			expect(parseQuickAdd(escape(text, context), context)).toEqual({
				draft: { title: collapse(text) },
				spans: []
			});
		}),
		{ numRuns: 3000 }
	);
});

test('quotes around it give back the title', () => {
	fc.assert(
		fc.property(anyLine, anyContext, (text, context) => {
			const { title } = parseQuickAdd(text, context).draft;
			fc.pre(title !== '' && !title.includes('"'));
			expect(parseQuickAdd(`"${title}"`, context)).toEqual({ draft: { title }, spans: [] });
		}),
		{ numRuns: 3000 }
	);
});

test('a single date is read the same in a title and alone', () => {
	const dates = [
		'today',
		'fri',
		'next monday',
		'in 3 days',
		'27 feb',
		'29 feb',
		'2026-12-24',
		'24.12.',
		'tomorrow 5pm',
		'noon'
	];
	fc.assert(
		fc.property(fc.constantFrom(...dates), anyContext, (date, context) => {
			expect(parseQuickAdd(`x ${date}`, context).draft.due).toEqual(parseDate(date, context));
		})
	);
});

describe('wherever the process runs', () => {
	afterEach(() => vi.unstubAllEnvs());

	test.each([
		['UTC', 0],
		['Asia/Kathmandu', -345],
		['America/New_York', 300],
		['Pacific/Apia', -780]
	])('%s', (zone, offset) => {
		fc.assert(
			fc.property(anyLine, anyContext, (text, context) => {
				vi.stubEnv('TZ', 'Europe/Berlin');
				const there = [parseQuickAdd(text, context), parseDate(text, context)];
				vi.stubEnv('TZ', zone);
				expect(new Date('2026-01-01').getTimezoneOffset()).toBe(offset);
				expect([parseQuickAdd(text, context), parseDate(text, context)]).toEqual(there);
			}),
			{ numRuns: 500 }
		);
	});
});

test('2,000 characters of anything are read before the next key', () => {
	const context = { now: new Date('2026-11-18T09:00:00Z'), timezone: 'Europe/Berlin', projects };
	for (const part of [
		...fragments,
		...marks,
		'fri ',
		'every mon, ',
		'1 may ',
		'#.',
		'@a ',
		'a ',
		'tomorrow or ',
		'🏠',
		'\\'
	]) {
		const line = part.length ? part.repeat(Math.ceil(2000 / part.length)).slice(0, 2000) : '';
		const spaced = part.length ? `${part} `.repeat(Math.ceil(2000 / (part.length + 1))).slice(0, 2000) : '';
		for (const text of [line, spaced, `every mon${' '.repeat(1900)}${part}`]) {
			const start = performance.now();
			parseQuickAdd(text, context);
			// Ten times what it takes, for a busy machine.
			expect(performance.now() - start, part).toBeLessThan(500);
		}
	}
});
