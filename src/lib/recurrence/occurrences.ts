// rrule does this too, but knows no month ends, walks to the year 9999 for a rule that fits no date (half a
// minute for FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30), and takes BYSETPOS=-2 of a single date for that date.
import { calendarDate, cycle, dayOf, lastDay, monthLength, weekdayOf, type Day } from './calendar';
import type { Rule } from './rule';

/** Which days of a period the rule is about, with what it leaves open taken from the anchor. */
type Choice = Pick<Rule, 'months' | 'monthDays' | 'weekdays'> & {
	/** Whether a 31st falls on the last day of a shorter month. */
	clamps: boolean;
	/** What the nth weekday is counted in. */
	scope: 'month' | 'year';
};

/**
 * The first date after `after`. The anchor gives the rule what it doesn't say itself (which weeks "every 2
 * weeks" are, which day "every month" is); it is not a beginning, so the dates go on before it, too.
 */
export function occurrenceAfter(rule: Rule, anchor: Day, after: Day): Day | null {
	const own = periodOf(rule, anchor);
	const steps = Math.ceil((periodOf(rule, after) - own) / rule.interval);
	return search(rule, choiceOf(rule, anchor), own + steps * rule.interval, after, cycle.years);
}

/** Whether any date fits, with a 31st being a 31st: who asks for 30 February has mistyped something. */
export function isPossible(rule: Rule): boolean {
	// A year begins on one of seven weekdays and is a leap year or not, and that is all there is to it. The
	// 28 from 2000 on are of every kind.
	const from = dayOf(2000, 1, 1);
	const every = { ...rule, interval: 1 };
	const choice = { ...choiceOf(every, from), clamps: false };
	return search(every, choice, periodOf(every, from), from - 1, 28) !== null;
}

/** The same day so many periods later, or the last of a shorter month. */
export function addPeriods({ frequency, weekStart }: Rule, day: Day, periods: number): Day {
	if (frequency === 'DAILY') return Math.min(day + periods, lastDay);
	if (frequency === 'WEEKLY') return Math.min(day + 7 * periods, lastDay);
	const { date } = calendarDate(day);
	const months = frequency === 'MONTHLY' ? periods : 12 * periods;
	const inMonths = { frequency: 'MONTHLY', weekStart } as const;
	const start = startOf(inMonths, Math.min(periodOf(inMonths, day) + months, periodOf(inMonths, lastDay)));
	const { year, month } = calendarDate(start);
	return start + Math.min(date, monthLength(year, month)) - 1;
}

const periodsPerCycle = {
	DAILY: cycle.days,
	WEEKLY: cycle.days / 7,
	MONTHLY: cycle.years * 12,
	YEARLY: cycle.years
};

/** Gives up after so many years: what does not come in a whole cycle never comes. */
function search(rule: Rule, choice: Choice, from: number, after: Day, years: number): Day | null {
	const last = periodOf(rule, lastDay);
	const perCycle = periodsPerCycle[rule.frequency];
	// A step that shares a divisor with the cycle comes round sooner: every 7th day after a seventh of it.
	const most = ((years / cycle.years) * perCycle) / commonDivisor(rule.interval, perCycle);
	// One more, because in the first one `after` itself and what is before it don't count.
	for (let period = from, tried = 0; period <= last && tried <= most; period += rule.interval, tried++) {
		const day = daysIn(rule, choice, period).find((day) => day > after);
		if (day !== undefined) return day <= lastDay ? day : null;
	}
	return null;
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

function daysIn(rule: Rule, choice: Choice, period: number): Day[] {
	const days: Day[] = [];
	const end = startOf(rule, period + 1);
	for (let day = startOf(rule, period); day < end; day++) if (fits(choice, day)) days.push(day);
	if (!rule.positions.length) return days;

	const { positions } = rule;
	return days.filter((_, index) => positions.includes(index + 1) || positions.includes(index - days.length));
}

/** Days, weeks, months and years, each numbered without gaps. */
function periodOf({ frequency, weekStart }: Pick<Rule, 'frequency' | 'weekStart'>, day: Day): number {
	if (frequency === 'DAILY') return day;
	if (frequency === 'WEEKLY') return Math.floor((day - firstWeek(weekStart)) / 7);
	const { year, month } = calendarDate(day);
	return frequency === 'MONTHLY' ? year * 12 + month - 1 : year;
}

function startOf({ frequency, weekStart }: Pick<Rule, 'frequency' | 'weekStart'>, period: number): Day {
	if (frequency === 'DAILY') return period;
	if (frequency === 'WEEKLY') return firstWeek(weekStart) + 7 * period;
	if (frequency === 'YEARLY') return dayOf(period, 1, 1);
	const year = Math.floor(period / 12);
	return dayOf(year, period - year * 12 + 1, 1);
}

/** Day 0 was a Thursday. */
const firstWeek = (weekStart: number): Day => weekStart - 3;

function choiceOf(rule: Rule, anchor: Day): Choice {
	const { frequency, months, monthDays, weekdays, positions } = rule;
	const { month, date } = calendarDate(anchor);
	const choice: Choice = {
		months,
		monthDays,
		weekdays,
		clamps: false,
		scope: frequency === 'YEARLY' && !months.length ? 'year' : 'month'
	};
	if (frequency === 'DAILY') return choice;
	if (frequency === 'WEEKLY') {
		return weekdays.length ? choice : { ...choice, weekdays: [{ weekday: weekdayOf(anchor), nth: null }] };
	}
	// "The 31st if it is a Friday" and "the second of these" are no day that could fall on another one.
	if (weekdays.length || (monthDays.length && positions.length)) return choice;
	if (monthDays.length) return { ...choice, clamps: true };
	return {
		...choice,
		months: frequency === 'YEARLY' && !months.length ? [month] : months,
		monthDays: [date],
		clamps: true
	};
}

function fits({ months, monthDays, weekdays, clamps, scope }: Choice, day: Day): boolean {
	const weekday = weekdayOf(day);
	const wanted = weekdays.filter((choice) => choice.weekday === weekday);
	if (weekdays.length && !wanted.length) return false;

	const { year, month, date } = calendarDate(day);
	if (months.length && !months.includes(month)) return false;

	const length = monthLength(year, month);
	if (monthDays.length) {
		const late = clamps && date === length && monthDays.some((monthDay) => monthDay > length);
		if (!late && !monthDays.includes(date) && !monthDays.includes(date - length - 1)) return false;
	}

	if (!weekdays.length || wanted.some(({ nth }) => nth === null)) return true;
	const start = scope === 'year' ? dayOf(year, 1, 1) : day - date + 1;
	const end = scope === 'year' ? dayOf(year + 1, 1, 1) : start + length;
	const nth = Math.floor((day - start) / 7) + 1;
	const fromEnd = -Math.floor((end - 1 - day) / 7) - 1;
	return wanted.some((choice) => choice.nth === nth || choice.nth === fromEnd);
}
