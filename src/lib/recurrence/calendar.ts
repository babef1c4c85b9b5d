/** Days since 1970-01-01 on the calendar alone: there is no clock in it, so no timezone can shift it. */
export type Day = number;

export type CalendarDate = { year: number; month: number; date: number };

/** The Gregorian calendar repeats exactly, weekdays and all, after this long. */
export const cycle = { years: 400, days: 146_097 };

const millisecondsPerDay = 86_400_000;

/** `month` is 1 to 12; 13 is the next January. */
export function dayOf(year: number, month: number, date: number): Day {
	// Date.UTC takes the years 0 to 99 for 1900 to 1999. One cycle later everything is as it was.
	return Date.UTC(year + cycle.years, month - 1, date) / millisecondsPerDay - cycle.days;
}

export function calendarDate(day: Day): CalendarDate {
	const at = new Date(day * millisecondsPerDay);
	return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, date: at.getUTCDate() };
}

export const monthLength = (year: number, month: number): number =>
	dayOf(year, month + 1, 1) - dayOf(year, month, 1);

/** 0 is Monday. */
export const weekdayOf = (day: Day): number => (((day + 3) % 7) + 7) % 7;

/** The last day that `YYYY-MM-DD` can write. */
export const lastDay = dayOf(9999, 12, 31);

/** From `YYYY-MM-DD`, or null if the calendar has no such day. */
export function parseDay(text: string): Day | null {
	const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
	if (!match) return null;
	const day = dayOf(Number(match[1]), Number(match[2]), Number(match[3]));
	return formatDay(day) === text ? day : null;
}

export function formatDay(day: Day): string {
	const { year, month, date } = calendarDate(day);
	return [String(year).padStart(4, '0'), twoDigits(month), twoDigits(date)].join('-');
}

const twoDigits = (number: number) => String(number).padStart(2, '0');

/** The date that a calendar on a wall in this timezone shows at that instant. */
export function todayIn(timezone: string, now: Date): string {
	const parts = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
		timeZone: timezone,
		year: 'numeric',
		month: '2-digit',
		day: '2-digit'
	}).formatToParts(now);
	const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? '';
	return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}
