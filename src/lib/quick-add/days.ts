// What chrono-node calls a date is far more than what people mean by one in a title ("sun cream", "10.5 kg",
// "may", "meet 3"). It also takes the process's timezone for the user's, lets a month from 31 January end in
// March, and knows no 29 February outside a leap year. So the shapes below decide what is a date, and chrono
// reads month names, and what a filter's date may be beyond them.
import { casual, strict } from 'chrono-node/en';
import { calendarDate, dayOf, monthLength, parseDay, weekdayOf, type Day } from '../recurrence/calendar';
import { clockAt, type Clock } from './clock';
import { endsAt, matchAt, number, readNumber, readPartOfDay, readWeekday, weekday } from './text';

type DayShape = {
	/**
	 * What the shape needs to count, because alone it is more likely a word: nothing of the title behind it
	 * ("mow the lawn sat", not "sat nav"), or a preposition or a time ("on sun", "sun 5pm", never "sun").
	 */
	needs?: 'close' | 'support';
	/** Whether "on" belongs to it; in "log on tomorrow" it does not. */
	takesOn?: boolean;
	/** Whether it comes again every week, so that one whose time is over today means the next. */
	weekly?: boolean;
	/** The time that it says by itself, as "tonight" does. */
	minute?: number | null;
	/** The first such day on or after `from`, unless it counts from today anyway. */
	resolve: (from: Day) => Day | null;
};

export type DayMatch = DayShape & { end: number };

type Shape = { pattern: RegExp; read: (match: RegExpExecArray, clock: Clock) => DayShape | null };

const year = '(?:19|20|21)\\d\\d';
const month =
	'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?|september|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
const ending = '(?:st|nd|rd|th)';
// At the end of a phrase a dot is rather that of the sentence.
const dot = '(?:\\.(?=\\s+\\d))?';
/** "27 feb" and "feb 27"; what is there of the ending says whether "may" can still be the verb. */
const monthDate = `(\\d{1,2}(${ending}|\\.)?(?:\\s+of)?[\\s-]+(${month})${dot}|(${month})${dot}[\\s-]+\\d{1,2}(${ending})?)(?![\\d/])`;
const amount = `${number}|an?|a\\s+couple\\s+of`;
const unit = 'minute|min|hour|hr|day|week|month|year';

export const isWord = (text: string | undefined, word: string) => text?.toLowerCase() === word;

const nextMonday = (day: Day): Day => day + 7 - weekdayOf(day);

/** On the last day of a shorter month, if need be. */
export function addMonths(day: Day, months: number): Day {
	const { year, month, date } = calendarDate(day);
	const first = calendarDate(dayOf(year, month + months, 1));
	return dayOf(first.year, first.month, Math.min(date, monthLength(first.year, first.month)));
}

/** From numbers as typed, or null if the calendar has no such day. */
const dayFrom = (year: string, month: string, date: string): Day | null =>
	parseDay(`${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`);

const fixed = (day: Day | null): DayShape | null =>
	day === null ? null : { takesOn: true, resolve: () => day };

/** In the first year that has such a day on or after `from`: 29 February waits for a leap year. */
const yearly = (month: number, date: number): DayShape => ({
	takesOn: true,
	resolve: (from) => {
		const { year } = calendarDate(from);
		// From 1897 to 1903 there was none, and so from 2097.
		for (let offset = 0; offset <= 8; offset++) {
			const day = dayFrom(String(year + offset), String(month), String(date));
			if (day !== null && day >= from) return day;
		}
		return null;
	}
});

/** In the first month that has such a day on or after `from`. */
const monthly = (date: number): DayShape => ({
	takesOn: true,
	needs: 'support',
	resolve: (from) => {
		const { year, month } = calendarDate(from);
		// No two months in a row are short.
		for (let offset = 0; offset <= 2; offset++) {
			const day = dayOf(year, month + offset, date);
			if (day >= from && calendarDate(day).date === date) return day;
		}
		return null;
	}
});

function fromNow(text: string, unit: string, clock: Clock, sign = 1): DayShape {
	const count = sign * (/^an?$/i.test(text) ? 1 : /^a\s/i.test(text) ? 2 : readNumber(text));
	const name = unit.toLowerCase();
	if (name.startsWith('h') || name.startsWith('mi')) {
		// Hours are real ones: two of them lead from 01:30 to 04:30 where the clocks go forward.
		const length = name.startsWith('h') ? 3_600_000 : 60_000;
		const then = clockAt(new Date(clock.now.getTime() + count * length), clock.timezone);
		return { minute: then.minute, resolve: () => then.today };
	}
	if (name === 'day') return { resolve: () => clock.today + count };
	if (name === 'week') return { resolve: () => clock.today + 7 * count };
	return { resolve: () => addMonths(clock.today, name === 'month' ? count : 12 * count) };
}

