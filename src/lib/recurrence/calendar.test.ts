import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
	calendarDate,
	cycle,
	dayOf,
	formatDay,
	lastDay,
	monthLength,
	parseDay,
	todayIn,
	weekdayOf
} from './calendar';

test('days are numbered without gaps through four centuries and come back from text', () => {
	const first = dayOf(1999, 12, 31);
	let previous = formatDay(first);
	let wrong = 0;
	for (let day = first + 1; day <= first + cycle.days; day++) {
		const text = formatDay(day);
		if (text <= previous || parseDay(text) !== day) wrong++;
		previous = text;
	}
	expect(wrong).toBe(0);
	expect(formatDay(first + cycle.days)).toBe('2399-12-31');
	expect(weekdayOf(first + cycle.days)).toBe(weekdayOf(first));
});

test.each([
	['0000-01-01', 5],
	['0099-12-31', 3],
	['1969-12-31', 2],
	['1970-01-01', 3],
	['2024-02-29', 3],
	['2026-12-24', 3],
	['9999-12-31', 4]
])('%s is weekday %i', (text, weekday) => {
	const day = parseDay(text)!;
	expect(weekdayOf(day)).toBe(weekday);
	expect(formatDay(day)).toBe(text);
});

test.each([
	'',
	'2026-02-29',
	'2026-13-01',
	'2026-00-10',
	'2026-04-31',
	'2026-1-1',
	'20260101',
	'12026-01-01',
	'2026-01-01T00:00',
	' 2026-01-01'
])('%j is no date', (text) => expect(parseDay(text)).toBeNull());

test('months have their lengths', () => {
	const lengths = (year: number) => Array.from({ length: 12 }, (_, index) => monthLength(year, index + 1));
	expect(lengths(2026)).toEqual([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);
	expect(lengths(2024)[1]).toBe(29);
	expect(lengths(2000)[1]).toBe(29);
	expect(lengths(2100)[1]).toBe(28);
	expect(calendarDate(lastDay)).toEqual({ year: 9999, month: 12, date: 31 });
});

test.each([
	// Clocks go forward at 02:00, back at 03:00.
	['Europe/Berlin', '2026-03-28T22:59:59Z', '2026-03-28'],
	['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29'],
	['Europe/Berlin', '2026-03-29T21:59:59Z', '2026-03-29'],
	['Europe/Berlin', '2026-03-29T22:00:00Z', '2026-03-30'],
	['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25'],
	['Europe/Berlin', '2026-10-25T22:59:59Z', '2026-10-25'],
	['Europe/Berlin', '2026-10-25T23:00:00Z', '2026-10-26'],
	['America/New_York', '2026-03-08T04:59:59Z', '2026-03-07'],
	['America/New_York', '2026-03-08T05:00:00Z', '2026-03-08'],
	['America/New_York', '2026-03-09T03:59:59Z', '2026-03-08'],
	['America/New_York', '2026-03-09T04:00:00Z', '2026-03-09'],
	['America/New_York', '2026-11-01T04:00:00Z', '2026-11-01'],
	['America/New_York', '2026-11-02T04:59:59Z', '2026-11-01'],
	['America/New_York', '2026-11-02T05:00:00Z', '2026-11-02'],
	['Asia/Kathmandu', '2026-01-01T18:14:59Z', '2026-01-01'],
	['Asia/Kathmandu', '2026-01-01T18:15:00Z', '2026-01-02'],
	// Samoa went from the 29th to the 31st.
	['Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-29'],
	['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-31'],
	['Pacific/Kiritimati', '2026-12-31T10:00:00Z', '2027-01-01'],
	['UTC', '2024-02-29T23:59:59Z', '2024-02-29']
])('in %s it is at %s the %s', (timezone, now, today) =>
	expect(todayIn(timezone, new Date(now))).toBe(today)
);

test('a date of any instant is a date, and never goes back as time goes on', () => {
	const timezone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia');
	const instant = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2090, 0, 1) });
	fc.assert(
		fc.property(timezone, instant, fc.nat(200_000_000), (zone, from, later) => {
			const before = todayIn(zone, new Date(from));
			expect(parseDay(before)).not.toBeNull();
			expect(todayIn(zone, new Date(from + later)) >= before).toBe(true);
		})
	);
});
