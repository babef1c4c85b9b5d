import { formatDay, parseDay } from './calendar';
import { isPossible } from './occurrences';

const frequencies = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
const weekdayCodes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;

/** An RFC 5545 RRULE without DTSTART. Lists are sorted and name nothing twice; an empty one was not given. */
export type Rule = {
	frequency: (typeof frequencies)[number];
	interval: number;
	months: number[];
	/** Negative ones count from the end of the month. */
	monthDays: number[];
	/** 0 is Monday; `nth` is which of them in the month or year, from its end if negative, or null for all. */
	weekdays: { weekday: number; nth: number | null }[];
	positions: number[];
	/** The weekday that weeks begin on, which decides what "every 2 weeks" takes for one week. */
	weekStart: number;
	count: number | null;
	/** The last date it may fall on. */
	until: string | null;
};

export type ParsedRule = { ok: true; rule: Rule } | { ok: false; message: string };

/** The longest sensible rules, with a list of every day of a month, have less than half of it. */
const maxLength = 500;

const refuse = (message: string): ParsedRule => ({ ok: false, message });

export function parseRule(text: string): ParsedRule {
	if (text.length > maxLength) return refuse(`Use a rule of at most ${maxLength} characters.`);
	const trimmed = text.trim().toUpperCase();
	if (!trimmed) return refuse('Enter a rule such as FREQ=WEEKLY;BYDAY=MO.');
	if (trimmed.includes('DTSTART')) return refuse('Leave out DTSTART: the due date takes its place.');
	if (/[\r\n]/.test(trimmed)) return refuse('Write the rule on one line.');
	if (/^[A-Z-]+:/.test(trimmed)) return refuse('Leave out what is before the colon.');

	const rule: Rule = {
		frequency: 'DAILY',
		interval: 1,
		months: [],
		monthDays: [],
		weekdays: [],
		positions: [],
		weekStart: 0,
		count: null,
		until: null
	};
	const seen = new Set<string>();
	for (const part of trimmed.split(';')) {
		const [, name, value] = /^([A-Z-]+)=(.*)$/.exec(part) ?? [];
		if (name === undefined || value === undefined) {
			return refuse('Write a rule as NAME=VALUE parts with a semicolon between them.');
		}
		const read = readers.get(name);
		if (!read) return refuse(`${name.slice(0, 20)} is not supported. Use ${[...readers.keys()].join(', ')}.`);
		if (seen.has(name)) return refuse(`${name} is given twice.`);
		seen.add(name);
		const complaint = read(value, rule);
		if (complaint !== null) return refuse(complaint);
	}
	if (!seen.has('FREQ')) return refuse(`FREQ is missing. ${useFrequency}`);
	const complaint = contradictionIn(rule);
	return complaint === null ? { ok: true, rule } : refuse(complaint);
}

/** The rule as one would write it: nothing that goes without saying, in one order. Reads back as the same rule. */
export function printRule(rule: Rule): string {
	const weekdays = rule.weekdays.map(({ weekday, nth }) => `${nth ?? ''}${weekdayCodes[weekday] ?? ''}`);
	return [
		`FREQ=${rule.frequency}`,
		rule.interval !== 1 && `INTERVAL=${rule.interval}`,
		rule.months.length && `BYMONTH=${rule.months.join(',')}`,
		rule.monthDays.length && `BYMONTHDAY=${rule.monthDays.join(',')}`,
		weekdays.length && `BYDAY=${weekdays.join(',')}`,
		rule.positions.length && `BYSETPOS=${rule.positions.join(',')}`,
		rule.weekStart !== 0 && `WKST=${weekdayCodes[rule.weekStart] ?? ''}`,
		rule.count !== null && `COUNT=${rule.count}`,
		rule.until !== null && `UNTIL=${rule.until.replaceAll('-', '')}`
	]
		.filter(Boolean)
		.join(';');
}

/** Takes one part's value into the rule, or says what is wrong with it. */
type Reader = (value: string, rule: Rule) => string | null;

const useFrequency = 'Use FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.';

