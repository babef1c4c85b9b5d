import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filterSchema, limits, type Filter, type Term } from './filter';
import { parseFilter } from './parse';
import { printFilter } from './print';

const and = (...of: Filter[]): Filter => ({ type: 'and', of });
const or = (...of: Filter[]): Filter => ({ type: 'or', of });
const not = (of: Filter): Filter => ({ type: 'not', of });
const today: Filter = { type: 'today' };
const overdue: Filter = { type: 'overdue' };
const noDate: Filter = { type: 'no date' };
const before = (date: string): Filter => ({ type: 'due before', date });
const after = (date: string): Filter => ({ type: 'due after', date });
const [p1, p2, p3, p4] = ([1, 2, 3, 4] as const).map((priority): Filter => ({ type: 'priority', priority }));
const project = (name: string): Filter => ({ type: 'project', name });
const label = (name: string): Filter => ({ type: 'label', name });
const search = (words: string): Filter => ({ type: 'search', words });

const isDate = (text: string) =>
	/^(\d{4}-\d\d-\d\d|today|tomorrow|next monday|in 3 days|in 3 days' time)$/i.test(text);

const valid: [text: string, filter: Filter, canonical?: string][] = [
	['today', today],
	['overdue', overdue],
	['no date', noDate],
	['TODAY', today, 'today'],
	['No Date', noDate, 'no date'],
	[' \t today \n', today, 'today'],
	['no \t  date', noDate, 'no date'],
	['p1', p1!],
	['p2', p2!],
	['p3', p3!],
	['P4', p4!, 'p4'],

	['due before: 2026-12-24', before('2026-12-24')],
	['due after: 2028-02-29', after('2028-02-29')],
	['due before:2026-12-24', before('2026-12-24'), 'due before: 2026-12-24'],
	['Due  Before :  2026-12-24 ', before('2026-12-24'), 'due before: 2026-12-24'],
	['due before: tomorrow', before('tomorrow')],
	['due before: Tomorrow', before('Tomorrow')],
	['due before: today', before('today')],
	['due after: next monday', after('next monday')],
	['due after: next \t monday|p1', or(after('next monday'), p1!), 'due after: next monday | p1'],
	["due before: in 3 days' time & p1", and(before("in 3 days' time"), p1!)],
	['(due before: in 3 days)', before('in 3 days'), 'due before: in 3 days'],

	['#work', project('work')],
	['@home', label('home')],
	['#Straße', project('Straße')],
	['@買い物', label('買い物')],
	['#🎄', project('🎄')],
	['#today', project('today')],
	['#a#b@c', project('a#b@c')],
	['##', project('#')],
	['@next:week', label('next:week')],
	['#c:\\temp', project('c:\\temp')],
	['#"two words"', project('two words')],
	['@"two words"', label('two words')],
	['#"one"', project('one'), '#one'],
	['#"  two  words "', project('two  words'), '#"two  words"'],
	['#"R&D"', project('R&D')],
	['@"wow!"', label('wow!')],
	['#"(a | b)"', project('(a | b)')],
	['@"say \\"hi\\""', label('say "hi"')],
	['#"a\\\\ b"', project('a\\ b')],
	['#"a\\b"', project('ab'), '#ab'],
	['#"two\nlines"', project('two\nlines')],
	['#work&@home', and(project('work'), label('home')), '#work & @home'],

	['search: milk', search('milk')],
	['search:milk', search('milk'), 'search: milk'],
	['SEARCH :  oat \t milk ', search('oat milk'), 'search: oat milk'],
	['search: "oat milk"', search('oat milk'), 'search: oat milk'],
	['search: "salt & pepper"', search('salt & pepper')],
	['search: "oat  milk"', search('oat  milk')],
	['search: "5\\" nails"', search('5" nails')],
	['search: p1 today #work @home', search('p1 today #work @home')],
	['search: search: due before: x', search('search: due before: x')],
	['search: milk & p1', and(search('milk'), p1!)],
	['search: oat milk|p1', or(search('oat milk'), p1!), 'search: oat milk | p1'],
	['(search: milk)', search('milk'), 'search: milk'],
	['!search: oat milk', not(search('oat milk'))],

	['today & p1', and(today, p1!)],
	['today|overdue', or(today, overdue), 'today | overdue'],
	['today & p1 & @home', and(today, p1!, label('home'))],
	['today | p1 | @home', or(today, p1!, label('home'))],
	['today & p1 | overdue', or(and(today, p1!), overdue)],
	['today | p1 & overdue', or(today, and(p1!, overdue))],
	['(today | p1) & overdue', and(or(today, p1!), overdue)],
	['(today & p1) | overdue', or(and(today, p1!), overdue), 'today & p1 | overdue'],
	['(today & p1) & overdue', and(today, p1!, overdue), 'today & p1 & overdue'],
	['today | (p1 | (p2 | p3))', or(today, p1!, p2!, p3!), 'today | p1 | p2 | p3'],
	['(today | p1) & (overdue | p2)', and(or(today, p1!), or(overdue, p2!))],
	['((today))', today, 'today'],
	['!today', not(today)],
	['! today', not(today), '!today'],
	['!!today', not(not(today))],
	['!(today)', not(today), '!today'],
	['!today & p1', and(not(today), p1!)],
	['!(today & p1)', not(and(today, p1!))],
	['!(today | p1) & !#work', and(not(or(today, p1!)), not(project('work')))],
	['!(!(today & p1))', not(not(and(today, p1!))), '!!(today & p1)'],
	['no date&!p4', and(noDate, not(p4!)), 'no date & !p4']
];

describe('a filter', () => {
	test.each(valid)('%j', (text, filter, canonical = text) => {
		expect(parseFilter(text, isDate)).toEqual({ ok: true, filter });
		expect(printFilter(filter)).toBe(canonical);
		expect(parseFilter(canonical, isDate)).toEqual({ ok: true, filter });
		expect(filterSchema.parse(filter)).toEqual(filter);
	});
});

const aTerm =
	'Write a term such as today, no date, due before: 2026-12-24, p1, #project, @label or search: words';
const aDate = 'Write a date such as 2026-12-24';
const anOperator = 'Write & or | before this';
const nameOrOperator = 'Write & or | before this, or put the name in quotes';
const wordsOrOperator = 'Write & or | before this, or put the words to search for in quotes';
const noParenthesis = 'Remove this parenthesis, or open one before it';

const invalid: [text: string, offset: number, advice: string][] = [
	['', 0, aTerm],
	['   ', 3, aTerm],
	['milk', 0, aTerm],
	['  milk & today', 2, aTerm],
	['"today"', 0, aTerm],
	[':', 0, aTerm],
	['2026-12-24', 0, aTerm],
	['todayish', 0, aTerm],
	['tod', 3, 'Write today'],
	['tod ', 0, aTerm],
	['tod & p1', 0, aTerm],
	['p', 1, 'Write p1, p2, p3 or p4'],
	['p0', 0, aTerm],
	['p5', 0, aTerm],
	['p11', 0, aTerm],
	['today & P5', 8, aTerm],

	['n', 1, 'Write no date'],
	['no', 2, 'Write no date'],
	['no da', 5, 'Write no date'],
	['no & today', 3, 'Write no date'],
	['no dates', 3, 'Write no date'],
	['nodate', 0, aTerm],
	['due', 3, 'Write due before: or due after:'],
	['due: 2026-12-24', 3, 'Write due before: or due after:'],
	['due on: 2026-12-24', 4, 'Write due before: or due after:'],
	['due be', 6, 'Write due before:'],
	['due before', 10, 'Write due before:'],
	['due before 2026-12-24', 11, 'Write due before:'],
	['due before:', 11, aDate],
	['due before: ', 12, aDate],
	['due before: & p1', 12, aDate],
	['due before: banana', 12, aDate],
	['due before: 2026-02-29x', 12, aDate],
	['due before: "tomorrow"', 12, aDate],
	['due after: day one two three four five six seven tomorrow', 11, aDate],
	['due before: tomorrow p1', 21, anOperator],
	['due before: in 3 days (p1)', 22, anOperator],

	['#', 1, 'Write a name right after this sign'],
	['# work', 1, 'Write a name right after this sign'],
	['@&', 1, 'Write a name right after this sign'],
	['#""', 2, 'Write a name between the quotes'],
	['@"  "', 4, 'Write a name between the quotes'],
	['#"two words', 11, 'Close the quotes opened at 1'],
	['p1 & #"two words & today', 24, 'Close the quotes opened at 6'],
	['@"\\"', 4, 'Close the quotes opened at 1'],
	['#two words', 5, nameOrOperator],
	['#work @home', 6, nameOrOperator],
	['@wow!', 4, nameOrOperator],
	['#a"b"', 2, nameOrOperator],
	['#"a"b', 4, anOperator],
	['#R(D)', 2, nameOrOperator],

	['search', 6, 'Write search:'],
	['search milk', 7, 'Write search:'],
	['search:', 7, 'Write the words to search for'],
	['search: | p1', 8, 'Write the words to search for'],
	['search: ""', 9, 'Write the words to search for between the quotes'],
	['search: "milk', 13, 'Close the quotes opened at 8'],
	['search: oat "milk"', 12, wordsOrOperator],
	['search: "oat" milk', 14, anOperator],
	['search: what now!', 16, wordsOrOperator],

	['&', 0, aTerm],
	['!', 1, aTerm],
	['today &', 7, aTerm],
	['today |  ', 9, aTerm],
	['today & & p1', 8, aTerm],
	['today || p1', 7, aTerm],
	['today & !', 9, aTerm],
	['today p1', 6, anOperator],
	['today and p1', 6, anOperator],
	['today #work', 6, anOperator],
	['today#work', 5, anOperator],
	['today!', 5, anOperator],
	['today (p1)', 6, anOperator],
	['(today) p1', 8, anOperator],
	['(today p1)', 7, anOperator],

	['(', 1, aTerm],
	['()', 1, aTerm],
	[')', 0, aTerm],
	['(today', 6, 'Close the parenthesis opened at 0'],
	['p1 & (today | (p2)', 18, 'Close the parenthesis opened at 5'],
	['(#work & (p1 | p2 ', 18, 'Close the parenthesis opened at 9'],
	['today)', 5, noParenthesis],
	['(today))', 7, noParenthesis],
	['(today & )', 9, aTerm],

	['today & \0', 8, 'Remove the invisible NUL character'],
	['#"a\0b"', 3, 'Remove the invisible NUL character']
];

describe('no filter', () => {
	test.each(invalid)('%j', (text, offset, advice) => {
		expect(parseFilter(text, isDate)).toEqual({ ok: false, message: `${advice} (at ${offset})`, offset });
	});

	test.each(['2026-02-29', '2026-13-01', '0000-01-01', '26-12-24', '2026-12-24T10:00', 'tomorrow'])(
		'%s is no date where nobody says so',
		(date) => {
			expect(parseFilter(`due before: ${date}`)).toMatchObject({ ok: false, offset: 12 });
		}
	);
});

describe('the limits', () => {
	const terms = (count: number) => Array(count).fill('p1').join('&');
	const { characters, depth } = limits;

	test.each([
		['characters', '#'.padEnd(characters, 'x')],
		['spaces', ' '.repeat(characters - 5) + 'today'],
		['terms', terms(limits.terms)],
		['exclamation marks', '!'.repeat(depth) + 'today'],
		['parentheses', '('.repeat(depth) + 'today' + ')'.repeat(depth)],
		[
			'parentheses side by side',
			Array(depth + 1)
				.fill('(p1)')
				.join('|')
		]
	])('can be reached in %s', (_, text) => {
		expect(parseFilter(text).ok).toBe(true);
	});

	test.each([
		['#'.padEnd(characters + 1, 'x'), characters, 'Use at most 1,000 characters'],
		['('.repeat(100_000), characters, 'Use at most 1,000 characters'],
		[terms(limits.terms + 1), 300, 'Use at most 100 terms'],
		['('.repeat(depth + 1), depth, 'Nest at most 50 deep'],
		['!'.repeat(characters), depth, 'Nest at most 50 deep'],
		['(!'.repeat(26) + 'p1' + ')'.repeat(26), depth, 'Nest at most 50 deep'],
		['p1&#'.padEnd(characters, 'x'), characters, 'Use at most 1,000 characters']
	])('cannot be passed (%#)', (text, offset, advice) => {
		expect(parseFilter(text)).toEqual({ ok: false, message: `${advice} (at ${offset})`, offset });
	});

	test('hold back whoever asks for dates all over', () => {
		let asked = 0;
		parseFilter(`due before: ${'a '.repeat(490)}`, () => ++asked < 0);
		expect(asked).toBe(8);
	});
});

test.each<[string, unknown]>([
	['an empty conjunction', { type: 'and', of: [] }],
	['a conjunction of one', { type: 'and', of: [today] }],
	['a conjunction in a conjunction', and(and(today, p1!), p2!)],
	['an unknown type', { type: 'someday' }],
	['an additional field', { type: 'today', date: '2026-12-24' }],
	['a fifth priority', { type: 'priority', priority: 5 }],
	['a name of spaces', project(' ')],
	['a name with NUL', label('a\0b')],
	['a date with an operator', before('today & p1')],
	['what is wrong further in', not(or(today, search('')))]
])('%s is no tree of a filter', (_, tree) => {
	expect(filterSchema.safeParse(tree).success).toBe(false);
});

const anyDate = () => true;
const text = fc
	.string({
		unit: fc.oneof(
			fc.constantFrom(' ', '&', '|', '!', '(', ')', '"', '\\', '#', '@', ':', 'a'),
			fc.string({ unit: 'binary', maxLength: 1 })
		)
	})
	.map((text) => text.replaceAll('\0', '').trim())
	.filter((text) => text !== '');
const flag = fc.constantFrom<Term>({ type: 'today' }, { type: 'overdue' }, { type: 'no date' });
const priority = fc.record({ type: fc.constant('priority'), priority: fc.constantFrom(1, 2, 3, 4) });
const term = fc.oneof(
	flag,
	priority,
	fc.record({
		type: fc.constantFrom('due before', 'due after'),
		date: fc.constantFrom('2026-12-24', 'tomorrow', 'next monday', "in 3 days' time")
	}),
	fc.record({ type: fc.constantFrom('project', 'label'), name: text }),
	fc.record({ type: fc.constant('search'), words: text })
);

/** Trees in normal form that are short enough to be written. */
const treesOf = (term: fc.Arbitrary<Term>) =>
	fc
		.letrec<{ any: Filter; and: Filter; or: Filter; not: Filter; term: Term }>((tie) => {
			const joined = (type: 'and' | 'or', other: 'and' | 'or') =>
				fc.record({
					type: fc.constant(type),
					of: fc.array(fc.oneof({ maxDepth: 4 }, tie('term'), tie('not'), tie(other)), {
						minLength: 2,
						maxLength: 4
					})
				});
			return {
				any: fc.oneof({ maxDepth: 4 }, tie('term'), tie('not'), tie('and'), tie('or')),
				and: joined('and', 'or'),
				or: joined('or', 'and'),
				not: fc.record({ type: fc.constant('not'), of: tie('any') }),
				term
			};
		})
		.any.filter((filter) => printFilter(filter).length <= limits.characters);

const signs = ['&', '|', '!', '(', ')', ' ', '"', '\\', '#', '@', ':', 'x', 'due', 'no', 'search:'];
const tokens = fc
	.array(fc.oneof(fc.constantFrom(...valid.map(([text]) => text)), fc.constantFrom(...signs)))
	.map((parts) => parts.join(''));

describe('whatever the filter', () => {
	const runs = { numRuns: 200 };

	test('what is printed is read as the same', () => {
		fc.assert(
			fc.property(treesOf(term), (filter) => {
				expect(filterSchema.parse(filter)).toEqual(filter);
				expect(parseFilter(printFilter(filter), anyDate)).toEqual({ ok: true, filter });
			}),
			runs
		);
	});

	test('what is read is printed in a way that stays', () => {
		fc.assert(
			fc.property(tokens, (text) => {
				const parsed = parseFilter(text, isDate);
				fc.pre(parsed.ok);
				const { filter } = parsed;
				expect(filterSchema.parse(filter)).toEqual(filter);
				expect(parseFilter(printFilter(filter), isDate)).toEqual(parsed);
			}),
			runs
		);
	});

	test('each parenthesis is needed', () => {
		fc.assert(
			fc.property(treesOf(fc.oneof(flag, priority)), (filter) => {
				const text = printFilter(filter);
				const opened: number[] = [];
				for (const { 0: parenthesis, index } of text.matchAll(/[()]/g)) {
					if (parenthesis === '(') opened.push(index);
					else {
						const start = opened.pop()!;
						const without = text.slice(0, start) + text.slice(start + 1, index) + text.slice(index + 1);
						expect(parseFilter(without)).not.toEqual({ ok: true, filter });
					}
				}
			}),
			runs
		);
	});

	test('a text that stops too early is missing something at its end', () => {
		const texts = fc.oneof(treesOf(term).map(printFilter), fc.constantFrom(...valid.map(([text]) => text)));
		fc.assert(
			fc.property(texts, (text) => {
				for (let end = 0; end < text.length; end++) {
					const parsed = parseFilter(text.slice(0, end), anyDate);
					if (!parsed.ok && parsed.offset !== end) expect.fail(`${parsed.message} and not at ${end}`);
				}
			}),
			{ numRuns: 50 }
		);
	});

	test('any text is answered, with a place inside it', () => {
		fc.assert(
			fc.property(fc.oneof(tokens, fc.string({ unit: 'binary', maxLength: 1200 })), (text) => {
				const parsed = parseFilter(text, isDate);
				if (parsed.ok) return;
				expect(parsed.offset).toBeGreaterThanOrEqual(0);
				expect(parsed.offset).toBeLessThanOrEqual(text.length);
				expect(parsed.message).toMatch(/^[A-Z][^\n]+[^.] \(at \d+\)$/);
				expect(parsed.message.endsWith(` (at ${parsed.offset})`)).toBe(true);
			}),
			runs
		);
	});
});
