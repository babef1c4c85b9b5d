import { firstDate } from '../recurrence/next-date';
import { formatDay, monthLength, parseDay, type Day } from '../recurrence/calendar';
import {
	closesAt,
	endsAt,
	matchAt,
	number,
	partOfDay,
	readNumber,
	readPartOfDay,
	readWeekday,
	weekday,
	weekdayCodes
} from './text';
import type { Clock } from './clock';
import { addMonths, matchDay, matchMonthDate } from './days';
import { matchTimeAfter, resolveWhen, type When } from './when';

type Parts = {
	freq: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
	interval?: number;
	days?: string[];
	monthDays?: number[];
	month?: number;
	position?: number[];
};

type Body = { end: number; parts: Parts; minute?: number | null; needsClose?: boolean };

type Limit = { count: number } | { until: Pick<When, 'day' | 'minute'> } | { lasts: (from: Day) => Day };

export type RecurrenceMatch = {
	end: number;
	basis: 'schedule' | 'completion';
	parts: Parts;
	minute: number | null;
	start: Pick<When, 'day' | 'minute'> | null;
	limit: Limit | null;
};

const weekdayWord = `(?:${weekday})(?!\\w)`;
const ordinalWords = ['first', 'second', 'third', 'fourth', 'fifth'];
const ordinal = `\\d{1,2}(?:st|nd|rd|th)|${ordinalWords.join('|')}`;
const separator = '(?:\\s*[,/&]\\s*(?:and\\s+)?|\\s+and\\s+|\\s+)';
const ofMonth = '(?:\\s+of\\s+(?:the|every|each)\\s+month)';

const workdays = ['MO', 'TU', 'WE', 'TH', 'FR'];

function readOrdinal(text: string): number {
	const word = ordinalWords.indexOf(text.toLowerCase());
	return word === -1 ? Number.parseInt(text) : word + 1;
}

const inOrder = (numbers: number[]) => [...new Set(numbers)].sort((a, b) => a - b);

const findAll = (pattern: string, text: string) => text.match(new RegExp(pattern, 'gi')) ?? [];

// Canonical rules name the weekdays from Monday on.
function weekdaysIn(text: string): string[] {
	const named = inOrder(findAll(weekdayWord, text).map(readWeekday));
	if (!/-|–|\s(?:to|through)\s/i.test(text)) return named.map((day) => weekdayCodes[day] ?? '');
	const [from = 0, to = 0] = findAll(weekdayWord, text).map(readWeekday);
	return weekdayCodes.filter((_, day) => (from <= to ? from <= day && day <= to : day >= from || day <= to));
}

// ---- what comes behind "every" ----

const weekdayList = `${weekdayWord}(?:${separator}${weekdayWord})*`;
const weekdayRange = `${weekdayWord}\\s*(?:-|–|\\sto\\s|\\sthrough\\s)\\s*${weekdayWord}`;
const weekdays = new RegExp(
	`(?:(other|${number})\\s+)?(${weekdayRange}|${weekdayList}|weekdays?|workdays?|weekends?)`,
	'iy'
);

function onWeekdays(text: string, index: number): Body | null {
	const match = matchAt(weekdays, text, index);
	if (!match) return null;
	const [whole, count, named = ''] = match;
	const isWork = /^w(?:eek|ork)day/i.test(named);
	// "Every 2 weekdays" is a rule that RRULE can't say.
	if (isWork && count) return null;
	const days = isWork ? workdays : /^weekend/i.test(named) ? ['SA'] : weekdaysIn(named);
	const interval = count ? readInterval(count) : 1;
	return interval ? { end: index + whole.length, parts: { freq: 'WEEKLY', interval, days } } : null;
}

const readInterval = (text: string) => (/^other$/i.test(text) ? 2 : readNumber(text));

const units = new RegExp(
	`(?:(?:(other|${number})|(${ordinal}))\\s+)?(day|week|month|quarter|year)(s)?`,
	'iy'
);
const ofMonthPattern = new RegExp(ofMonth, 'iy');

function byUnit(text: string, index: number): Body | null {
	const match = matchAt(units, text, index);
	if (!match) return null;
	const [whole, count, nth, unit = '', plural] = match;
	const end = index + whole.length;
	if (plural && !count) return null;
	const number = count ? readInterval(count) : nth ? readOrdinal(nth) : 1;
	if (!number) return null;
	const month = matchAt(ofMonthPattern, text, end);
	const name = unit.toLowerCase();
	if (nth && name === 'day' && (month || number === 1)) {
		return number <= 31
			? { end: end + (month?.[0].length ?? 0), parts: { freq: 'MONTHLY', monthDays: [number] } }
			: null;
	}
	const parts: Record<string, Parts> = {
		day: { freq: 'DAILY', interval: number },
		week: { freq: 'WEEKLY', interval: number },
		month: { freq: 'MONTHLY', interval: number },
		quarter: { freq: 'MONTHLY', interval: 3 * number },
		year: { freq: 'YEARLY', interval: number }
	};
	const chosen = parts[name];
	if (!chosen) return null;
	return onWithin(text, end, chosen) ?? { end, parts: chosen };
}

