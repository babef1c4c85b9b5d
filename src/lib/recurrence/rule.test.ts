import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRule, printRule } from './rule';

const canonical = (text: string) => {
	const parsed = parseRule(text);
	return parsed.ok ? printRule(parsed.rule) : parsed.message;
};

test.each([
	['FREQ=DAILY', 'FREQ=DAILY'],
	['freq=weekly;byday=mo,fr', 'FREQ=WEEKLY;BYDAY=MO,FR'],
	['  FREQ=DAILY\n', 'FREQ=DAILY'],
	['FREQ=DAILY;INTERVAL=1', 'FREQ=DAILY'],
	['INTERVAL=2;FREQ=WEEKLY', 'FREQ=WEEKLY;INTERVAL=2'],
	['FREQ=DAILY;INTERVAL=007', 'FREQ=DAILY;INTERVAL=7'],
	['FREQ=DAILY;INTERVAL=999999999', 'FREQ=DAILY;INTERVAL=999999999'],
	['FREQ=WEEKLY;BYDAY=FR,MO,FR', 'FREQ=WEEKLY;BYDAY=MO,FR'],
	['FREQ=MONTHLY;BYDAY=+3FR', 'FREQ=MONTHLY;BYDAY=3FR'],
	['FREQ=MONTHLY;BYDAY=-1FR,1MO,WE', 'FREQ=MONTHLY;BYDAY=WE,1MO,-1FR'],
	['FREQ=MONTHLY;BYMONTHDAY=-1,31,+5,31', 'FREQ=MONTHLY;BYMONTHDAY=5,31,-1'],
	['FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1,1', 'FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1,-1'],
	['FREQ=YEARLY;BYMONTH=12,2;BYMONTHDAY=24', 'FREQ=YEARLY;BYMONTH=2,12;BYMONTHDAY=24'],
	['FREQ=YEARLY;BYDAY=20MO', 'FREQ=YEARLY;BYDAY=20MO'],
	['FREQ=WEEKLY;WKST=MO', 'FREQ=WEEKLY'],
	['FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=SU', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU'],
	['FREQ=DAILY;COUNT=5', 'FREQ=DAILY;COUNT=5'],
	['FREQ=DAILY;UNTIL=20261224', 'FREQ=DAILY;UNTIL=20261224'],
	['FREQ=DAILY;UNTIL=20261224T235959Z', 'FREQ=DAILY;UNTIL=20261224'],
	['FREQ=DAILY;UNTIL=20261224T000000', 'FREQ=DAILY;UNTIL=20261224'],
	['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29'],
	['FREQ=MONTHLY;BYMONTH=2,4;BYMONTHDAY=30', 'FREQ=MONTHLY;BYMONTH=2,4;BYMONTHDAY=30'],
	['FREQ=MONTHLY;BYDAY=5MO;BYMONTH=2', 'FREQ=MONTHLY;BYMONTH=2;BYDAY=5MO'],
	['FREQ=DAILY;BYDAY=FR;BYMONTHDAY=13', 'FREQ=DAILY;BYMONTHDAY=13;BYDAY=FR'],
	['FREQ=YEARLY;BYDAY=53TH;BYMONTHDAY=31', 'FREQ=YEARLY;BYMONTHDAY=31;BYDAY=53TH']
])('%j is written %s', (text, written) => {
	expect(canonical(text)).toBe(written);
	expect(canonical(written)).toBe(written);
});

const impossible = 'No date ever fits this rule';
const parts = 'Write a rule as NAME=VALUE parts with a semicolon between them.';
const frequency = 'Use FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.';

test.each([
	['', 'Enter a rule such as FREQ=WEEKLY;BYDAY=MO.'],
	[' \n', 'Enter a rule such as FREQ=WEEKLY;BYDAY=MO.'],
	['every friday', parts],
	['FREQ=DAILY;', parts],
	['FREQ', parts],
	['FREQ=DAILY;=2', parts],
	['FREQ=DAILY INTERVAL=2', frequency],
	['INTERVAL=2', `FREQ is missing. ${frequency}`],
	['FREQ=HOURLY', frequency],
	['FREQ=MINUTELY', frequency],
	['FREQ=SECONDLY', frequency],
	['FREQ=', frequency],
	['FREQ=CONSTRUCTOR', frequency],
	['FREQ=DAILY;FREQ=DAILY', 'FREQ is given twice.'],
	['RRULE:FREQ=DAILY', 'Leave out what is before the colon.'],
	['DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY', 'Leave out DTSTART: the due date takes its place.'],
	['FREQ=DAILY;DTSTART=20260101', 'Leave out DTSTART: the due date takes its place.'],
	['FREQ=DAILY\nFREQ=WEEKLY', 'Write the rule on one line.'],
	['FREQ=DAILY;INTERVAL=0', 'INTERVAL takes a whole number from 1 to 999999999.'],
	['FREQ=DAILY;INTERVAL=-2', 'INTERVAL takes a whole number from 1 to 999999999.'],
	['FREQ=DAILY;INTERVAL=1.5', 'INTERVAL takes a whole number from 1 to 999999999.'],
	['FREQ=DAILY;INTERVAL=1E3', 'INTERVAL takes a whole number from 1 to 999999999.'],
	['FREQ=DAILY;INTERVAL=9999999999', 'INTERVAL takes a whole number from 1 to 999999999.'],
	['FREQ=DAILY;COUNT=0', 'COUNT takes a whole number from 1 to 999999999.'],
	['FREQ=DAILY;COUNT=', 'COUNT takes a whole number from 1 to 999999999.'],
	['FREQ=DAILY;COUNT=5;UNTIL=20261224', 'Use either COUNT or UNTIL.'],
	['FREQ=DAILY;UNTIL=20260230', 'UNTIL takes a date such as 20261224.'],
	['FREQ=DAILY;UNTIL=2026-12-24', 'UNTIL takes a date such as 20261224.'],
	['FREQ=DAILY;UNTIL=20261224T250000Z', 'UNTIL takes a date such as 20261224.'],
	['FREQ=DAILY;BYMONTH=13', 'BYMONTH takes months from 1 to 12.'],
	['FREQ=DAILY;BYMONTH=1,-2', 'BYMONTH takes months from 1 to 12.'],
	['FREQ=DAILY;BYMONTH=', 'BYMONTH takes months from 1 to 12.'],
	['FREQ=MONTHLY;BYMONTHDAY=0', 'BYMONTHDAY takes days from 1 to 31, or -1 to -31 from the end.'],
	['FREQ=MONTHLY;BYMONTHDAY=32', 'BYMONTHDAY takes days from 1 to 31, or -1 to -31 from the end.'],
	['FREQ=MONTHLY;BYMONTHDAY=1,,2', 'BYMONTHDAY takes days from 1 to 31, or -1 to -31 from the end.'],
	['FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY does not go with FREQ=WEEKLY.'],
	['FREQ=WEEKLY;BYDAY=XX', 'BYDAY takes weekdays such as MO, 3FR or -1SU.'],
	['FREQ=WEEKLY;BYDAY=MO,', 'BYDAY takes weekdays such as MO, 3FR or -1SU.'],
	['FREQ=MONTHLY;BYDAY=0MO', 'BYDAY takes weekdays such as MO, 3FR or -1SU.'],
	['FREQ=WEEKLY;BYDAY=2MO', 'BYDAY takes no numbers with FREQ=WEEKLY.'],
	['FREQ=DAILY;BYDAY=-1MO', 'BYDAY takes no numbers with FREQ=DAILY.'],
	['FREQ=MONTHLY;BYDAY=6MO', 'No month has more than 5 of a weekday.'],
	['FREQ=YEARLY;BYMONTH=5;BYDAY=20MO', 'No month has more than 5 of a weekday.'],
	['FREQ=YEARLY;BYDAY=54MO', 'No year has more than 53 of a weekday.'],
	['FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS needs BYDAY, BYMONTHDAY or BYMONTH to choose from.'],
	['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0', 'BYSETPOS takes numbers from 1 to 366, or -1 to -366 from the end.'],
	['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367', 'BYSETPOS takes numbers from 1 to 366, or -1 to -366 from the end.'],
	['FREQ=WEEKLY;WKST=1MO', 'WKST takes one weekday such as MO.'],
	['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', `${impossible}: none of its months has such a day.`],
	['FREQ=MONTHLY;BYMONTH=4,6,9,11;BYMONTHDAY=31', `${impossible}: none of its months has such a day.`],
	['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=-30', `${impossible}: none of its months has such a day.`],
	['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6', `${impossible}: BYSETPOS asks for more dates than there are.`],
	['FREQ=DAILY;BYDAY=MO;BYSETPOS=-2', `${impossible}: BYSETPOS asks for more dates than there are.`],
	['FREQ=YEARLY;BYMONTHDAY=31;BYSETPOS=8', `${impossible}: BYSETPOS asks for more dates than there are.`],
	['FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=8', `${impossible}.`],
	['FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=28', `${impossible}.`],
	[`FREQ=DAILY;BYMONTHDAY=${'1,'.repeat(1_000_000)}1`, 'Use a rule of at most 500 characters.']
])('%j is refused: %s', (text, message) => {
	expect(parseRule(text)).toEqual({ ok: false, message });
});

test.each([
	'BYHOUR',
	'BYMINUTE',
	'BYSECOND',
	'BYWEEKNO',
	'BYYEARDAY',
	'BYEASTER',
	'TZID',
	'X-FOO',
	'TOSTRING'
])('%s is not supported, and the message says what is', (name) => {
	expect(canonical(`FREQ=DAILY;${name}=1`)).toBe(
		`${name} is not supported. Use FREQ, INTERVAL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS, COUNT, UNTIL, WKST.`
	);
});

test('any text is a rule that reads back as itself, or a sentence', () => {
	const token = fc.constantFrom(
		...['FREQ=', 'DAILY', 'MONTHLY', 'YEARLY', ';', ',', 'BYDAY=', '3FR', 'MO', '-1', 'BYSETPOS=', 'COUNT='],
		...[
			'BYMONTHDAY=',
			'31',
			'UNTIL=',
			'20261224',
			'INTERVAL=',
			'0',
			'BYMONTH=',
			'2',
			'=',
			'\n',
			'WKST=',
			'\0'
		]
	);
	const texts = fc.oneof(
		fc.string({ unit: 'binary', maxLength: 600 }),
		fc.array(fc.oneof(token, fc.string()), { maxLength: 40 }).map((tokens) => `FREQ=${tokens.join('')}`)
	);
	fc.assert(
		fc.property(texts, (text) => {
			const parsed = parseRule(text);
			if (parsed.ok) expect(parseRule(printRule(parsed.rule))).toEqual(parsed);
			else expect(parsed.message).toMatch(/^[A-Z][^\n\0]{5,150}\.$/);
		}),
		{ numRuns: 2000 }
	);
});