/** For chrono, which asks the process what day it is. No change of the clocks comes near noon. */
function noon(day: Day): Date {
	const { year, month, date } = calendarDate(day);
	return new Date(year, month - 1, date, 12);
}

const leapYear = dayOf(2000, 1, 1);

const monthDatePattern = new RegExp(monthDate, 'iy');

/** A date of any year, such as "27 feb". */
export function matchMonthDate(
	text: string,
	index: number
): { end: number; month: number; date: number } | null {
	const match = matchAt(monthDatePattern, text, index);
	const said = match && readMonthDate(match[0]);
	return match && said ? { ...said, end: index + match[0].length } : null;
}

/** Chrono reads the words, in a leap year, so that 29 February is a date. */
function readMonthDate(phrase: string): { month: number; date: number } | null {
	const words = phrase.replace('.', ' ').replace(/[\s-]+/g, ' ');
	const [found] = strict.parse(`${words} 2000`, noon(leapYear));
	const month = found?.start.get('month');
	const date = found?.start.get('day');
	return found?.start.isCertain('day') && month && date ? { month, date } : null;
}

// "Sun" is the one in the sky before it is a day; the others are words or names, too.
const doubtfulWeekdays = new Map<string, DayShape['needs']>([
	['sun', 'support'],
	['mon', 'close'],
	['wed', 'close'],
	['sat', 'close']
]);

const weekdayBefore = `(?:(?:${weekday}),?\\s+)?`;