const on = /\s+on\s+(?:the\s+)?/iy;

/** Which day of the week, month or year: "every 2 weeks on mon, fri". */
function onWithin(text: string, index: number, { freq, interval }: Parts): Body | null {
	const start = index + (matchAt(on, text, index)?.[0].length ?? 0);
	if (start === index || freq === 'DAILY') return null;
	const found =
		freq === 'WEEKLY'
			? onWeekdays(text, start)
			: freq === 'MONTHLY'
				? longest([onNth(text, start), onMonthDays(text, start)])
				: onDate(text, start);
	if (!found || !endsAt(text, found.end) || found.parts.freq !== freq) return null;
	return { end: found.end, parts: { ...found.parts, interval } };
}

const nth = new RegExp(
	`(last|(?:${ordinal})(?:${separator}(?:${ordinal}))*)\\s+(?:(day)|(weekday|workday)|(${weekdayWord}))${ofMonth}?`,
	'iy'
);

/** The 3rd Friday, the last day, the first workday of the month. */
function onNth(text: string, index: number): Body | null {
	const match = matchAt(nth, text, index);
	if (!match) return null;
	const [whole, which = '', day, workday, name] = match;
	const end = index + whole.length;
	const numbers = /^last$/i.test(which) ? [-1] : inOrder(findAll(ordinal, which).map(readOrdinal));
	if (numbers.includes(0) || Math.max(...numbers) > (workday ? 23 : day ? 31 : 5)) return null;
	if (workday) return { end, parts: { freq: 'MONTHLY', days: workdays, position: numbers } };
	if (name) {
		const code = weekdayCodes[readWeekday(name)] ?? '';
		return { end, parts: { freq: 'MONTHLY', days: numbers.map((number) => `${number}${code}`) } };
	}
	// "Every 3rd day" is every three days.
	return numbers[0] === -1 ? { end, parts: { freq: 'MONTHLY', monthDays: numbers } } : null;
}

const monthDays = new RegExp(
	`(\\d{1,2}(?:st|nd|rd|th)(?:${separator}\\d{1,2}(?:st|nd|rd|th))*)(${ofMonth})?`,
	'iy'
);

/** "Every 15th", which might also be the 15th customer. */
function onMonthDays(text: string, index: number): Body | null {
	const match = matchAt(monthDays, text, index);
	if (!match) return null;
	const [whole, list = '', isOfMonth] = match;
	const numbers = inOrder(findAll('\\d+', list).map(Number));
	if (numbers.some((number) => number < 1 || number > 31)) return null;
	return {
		end: index + whole.length,
		parts: { freq: 'MONTHLY', monthDays: numbers },
		needsClose: !isOfMonth
	};
}

function onDate(text: string, index: number): Body | null {
	const date = matchMonthDate(text, index);
	if (!date || date.date > monthLength(2000, date.month)) return null;
	return { end: date.end, parts: { freq: 'YEARLY', monthDays: [date.date], month: date.month } };
}

const part = new RegExp(partOfDay, 'iy');

function onPartOfDay(text: string, index: number): Body | null {
	const match = matchAt(part, text, index);
	return match && { end: index + match[0].length, parts: { freq: 'DAILY' }, minute: readPartOfDay(match[0]) };
}

function longest(bodies: (Body | null)[]): Body | null {
	return bodies.reduce((best, body) => (body && body.end > (best?.end ?? 0) ? body : best), null);
}

// ---- the whole ----

const every = /(?:every|each|ev)(!)?\s+/iy;
const adverbs = new Map<string, Parts>([
	['daily', { freq: 'DAILY' }],
	['everyday', { freq: 'DAILY' }],
	['weekly', { freq: 'WEEKLY' }],
	['monthly', { freq: 'MONTHLY' }],
	['quarterly', { freq: 'MONTHLY', interval: 3 }],
	['yearly', { freq: 'YEARLY' }],
	['annually', { freq: 'YEARLY' }]
]);
const adverb = new RegExp([...adverbs.keys()].join('|'), 'iy');
const article = /(?:^|\s)(?:the|an?|my|our|your|his|her|their|this|next|last)\s+$/i;
const exception = /,?\s+(?:except|excluding|but|apart|other\s+than)(?!\w)/iy;
const comma = /,?\s+/y;
const startWord = /(?:start(?:ing|s)?|from|beginning)\s+(?:on\s+)?/iy;
const untilWord = /(?:until|till?|end(?:ing|s)?)\s+(?:on\s+)?/iy;
const duration = new RegExp(`for\\s+(${number})\\s+(?:(times?)|(day|week|month|year)s?)`, 'iy');

