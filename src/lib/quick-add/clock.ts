import { dayOf, formatDay, type Day } from '../recurrence/calendar';

/** What calendar and clock on the user's wall show, wherever the process runs; `minute` counts from midnight. */
export type Clock = { now: Date; timezone: string; today: Day; minute: number };

export type Due = { date: string; time: string | null };

// Making a formatter takes longer than parsing a line. There are only so many timezones.
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
	const known = formats.get(timezone);
	if (known) return known;
	const format = makeFormat(timezone);
	formats.set(timezone, format);
	return format;
}

function makeFormat(timeZone: string): Intl.DateTimeFormat {
	try {
		return new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
			timeZone,
			hourCycle: 'h23',
			year: 'numeric',
			month: 'numeric',
			day: 'numeric',
			hour: 'numeric',
			minute: 'numeric'
		});
	} catch (error) {
		// A browser may know fewer timezones than the server. A preview that is hours off beats none.
		if (error instanceof RangeError && timeZone !== 'UTC') return makeFormat('UTC');
		throw error;
	}
}

export function clockAt(now: Date, timezone: string): Clock {
	const parts = formatOf(timezone).formatToParts(now);
	const part = (type: Intl.DateTimeFormatPartTypes) =>
		Number(parts.find((part) => part.type === type)?.value ?? 0);
	return {
		now,
		timezone,
		today: dayOf(part('year'), part('month'), part('day')),
		minute: part('hour') * 60 + part('minute')
	};
}

const twoDigits = (number: number) => String(number).padStart(2, '0');

export const formatDue = ({ day, minute }: { day: Day; minute: number | null }): Due => ({
	date: formatDay(day),
	time: minute === null ? null : `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`
});
