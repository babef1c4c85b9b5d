import { describe, expect, test } from 'vitest';
import { ago, day, dayAndTime, duration } from './when';

const zone = 'Asia/Kathmandu';
// 00:15 on the 8th in Kathmandu, 18:30 on the 7th in UTC.
const now = Date.parse('2025-03-07T18:30:00Z');

test.each([
	['2025-03-07T18:29:30Z', 'just now'],
	// A clock that is a little ahead is no reason to speak of the future.
	['2025-03-07T18:30:20Z', 'just now'],
	['2025-03-07T18:25:00Z', '5 minutes ago'],
	['2025-03-07T15:30:00Z', '3 hours ago'],
	['2025-03-07T06:00:00Z', 'yesterday'],
	['2025-03-05T12:00:00Z', '3 days ago'],
	['2025-01-05T12:00:00Z', 'on 5 Jan'],
	['2023-01-05T12:00:00Z', 'on 5 Jan 2023']
])('%s is %s', (instant, words) => {
	expect(ago(instant, zone, now)).toBe(words);
});

describe('days are those of the owner’s calendar', () => {
	test.each([
		['2025-03-07T18:20:00Z', 'Today, 00:05'],
		['2025-03-07T18:10:00Z', 'Yesterday, 23:55'],
		['2025-03-01T12:00:00Z', '1 Mar, 17:45'],
		['2024-12-31T18:30:00Z', '1 Jan, 00:15'],
		['2024-12-31T12:00:00Z', '31 Dec 2024, 17:45']
	])('%s is %s', (instant, words) => {
		expect(dayAndTime(instant, zone, now)).toBe(words);
	});

	test('without the time', () => {
		expect(day('2024-12-31T18:30:00Z', zone, now)).toBe('1 Jan');
		expect(day('2024-12-31T12:00:00Z', zone, now)).toBe('31 Dec 2024');
	});
});

test.each([
	[1, '1 second'],
	[60, '60 seconds'],
	[600, '10 minutes'],
	[3541, '60 minutes'],
	[86_400, '24 hours']
])('%d seconds are %s', (seconds, words) => {
	expect(duration(seconds)).toBe(words);
});