/** The recurrence at `index`; without a match in it, what looks like one and says something that no rule can. */
export function matchRecurrence(
	text: string,
	index: number,
	clock: Clock
): { end: number; match: RecurrenceMatch | null } | null {
	const head = matchAt(every, text, index);
	const body = head ? bodyAt(text, index + head[0].length) : adverbAt(text, index);
	if (!body || !endsAt(text, body.end)) return null;
	const match: RecurrenceMatch = {
		end: body.end,
		basis: head?.[1] ? 'completion' : 'schedule',
		parts: body.parts,
		minute: body.minute ?? null,
		start: null,
		limit: null
	};
	while (takeClause(match, text, clock));
	const isRead = !body.needsClose || match.end > body.end || closesAt(text, match.end);
	const isRule = isRead && !matchAt(exception, text, match.end) && firstDue(match, clock) !== null;
	if (isRule) return { end: match.end, match };
	// The Friday of "every 6th friday" is none either.
	const gap = matchAt(comma, text, match.end)?.[0].length;
	const day = gap ? matchDay(text, match.end + gap, clock) : null;
	return { end: day?.end ?? match.end, match: null };
}

const bodyAt = (text: string, index: number): Body | null =>
	longest(
		[byUnit, onWeekdays, onNth, onMonthDays, onDate, onPartOfDay].map((read) => {
			const body = read(text, index);
			return body && endsAt(text, body.end) ? body : null;
		})
	);

/**
 * "Weekly" and its like say how often only at the end, or before a time or an end: "weekly review", "create the
 * monthly report" name things. Todoist and Vikunja take them everywhere.
 */
function adverbAt(text: string, index: number): Body | null {
	const match = matchAt(adverb, text, index);
	if (!match || article.test(text.slice(Math.max(0, index - 8), index))) return null;
	const parts = adverbs.get(match[0].toLowerCase());
	if (!parts) return null;
	const end = index + match[0].length;
	return onWithin(text, end, parts) ?? { end, parts, needsClose: true };
}

/** Takes a time, a beginning or an end that follows into the match. */
function takeClause(match: RecurrenceMatch, text: string, clock: Clock): boolean {
	const gap = matchAt(comma, text, match.end)?.[0].length;
	if (!gap) return false;
	const start = match.end + gap;

	const time = match.minute === null ? matchTimeAfter(text, start) : null;
	if (time) {
		match.minute = time.minute;
		match.end = time.end;
		return true;
	}
	const from = match.start ? null : matchAt(startWord, text, start);
	const first = from && matchDay(text, start + from[0].length, clock);
	if (first) {
		match.start = { day: first, minute: null };
		match.end = first.end;
		return true;
	}
	if (match.limit) return false;
	const until = matchAt(untilWord, text, start);
	const last = until && matchDay(text, start + until[0].length, clock);
	if (last) {
		match.limit = { until: { day: last, minute: null } };
		match.end = last.end;
		return true;
	}
	const lasting = matchAt(duration, text, start);
	const end = start + (lasting?.[0].length ?? 0);
	if (!lasting || !endsAt(text, end)) return false;
	const [, amount = '', times, unit = ''] = lasting;
	const count = readNumber(amount);
	if (!count) return false;
	match.limit = times ? { count } : { lasts: (from) => addUnits(from, count, unit.toLowerCase()) - 1 };
	match.end = end;
	return true;
}

function addUnits(day: Day, count: number, unit: string): Day {
	if (unit === 'day') return day + count;
	return unit === 'week' ? day + 7 * count : addMonths(day, unit === 'month' ? count : 12 * count);
}

/**
 * The rule and its first date, on or after `from`: the date that the text says elsewhere, or the one it starts
 * with, or today. Null if the rule ends before it begins.
 */
export function firstDue(
	{ parts, start, limit }: RecurrenceMatch,
	clock: Clock,
	from: Day | null = null
): { rule: string; day: Day } | null {
	const begin = start ? resolveWhen(start, clock)?.day : (from ?? clock.today);
	if (begin === undefined) return null;
	const bare = printRule(parts, null);
	const first = parseDay(firstDate(bare, formatDay(begin)) ?? '');
	if (first === null) return null;
	if (!limit) return { rule: bare, day: first };
	if ('count' in limit) return { rule: printRule(parts, `COUNT=${limit.count}`), day: first };
	const last = 'lasts' in limit ? limit.lasts(first) : resolveWhen(limit.until, clock, begin)?.day;
	if (last === undefined || last < first) return null;
	return { rule: printRule(parts, `UNTIL=${formatDay(last).replaceAll('-', '')}`), day: first };
}

function printRule(
	{ freq, interval = 1, days, monthDays, month, position }: Parts,
	limit: string | null
): string {
	return [
		`FREQ=${freq}`,
		interval > 1 && `INTERVAL=${interval}`,
		days && `BYDAY=${days.join(',')}`,
		monthDays && `BYMONTHDAY=${monthDays.join(',')}`,
		month && `BYMONTH=${month}`,
		position && `BYSETPOS=${position.join(',')}`,
		limit
	]
		.filter(Boolean)
		.join(';');
}