const readers = new Map<string, Reader>([
	[
		'FREQ',
		(value, rule) => {
			const frequency = frequencies.find((known) => known === value);
			if (!frequency) return useFrequency;
			rule.frequency = frequency;
			return null;
		}
	],
	[
		'INTERVAL',
		(value, rule) => {
			rule.interval = readNatural(value);
			return rule.interval ? null : wrongNatural('INTERVAL');
		}
	],
	[
		'BYMONTH',
		(value, rule) => {
			rule.months = readNumbers(value, 12);
			const right = rule.months.length && rule.months.every((month) => month > 0);
			return right ? null : 'BYMONTH takes months from 1 to 12.';
		}
	],
	[
		'BYMONTHDAY',
		(value, rule) => {
			rule.monthDays = readNumbers(value, 31);
			return rule.monthDays.length ? null : 'BYMONTHDAY takes days from 1 to 31, or -1 to -31 from the end.';
		}
	],
	[
		'BYDAY',
		(value, rule) => {
			const weekdays = value.split(',').map(readWeekday);
			rule.weekdays = weekdays.filter((weekday) => weekday !== null).sort(byNthThenWeekday);
			rule.weekdays = rule.weekdays.filter(
				(weekday, index, all) => index === 0 || byNthThenWeekday(weekday, all[index - 1]) !== 0
			);
			return weekdays.includes(null) ? 'BYDAY takes weekdays such as MO, 3FR or -1SU.' : null;
		}
	],
	[
		'BYSETPOS',
		(value, rule) => {
			rule.positions = readNumbers(value, 366);
			return rule.positions.length
				? null
				: 'BYSETPOS takes numbers from 1 to 366, or -1 to -366 from the end.';
		}
	],
	[
		'COUNT',
		(value, rule) => {
			rule.count = readNatural(value);
			return rule.count ? null : wrongNatural('COUNT');
		}
	],
	[
		'UNTIL',
		(value, rule) => {
			rule.until = readUntil(value);
			return rule.until === null ? 'UNTIL takes a date such as 20261224.' : null;
		}
	],
	[
		'WKST',
		(value, rule) => {
			rule.weekStart = weekdayCodes.findIndex((code) => code === value);
			return rule.weekStart < 0 ? 'WKST takes one weekday such as MO.' : null;
		}
	]
]);

const wrongNatural = (name: string) => `${name} takes a whole number from 1 to 999999999.`;

/** 0 for whatever isn't a whole number above it. */
const readNatural = (value: string) => (/^\d{1,9}$/.test(value) ? Number(value) : 0);

/** Whole numbers from `-max` to `max` without 0, in the order they come in a month; none if one is wrong. */
function readNumbers(value: string, max: number): number[] {
	const texts = value.split(',');
	const numbers = texts.filter((text) => /^[+-]?\d{1,3}$/.test(text)).map(Number);
	const right = numbers.filter((number) => number !== 0 && Math.abs(number) <= max);
	if (right.length < texts.length) return [];
	return [...new Set(right)].sort((a, b) => place(a) - place(b));
}

/** From the end comes after from the start. */
const place = (number: number) => (number < 0 ? number + 1000 : number);

function readWeekday(text: string): Rule['weekdays'][number] | null {
	const [, nth, code] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(text) ?? [];
	const weekday = weekdayCodes.findIndex((known) => known === code);
	if (weekday < 0 || (nth !== undefined && Number(nth) === 0)) return null;
	return { weekday, nth: nth === undefined ? null : Number(nth) };
}

function byNthThenWeekday(a: Rule['weekdays'][number], b?: Rule['weekdays'][number]): number {
	return b ? place(a.nth ?? 0) - place(b.nth ?? 0) || a.weekday - b.weekday : 1;
}

/**
 * The date alone. A task is due on a date of the user's calendar, which has no instants to compare, and
 * whoever writes UNTIL=20261224T235959Z means that day.
 */
function readUntil(value: string): string | null {
	const match = /^(\d{4})(\d\d)(\d\d)(T([01]\d|2[0-3])[0-5]\d([0-5]\d|60)Z?)?$/.exec(value);
	if (!match) return null;
	const day = parseDay(match.slice(1, 4).join('-'));
	return day === null ? null : formatDay(day);
}

/** What RFC 5545 forbids of parts that are each right alone, and rules that no date satisfies. */
function contradictionIn(rule: Rule): string | null {
	const { frequency, months, monthDays, weekdays, positions } = rule;
	if (rule.count !== null && rule.until !== null) return 'Use either COUNT or UNTIL.';
	if (frequency === 'WEEKLY' && monthDays.length) return 'BYMONTHDAY does not go with FREQ=WEEKLY.';
	if (positions.length && !months.length && !monthDays.length && !weekdays.length) {
		return 'BYSETPOS needs BYDAY, BYMONTHDAY or BYMONTH to choose from.';
	}
	const most = Math.max(0, ...weekdays.map(({ nth }) => Math.abs(nth ?? 0)));
	if (most && (frequency === 'DAILY' || frequency === 'WEEKLY')) {
		return `BYDAY takes no numbers with FREQ=${frequency}.`;
	}
	if (most > 5 && (frequency === 'MONTHLY' || months.length)) return 'No month has more than 5 of a weekday.';
	if (most > 53) return 'No year has more than 53 of a weekday.';
	if (isPossible(rule)) return null;

	if (positions.length) return 'No date ever fits this rule: BYSETPOS asks for more dates than there are.';
	if (!weekdays.length) return 'No date ever fits this rule: none of its months has such a day.';
	return 'No date ever fits this rule.';
}