const shapes: Shape[] = [
	{ pattern: /today/iy, read: (_, { today }) => ({ resolve: () => today }) },
	{ pattern: /tomorrow|tmrw?/iy, read: (_, { today }) => ({ resolve: () => today + 1 }) },
	{
		pattern: /(?:the\s+)?day\s+after\s+tomorrow/iy,
		read: (_, { today }) => ({ resolve: () => today + 2 })
	},
	{
		pattern: /tonight|this\s+(morning|afternoon|evening)/iy,
		read: ([, part = 'night'], { today }) => ({ minute: readPartOfDay(part), resolve: () => today })
	},
	{
		pattern: new RegExp(`(?:(this|next)\\s+)?(${weekday})`, 'iy'),
		read: ([, which, name = ''], { today }) => {
			const index = readWeekday(name);
			if (isWord(which, 'next')) return { takesOn: true, resolve: () => nextMonday(today) + index };
			return {
				needs: which ? undefined : doubtfulWeekdays.get(name.toLowerCase()),
				takesOn: true,
				weekly: true,
				resolve: (from) => from + ((index - weekdayOf(from) + 7) % 7)
			};
		}
	},
	{
		pattern: /(this|next)\s+weekend/iy,
		read: ([, which], { today }) => ({
			// On a Sunday, this weekend is what is left of it.
			resolve: () => (isWord(which, 'next') ? nextMonday(today) + 5 : Math.max(today, nextMonday(today) - 2))
		})
	},
	{
		pattern: /next\s+(week|month|year)/iy,
		read: ([, unit], { today }) => ({
			resolve: () => {
				const { year, month } = calendarDate(today);
				if (isWord(unit, 'week')) return nextMonday(today);
				return isWord(unit, 'month') ? dayOf(year, month + 1, 1) : dayOf(year + 1, 1, 1);
			}
		})
	},
	{
		pattern: /(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?month/iy,
		read: (_, { today }) => ({
			resolve: () => {
				const { year, month } = calendarDate(today);
				return dayOf(year, month + 1, 1) - 1;
			}
		})
	},
	{
		pattern: new RegExp(`in\\s+(${amount})\\s+(${unit})s?`, 'iy'),
		read: ([, amount = '', unit = ''], clock) => fromNow(amount, unit, clock)
	},
	{
		pattern: new RegExp(`(${amount})\\s+(${unit})s?\\s+from\\s+now`, 'iy'),
		read: ([, amount = '', unit = ''], clock) => fromNow(amount, unit, clock)
	},
	{
		pattern: new RegExp(
			`${weekdayBefore}(?:the\\s+)?${monthDate}(?:(?:,\\s*|[\\s-]+)(${year})(?![\\d:]))?`,
			'iy'
		),
		read: ([, phrase = '', ending1, month1, month2, ending2, year]) => {
			const said = readMonthDate(phrase);
			if (!said) return null;
			if (year) return fixed(dayFrom(year, String(said.month), String(said.date)));
			// "5 may attend", "march 5 miles".
			const isVerb = !(ending1 ?? ending2) && /^(?:may|march)$/i.test(month1 ?? month2 ?? '');
			return { ...yearly(said.month, said.date), needs: isVerb ? 'close' : undefined };
		}
	},
	{
		pattern: new RegExp(`${weekdayBefore}(${year})([-/])(\\d{1,2})\\2(\\d{1,2})(?!\\d)`, 'iy'),
		read: ([, year = '', , month = '', date = '']) => fixed(dayFrom(year, month, date))
	},
	{
		// Not "24.12" and not "1.2.26", which are more often a price and a version.
		pattern: new RegExp(`${weekdayBefore}(\\d{1,2})\\.(\\d{1,2})\\.(${year})?`, 'iy'),
		read: ([, date = '', month = '', year]) => {
			if (year) return fixed(dayFrom(year, month, date));
			return dayFrom('2000', month, date) === null ? null : yearly(Number(month), Number(date));
		}
	},
	{
		// Half of the world writes the month first, so only where the numbers leave no choice.
		pattern: new RegExp(`${weekdayBefore}(\\d{1,2})/(\\d{1,2})/(${year})`, 'iy'),
		read: ([, first = '', second = '', year = '']) => {
			const dayFirst = dayFrom(year, second, first);
			const monthFirst = dayFrom(year, first, second);
			if (dayFirst !== null && monthFirst !== null && dayFirst !== monthFirst) return null;
			return fixed(dayFirst ?? monthFirst);
		}
	},
	{
		pattern: new RegExp(`(?:the\\s+)?(\\d{1,2})${ending}`, 'iy'),
		read: ([, date]) => (Number(date) >= 1 && Number(date) <= 31 ? monthly(Number(date)) : null)
	}
];

/** Only for a string that is nothing but a date: nobody plans for the past. */
const pastShapes: Shape[] = [
	{ pattern: /yesterday/iy, read: (_, { today }) => ({ resolve: () => today - 1 }) },
	{
		pattern: new RegExp(`(${amount})\\s+(${unit})s?\\s+ago`, 'iy'),
		read: ([, amount = '', unit = ''], clock) => fromNow(amount, unit, clock, -1)
	}
];

/** All of them. */
export const withPast = [...shapes, ...pastShapes];

/** As in 2026-12-24T17:30. */
export const isoTime = /(?<=\d)T([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?/iy;

// "Good Friday" is one day of the year, and no Friday to come.
const namedWeekday =
	/(?:^|\s)(?:black|good|easter|ash|cyber|palm|whit|shrove|maundy|casual)\s+(?:mon|tues|wednes|thurs|fri|satur|sun)day$/i;

/** The longest day at `index`. */
export function matchDay(text: string, index: number, clock: Clock, from = shapes): DayMatch | null {
	let longest: DayMatch | null = null;
	for (const { pattern, read } of from) {
		const match = matchAt(pattern, text, index);
		if (!match) continue;
		const end = index + match[0].length;
		if (longest && end <= longest.end) continue;
		if (!endsAt(text, end) && !matchAt(isoTime, text, end)) continue;
		const found = read(match, clock);
		if (found) longest = { ...found, end };
	}
	if (longest && namedWeekday.test(text.slice(Math.max(0, index - 10), longest.end))) return null;
	return longest;
}

/** "Last monday", "march", "march 2027": what else chrono knows, as long as it is words. */
export function readWidely(text: string, clock: Clock): { day: Day; minute: number | null } | null {
	if (!/[a-z]{3}/i.test(text) || /[/.]/.test(text)) return null;
	const [found, ...others] = casual.parse(text, noon(clock.today), { forwardDate: !/last|past/i.test(text) });
	if (!found || others.length || found.text !== text || found.end || found.start.isCertain('timezoneOffset'))
		return null;
	const part = (name: 'year' | 'month' | 'day' | 'hour' | 'minute') => found.start.get(name) ?? 0;
	const day = dayFrom(String(part('year')).padStart(4, '0'), String(part('month')), String(part('day')));
	const minute = found.start.isCertain('hour') ? part('hour') * 60 + part('minute') : null;
	return day === null ? null : { day, minute };
}
