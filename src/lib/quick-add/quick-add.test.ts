import { describe, expect, test } from 'vitest';
import { parseDate, parseQuickAdd, type Draft, type Span } from './quick-add';

const projects = [
	{ id: 'work', name: 'Work' },
	{ id: 'work-home', name: 'Work/Home' },
	{ id: 'two', name: 'Two Words' },
	{ id: 'csharp', name: 'C#' },
	{ id: 'café', name: 'Café' },
	{ id: '東京', name: '東京' }
];

// A Wednesday, at 10:00 in Berlin.
const context = { now: new Date('2026-11-18T09:00:00Z'), timezone: 'Europe/Berlin', projects };

/** `{kind:words}` marks what is recognised. */
function unmark(marked: string): { text: string; spans: Span[] } {
	const spans: Span[] = [];
	let text = '';
	for (const [, kind, inside, outside] of marked.matchAll(/\{(\w+):([^}]*)\}|([^{]+)/g)) {
		if (kind)
			spans.push({ start: text.length, end: text.length + inside!.length, kind: kind as Span['kind'] });
		text += inside ?? outside ?? '';
	}
	return { text, spans };
}

/** A due date as `date` or `date time`, a rule with ` after completion` where that is its basis. */
type Expected = { due?: string; rule?: string; priority?: number; projectId?: string; labels?: string[] };

function summary({ due, recurrence, priority, projectId, labels }: Omit<Draft, 'title'>): Expected {
	const said = {
		due: due && (due.time === null ? due.date : `${due.date} ${due.time}`),
		rule: recurrence && recurrence.rule + (recurrence.basis === 'completion' ? ' after completion' : ''),
		priority,
		projectId,
		labels
	};
	return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

type Case = [marked: string, title: string, expected: Expected];

function check(cases: Case[]) {
	test.each(cases)('%s', (marked, title, expected) => {
		const { text, spans } = unmark(marked);
		const parsed = parseQuickAdd(text, context);
		const { title: parsedTitle, ...fields } = parsed.draft;
		expect({ title: parsedTitle, ...summary(fields) }).toEqual({ title, ...expected });
		expect(parsed.spans).toEqual(spans);
	});
}

function staysTitle(texts: string[]) {
	test.each(texts)('%s', (text) => {
		expect(parseQuickAdd(text, context)).toEqual({ draft: { title: text }, spans: [] });
	});
}

const day = (date: string) => ({ due: date });

describe('days', () => {
	check([
		['Buy milk {due:today}', 'Buy milk', day('2026-11-18')],
		['Buy milk {due:tomorrow}', 'Buy milk', day('2026-11-19')],
		['Buy milk {due:Tomorrow}', 'Buy milk', day('2026-11-19')],
		['Buy milk {due:tmr}', 'Buy milk', day('2026-11-19')],
		['Buy milk {due:day after tomorrow}', 'Buy milk', day('2026-11-20')],
		['Call Ann {due:fri}', 'Call Ann', day('2026-11-20')],
		['Call Ann {due:Friday}', 'Call Ann', day('2026-11-20')],
		['Call Ann {due:on friday}', 'Call Ann', day('2026-11-20')],
		// These say that it is due, so they go with it. In Vikunja they stay.
		['Report {due:by friday}', 'Report', day('2026-11-20')],
		['Report {due:due friday}', 'Report', day('2026-11-20')],
		['Report {due:due on friday}', 'Report', day('2026-11-20')],
		// The day itself counts, in Vikunja too, and as in "every wednesday".
		['Call Ann {due:wednesday}', 'Call Ann', day('2026-11-18')],
		['Call Ann {due:this wednesday}', 'Call Ann', day('2026-11-18')],
		['{due:Thursday} standup notes', 'standup notes', day('2026-11-19')],
		['Call {due:tues} about it', 'Call about it', day('2026-11-24')],
		// "Next" is in the next week, from Monday on. Todoist's is the second to come, so that its next Monday is the
		// 30th; for Vikunja "next friday" is the same as "friday".
		['Call Ann {due:next monday}', 'Call Ann', day('2026-11-23')],
		['Call Ann {due:next wednesday}', 'Call Ann', day('2026-11-25')],
		['Call Ann {due:next fri}', 'Call Ann', day('2026-11-27')],
		['Call Ann {due:next sunday}', 'Call Ann', day('2026-11-29')],
		['Hike {due:this weekend}', 'Hike', day('2026-11-21')],
		['Hike {due:next weekend}', 'Hike', day('2026-11-28')],
		// The first day of it, as Todoist has it for the month. For chrono it is seven days, and a month, from today.
		['Plan {due:next week}', 'Plan', day('2026-11-23')],
		['Plan {due:next month}', 'Plan', day('2026-12-01')],
		['Plan {due:next year}', 'Plan', day('2027-01-01')],
		['Invoice {due:end of month}', 'Invoice', day('2026-11-30')],
		['Invoice {due:by the end of the month}', 'Invoice', day('2026-11-30')],
		['Call Ann {due:in 3 days}', 'Call Ann', day('2026-11-21')],
		['Call Ann {due:in a week}', 'Call Ann', day('2026-11-25')],
		['Call Ann {due:in two weeks}', 'Call Ann', day('2026-12-02')],
		['Call Ann {due:in a couple of days}', 'Call Ann', day('2026-11-20')],
		['Call Ann {due:in 1 month}', 'Call Ann', day('2026-12-18')],
		['Call Ann {due:in 2 years}', 'Call Ann', day('2028-11-18')],
		['Call Ann {due:3 days from now}', 'Call Ann', day('2026-11-21')],
		['Pay {due:27 feb}', 'Pay', day('2027-02-27')],
		['Pay {due:feb 27}', 'Pay', day('2027-02-27')],
		['Pay {due:27th of February}', 'Pay', day('2027-02-27')],
		['Pay {due:27. Feb}', 'Pay', day('2027-02-27')],
		['Pay {due:Feb. 27, 2028}', 'Pay', day('2028-02-27')],
		['Pay {due:27 feb 2028}', 'Pay', day('2028-02-27')],
		['Pay {due:27-Feb-2028}', 'Pay', day('2028-02-27')],
		['Pay {due:on the 27th of february}', 'Pay', day('2027-02-27')],
		['Pay {due:Friday, 27 November}', 'Pay', day('2026-11-27')],
		['Pay {due:18 nov}', 'Pay', day('2026-11-18')],
		['Pay {due:17 nov}', 'Pay', day('2027-11-17')],
		// The next one there is.
		['Celebrate {due:29 feb}', 'Celebrate', day('2028-02-29')],
		['Trip {due:5 may}', 'Trip', day('2027-05-05')],
		['Trip {due:may 5}', 'Trip', day('2027-05-05')],
		['{due:May 5th} trip', 'trip', day('2027-05-05')],
		['{due:5 may 2028} trip', 'trip', day('2028-05-05')],
		['Pay {due:2026-12-24}', 'Pay', day('2026-12-24')],
		['Pay {due:2026-1-5}', 'Pay', day('2026-01-05')],
		['Pay {due:2026/12/24}', 'Pay', day('2026-12-24')],
		['Pay {due:24.12.}', 'Pay', day('2026-12-24')],
		['Pay {due:24.12.2027}', 'Pay', day('2027-12-24')],
		['Pay {due:1.2.} in cash', 'Pay in cash', day('2027-02-01')],
		// Slashes only with a year and where the order is plain. Todoist and Vikunja also take 27/1 and guess.
		['Pay {due:24/12/2026}', 'Pay', day('2026-12-24')],
		['Pay {due:12/24/2026}', 'Pay', day('2026-12-24')],
		// A bare day of the month needs its "on", and nothing of the title behind it. Todoist takes any "15th".
		['Pay {due:on the 15th}', 'Pay', day('2026-12-15')],
		['Pay {due:on the 31st}', 'Pay', day('2026-12-31')],
		// Shortened to what is also a word: only at the end, or with something that says it is a day.
		['Mow the lawn {due:sat}', 'Mow the lawn', day('2026-11-21')],
		['Mow the lawn {due:sat} {label:@garden}', 'Mow the lawn', { due: '2026-11-21', labels: ['garden'] }],
		['Mow the lawn {due:on sun}', 'Mow the lawn', day('2026-11-22')],
		['Mow the lawn {due:next sun}', 'Mow the lawn', day('2026-11-29')]
	]);
});

describe('times', () => {
	check([
		['Buy milk {due:tomorrow 5pm}', 'Buy milk', day('2026-11-19 17:00')],
		['Buy milk {due:tomorrow at 5pm}', 'Buy milk', day('2026-11-19 17:00')],
		['Buy milk {due:tomorrow, 5 PM}', 'Buy milk', day('2026-11-19 17:00')],
		['Buy milk {due:tomorrow 5:30 p.m.}', 'Buy milk', day('2026-11-19 17:30')],
		['Buy milk {due:tomorrow 17:30}', 'Buy milk', day('2026-11-19 17:30')],
		['Buy milk {due:tomorrow 9:05}', 'Buy milk', day('2026-11-19 09:05')],
		['Buy milk {due:5pm tomorrow}', 'Buy milk', day('2026-11-19 17:00')],
		['Buy milk {due:at 17:30 on friday}', 'Buy milk', day('2026-11-20 17:30')],
		['Buy milk {due:fri 12am}', 'Buy milk', day('2026-11-20 00:00')],
		['Buy milk {due:fri 12pm}', 'Buy milk', day('2026-11-20 12:00')],
		['Buy milk {due:friday noon}', 'Buy milk', day('2026-11-20 12:00')],
		['Buy milk {due:by friday 5pm}', 'Buy milk', day('2026-11-20 17:00')],
		['Buy milk {due:27 feb 2027 17:30}', 'Buy milk', day('2027-02-27 17:30')],
		['Buy milk {due:2026-12-24T17:30}', 'Buy milk', day('2026-12-24 17:30')],
		['Buy milk {due:24.12. 17:30}', 'Buy milk', day('2026-12-24 17:30')],
		['Buy milk {due:sun 5pm}', 'Buy milk', day('2026-11-22 17:00')],
		['{due:sat 9am} market', 'market', day('2026-11-21 09:00')],
		// Alone, a time is the next such time, as in Todoist. Vikunja makes it today's, even if that is over.
		['Call Ann {due:at 17:30}', 'Call Ann', day('2026-11-18 17:30')],
		['Call Ann {due:at 8:15}', 'Call Ann', day('2026-11-19 08:15')],
		['Call Ann {due:5pm}', 'Call Ann', day('2026-11-18 17:00')],
		['Call Ann {due:9am} about it', 'Call Ann about it', day('2026-11-19 09:00')],
		['Call Ann {due:@ 5pm}', 'Call Ann', day('2026-11-18 17:00')],
		['Call Ann {due:by 5pm}', 'Call Ann', day('2026-11-18 17:00')],
		['Lunch {due:noon}', 'Lunch', day('2026-11-18 12:00')],
		['Dentist {due:17:30}', 'Dentist', day('2026-11-18 17:30')],
		['{due:17:30} dentist', 'dentist', day('2026-11-18 17:30')],
		// Over today, so next week's.
		['Call Ann {due:wednesday 9am}', 'Call Ann', day('2026-11-25 09:00')],
		['Call Ann {due:wednesday 11am}', 'Call Ann', day('2026-11-18 11:00')],
		// An hour alone only with a day and between "at" and the end, on the 24-hour clock, as in both.
		['Call Ann {due:tomorrow at 9}', 'Call Ann', day('2026-11-19 09:00')],
		['Call Ann {due:at 9 on monday}', 'Call Ann', day('2026-11-23 09:00')],
		['Table {due:tomorrow} at 5 people', 'Table at 5 people', day('2026-11-19')],
		// Todoist's hours for the parts of the day.
		['Call Ann {due:tomorrow morning}', 'Call Ann', day('2026-11-19 09:00')],
		['Call Ann {due:friday afternoon}', 'Call Ann', day('2026-11-20 12:00')],
		['Call Ann {due:friday evening}', 'Call Ann', day('2026-11-20 19:00')],
		['Call Ann {due:friday evening at 8}', 'Call Ann', day('2026-11-20 20:00')],
		['Call Ann {due:tomorrow in the morning}', 'Call Ann', day('2026-11-19 09:00')],
		['Call Ann {due:this evening}', 'Call Ann', day('2026-11-18 19:00')],
		// 21:00 in Vikunja.
		['Call Ann {due:tonight}', 'Call Ann', day('2026-11-18 22:00')],
		['Call Ann {due:tonight at 8}', 'Call Ann', day('2026-11-18 20:00')],
		['Call Ann {due:8pm tonight}', 'Call Ann', day('2026-11-18 20:00')],
		['Call Ann {due:in 2 hours}', 'Call Ann', day('2026-11-18 12:00')],
		['Call Ann {due:in 45 min}', 'Call Ann', day('2026-11-18 10:45')],
		['Call Ann {due:in an hour}', 'Call Ann', day('2026-11-18 11:00')],
		// Of two hours the first is when it is due.
		['Meet {due:tomorrow 3pm} - 5pm', 'Meet - 5pm', day('2026-11-19 15:00')],
		['Meet {due:tomorrow 3pm} to 5pm', 'Meet to 5pm', day('2026-11-19 15:00')],
		// "Midnight" would be the one before or the one after.
		['Call Ann {due:tomorrow} at midnight', 'Call Ann at midnight', day('2026-11-19')]
	]);
});

const repeats = (marked: string, title: string, due: string, rule: string): Case => [
	marked,
	title,
	{ due, rule }
];

describe('recurrences', () => {
	check([
		repeats('Run {recurrence:every day}', 'Run', '2026-11-18', 'FREQ=DAILY'),
		repeats('Run {recurrence:Every Day}', 'Run', '2026-11-18', 'FREQ=DAILY'),
		repeats('{recurrence:every day} run', 'run', '2026-11-18', 'FREQ=DAILY'),
		repeats('Run {recurrence:each day}', 'Run', '2026-11-18', 'FREQ=DAILY'),
		repeats('Run {recurrence:ev day}', 'Run', '2026-11-18', 'FREQ=DAILY'),
		repeats('Run {recurrence:every 3 days}', 'Run', '2026-11-18', 'FREQ=DAILY;INTERVAL=3'),
		repeats('Run {recurrence:every three days}', 'Run', '2026-11-18', 'FREQ=DAILY;INTERVAL=3'),
		repeats('Run {recurrence:every 3rd day}', 'Run', '2026-11-18', 'FREQ=DAILY;INTERVAL=3'),
		repeats('Run {recurrence:every other day}', 'Run', '2026-11-18', 'FREQ=DAILY;INTERVAL=2'),
		repeats('Run {recurrence:every 1 day}', 'Run', '2026-11-18', 'FREQ=DAILY'),
		// Vikunja knows units only: for all the weekdays below it takes the day and forgets the rest.
		repeats('Run {recurrence:every weekday}', 'Run', '2026-11-18', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'),
		repeats('Run {recurrence:every workday}', 'Run', '2026-11-18', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'),
		repeats('Run {recurrence:every mon, fri}', 'Run', '2026-11-20', 'FREQ=WEEKLY;BYDAY=MO,FR'),
		repeats('Run {recurrence:every fri and mon}', 'Run', '2026-11-20', 'FREQ=WEEKLY;BYDAY=MO,FR'),
		repeats('Run {recurrence:every mon, wed and sun}', 'Run', '2026-11-18', 'FREQ=WEEKLY;BYDAY=MO,WE,SU'),
		repeats('Run {recurrence:every mon/thu}', 'Run', '2026-11-19', 'FREQ=WEEKLY;BYDAY=MO,TH'),
		repeats('Run {recurrence:every mon wed fri}', 'Run', '2026-11-18', 'FREQ=WEEKLY;BYDAY=MO,WE,FR'),
		repeats('Run {recurrence:every fri-mon}', 'Run', '2026-11-20', 'FREQ=WEEKLY;BYDAY=MO,FR,SA,SU'),
		repeats('Run {recurrence:every Wednesday}', 'Run', '2026-11-18', 'FREQ=WEEKLY;BYDAY=WE'),
		repeats('Run {recurrence:every sun}', 'Run', '2026-11-22', 'FREQ=WEEKLY;BYDAY=SU'),
		repeats('Run {recurrence:every other fri}', 'Run', '2026-11-20', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=FR'),
		// Saturday, as in Todoist.
		repeats('Run {recurrence:every weekend}', 'Run', '2026-11-21', 'FREQ=WEEKLY;BYDAY=SA'),
		repeats('Run {recurrence:every week}', 'Run', '2026-11-18', 'FREQ=WEEKLY'),
		repeats('Run {recurrence:every 2 weeks}', 'Run', '2026-11-18', 'FREQ=WEEKLY;INTERVAL=2'),
		repeats('Run {recurrence:every other week}', 'Run', '2026-11-18', 'FREQ=WEEKLY;INTERVAL=2'),
		repeats('Run {recurrence:every second week}', 'Run', '2026-11-18', 'FREQ=WEEKLY;INTERVAL=2'),
		repeats(
			'Run {recurrence:every 2 weeks on mon, fri}',
			'Run',
			'2026-11-20',
			'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR'
		),
		repeats('Pay {recurrence:every month}', 'Pay', '2026-11-18', 'FREQ=MONTHLY'),
		repeats('Pay {recurrence:every 3 months}', 'Pay', '2026-11-18', 'FREQ=MONTHLY;INTERVAL=3'),
		repeats('Pay {recurrence:every quarter}', 'Pay', '2026-11-18', 'FREQ=MONTHLY;INTERVAL=3'),
		repeats('Pay {recurrence:every 15th}', 'Pay', '2026-12-15', 'FREQ=MONTHLY;BYMONTHDAY=15'),
		[
			'Pay {recurrence:every 15th} {label:@home}',
			'Pay',
			{ due: '2026-12-15', rule: 'FREQ=MONTHLY;BYMONTHDAY=15', labels: ['home'] }
		],
		repeats('Pay {recurrence:every 1st and 15th}', 'Pay', '2026-12-01', 'FREQ=MONTHLY;BYMONTHDAY=1,15'),
		repeats('{recurrence:Every 5th of the month} pay', 'pay', '2026-12-05', 'FREQ=MONTHLY;BYMONTHDAY=5'),
		repeats('Pay {recurrence:every 5th day of the month}', 'Pay', '2026-12-05', 'FREQ=MONTHLY;BYMONTHDAY=5'),
		repeats('Pay {recurrence:every month on the 31st}', 'Pay', '2026-11-30', 'FREQ=MONTHLY;BYMONTHDAY=31'),
		repeats(
			'Pay {recurrence:every 2 months on the 1st}',
			'Pay',
			'2026-12-01',
			'FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1'
		),
		repeats('Pay {recurrence:every last day}', 'Pay', '2026-11-30', 'FREQ=MONTHLY;BYMONTHDAY=-1'),
		repeats(
			'Pay {recurrence:every last day of the month}',
			'Pay',
			'2026-11-30',
			'FREQ=MONTHLY;BYMONTHDAY=-1'
		),
		repeats('Pay {recurrence:every first day}', 'Pay', '2026-12-01', 'FREQ=MONTHLY;BYMONTHDAY=1'),
		repeats('Meet {recurrence:every 3rd friday}', 'Meet', '2026-11-20', 'FREQ=MONTHLY;BYDAY=3FR'),
		repeats('Meet {recurrence:every third friday}', 'Meet', '2026-11-20', 'FREQ=MONTHLY;BYDAY=3FR'),
		repeats('Meet {recurrence:every second friday}', 'Meet', '2026-12-11', 'FREQ=MONTHLY;BYDAY=2FR'),
		repeats('Meet {recurrence:every 1st and 3rd mon}', 'Meet', '2026-12-07', 'FREQ=MONTHLY;BYDAY=1MO,3MO'),
		repeats(
			'Meet {recurrence:every last friday of the month}',
			'Meet',
			'2026-11-27',
			'FREQ=MONTHLY;BYDAY=-1FR'
		),
		repeats(
			'Meet {recurrence:every month on the 3rd friday}',
			'Meet',
			'2026-11-20',
			'FREQ=MONTHLY;BYDAY=3FR'
		),
		repeats(
			'Pay {recurrence:every last workday}',
			'Pay',
			'2026-11-30',
			'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1'
		),
		repeats('Party {recurrence:every year}', 'Party', '2026-11-18', 'FREQ=YEARLY'),
		repeats('Party {recurrence:every 27 feb}', 'Party', '2027-02-27', 'FREQ=YEARLY;BYMONTHDAY=27;BYMONTH=2'),
		repeats(
			'Party {recurrence:every Feb 27th}',
			'Party',
			'2027-02-27',
			'FREQ=YEARLY;BYMONTHDAY=27;BYMONTH=2'
		),
		repeats(
			'Party {recurrence:every year on 27 feb}',
			'Party',
			'2027-02-27',
			'FREQ=YEARLY;BYMONTHDAY=27;BYMONTH=2'
		),
		// From the day it is done. Vikunja has no sign for it.
		repeats(
			'Water {recurrence:every! 10 days}',
			'Water',
			'2026-11-18',
			'FREQ=DAILY;INTERVAL=10 after completion'
		),
		repeats('Water {recurrence:every! mon}', 'Water', '2026-11-23', 'FREQ=WEEKLY;BYDAY=MO after completion'),
		// With a time.
		repeats('Run {recurrence:every day at 9am}', 'Run', '2026-11-18 09:00', 'FREQ=DAILY'),
		repeats('Run {recurrence:every day 17:30}', 'Run', '2026-11-18 17:30', 'FREQ=DAILY'),
		repeats('Run {recurrence:every mon at 9}', 'Run', '2026-11-23 09:00', 'FREQ=WEEKLY;BYDAY=MO'),
		repeats('Run {recurrence:every mon morning}', 'Run', '2026-11-23 09:00', 'FREQ=WEEKLY;BYDAY=MO'),
		repeats('Run {recurrence:every morning}', 'Run', '2026-11-18 09:00', 'FREQ=DAILY'),
		repeats('Run {recurrence:every evening}', 'Run', '2026-11-18 19:00', 'FREQ=DAILY'),
		repeats('Run {due:5pm} {recurrence:every mon}', 'Run', '2026-11-23 17:00', 'FREQ=WEEKLY;BYDAY=MO'),
		// With a beginning and an end.
		repeats('Run {recurrence:every day until 24 dec}', 'Run', '2026-11-18', 'FREQ=DAILY;UNTIL=20261224'),
		repeats('Run {recurrence:every day ending 24 dec}', 'Run', '2026-11-18', 'FREQ=DAILY;UNTIL=20261224'),
		repeats('Run {recurrence:every day for 5 times}', 'Run', '2026-11-18', 'FREQ=DAILY;COUNT=5'),
		repeats('Run {recurrence:every day for 3 weeks}', 'Run', '2026-11-18', 'FREQ=DAILY;UNTIL=20261208'),
		repeats('Run {recurrence:every day starting next monday}', 'Run', '2026-11-23', 'FREQ=DAILY'),
		repeats(
			'Run {recurrence:every day from 1 dec until 24 dec}',
			'Run',
			'2026-12-01',
			'FREQ=DAILY;UNTIL=20261224'
		),
		// The end is after the beginning.
		repeats(
			'Run {recurrence:every day from 1 dec until 5 nov}',
			'Run',
			'2026-12-01',
			'FREQ=DAILY;UNTIL=20271105'
		),
		repeats('Run {recurrence:every mon starting 1 dec}', 'Run', '2026-12-07', 'FREQ=WEEKLY;BYDAY=MO'),
		repeats(
			'Run {recurrence:every 2 weeks on mon at 9am starting 1 dec for 5 times}',
			'Run',
			'2026-12-07 09:00',
			'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=5'
		),
		// A date elsewhere is the first, if the rule allows it.
		repeats('Run {due:tomorrow} {recurrence:every 3 days}', 'Run', '2026-11-19', 'FREQ=DAILY;INTERVAL=3'),
		repeats('Run {recurrence:every mon} {due:27 nov}', 'Run', '2026-11-30', 'FREQ=WEEKLY;BYDAY=MO'),
		// At the end these say how often, elsewhere they name things. Todoist and Vikunja take them everywhere.
		repeats('Water plants {recurrence:weekly}', 'Water plants', '2026-11-18', 'FREQ=WEEKLY'),
		[
			'Water plants {recurrence:daily at 9am} {priority:p1}',
			'Water plants',
			{ due: '2026-11-18 09:00', rule: 'FREQ=DAILY', priority: 1 }
		],
		repeats('Water plants {recurrence:weekly on mon}', 'Water plants', '2026-11-23', 'FREQ=WEEKLY;BYDAY=MO'),
		repeats(
			'Backup {recurrence:monthly until 24 dec}',
			'Backup',
			'2026-11-18',
			'FREQ=MONTHLY;UNTIL=20261224'
		),
		repeats('Review {recurrence:quarterly}', 'Review', '2026-11-18', 'FREQ=MONTHLY;INTERVAL=3'),
		repeats('Taxes {recurrence:yearly}', 'Taxes', '2026-11-18', 'FREQ=YEARLY')
	]);

	describe('what RRULE or we cannot say stays title', () => {
		staysTitle([
			'Run every',
			'Run every f',
			'Run every 2',
			'Run every 0 days',
			'Run every days',
			'Run every hour',
			'Run every day except sunday',
			'Run every 2 weekdays',
			'Run every 6th friday',
			'Run every 32nd',
			'Run every 31 feb',
			'Run every friday until today',
			'Every 5th customer gets a gift',
			'Ask everyone',
			'Every dog has its day',
			'Weekly review',
			'Create monthly report',
			'Read the daily',
			'Daily standup notes'
		]);
	});
});

describe('projects, labels, priorities', () => {
	check([
		['Fix it {project:#Work}', 'Fix it', { projectId: 'work' }],
		['Fix it {project:#work}', 'Fix it', { projectId: 'work' }],
		['{project:#WORK} fix it', 'fix it', { projectId: 'work' }],
		['Fix {project:#work/home} roof', 'Fix roof', { projectId: 'work-home' }],
		['Fix {project:#Work}, then rest', 'Fix, then rest', { projectId: 'work' }],
		['Learn {project:#C#}', 'Learn', { projectId: 'csharp' }],
		['Learn {project:#c#}. Then rest', 'Learn. Then rest', { projectId: 'csharp' }],
		['Visit {project:#cafe\u0301}', 'Visit', { projectId: 'café' }],
		['Visit {project:#東京}', 'Visit', { projectId: '東京' }],
		// Names with spaces need quotes, as in Vikunja, so that one sees where they end.
		['Fix it {project:#"two words"}', 'Fix it', { projectId: 'two' }],
		['Fix it {project:#“Two words”}', 'Fix it', { projectId: 'two' }],
		['Fix #work {project:#c#}', 'Fix #work', { projectId: 'csharp' }],
		['Fix {project:#work} #unknown', 'Fix #unknown', { projectId: 'work' }],
		['Clean {label:@home}', 'Clean', { labels: ['home'] }],
		['{label:@home} clean {label:@quick}', 'clean', { labels: ['home', 'quick'] }],
		['Clean {label:@home-office} {label:@a_b/c+d}', 'Clean', { labels: ['home-office', 'a_b/c+d'] }],
		['Clean {label:@büro} {label:@家} {label:@дом}', 'Clean', { labels: ['büro', '家', 'дом'] }],
		['Clean {label:@🏠} {label:@2026}', 'Clean', { labels: ['🏠', '2026'] }],
		['Clean {label:@home}, then rest', 'Clean, then rest', { labels: ['home'] }],
		['Clean {label:@home} up {label:@Home}', 'Clean up', { labels: ['home'] }],
		[`Clean {label:@${'a'.repeat(50)}}`, 'Clean', { labels: ['a'.repeat(50)] }],
		['Call {label:@5pm}', 'Call', { labels: ['5pm'] }],
		['Fix it {priority:p1}', 'Fix it', { priority: 1 }],
		['Fix it {priority:P2}', 'Fix it', { priority: 2 }],
		['{priority:p4} fix it', 'fix it', { priority: 4 }],
		['Fix it {priority:p3}!', 'Fix it!', { priority: 3 }],
		// One corrects oneself to the right. Vikunja takes the first project and priority, and today before any monday.
		['Fix the p1 bug {priority:p2}', 'Fix the p1 bug', { priority: 2 }],
		['Move friday meeting to {due:monday}', 'Move friday meeting to', day('2026-11-23')],
		['Run every day{recurrence:, every week}', 'Run every day', { due: '2026-11-18', rule: 'FREQ=WEEKLY' }],
		[
			'Call Ann {due:tomorrow at 9am} {project:#work} {label:@phone} {label:@quick} {priority:p1}',
			'Call Ann',
			{ due: '2026-11-19 09:00', projectId: 'work', labels: ['phone', 'quick'], priority: 1 }
		]
	]);
});

describe('what stays title', () => {
	staysTitle([
		'Buy milk',
		'Sat nav',
		"Friday's notes",
		'Mondays are long',
		'You may 2 times',
		'Only 5 may attend',
		'March 5 miles',
		'March to the office',
		'The second try',
		'Enjoy the sun',
		'Sun',
		'Buy sun cream',
		'They wed in Rome',
		'Mon Cheri for Ann',
		'Read suntoday',
		'Fried fish',
		'Fri.day',
		'Black Friday deals',
		'Plan Good Friday lunch',
		'Notes from last friday',
		'Finish before friday',
		'Call after 5pm',
		'Call friday or saturday',
		'Call today or tomorrow',
		'Conference mon to fri',
		'Open mon-fri',
		'Open 9-17',
		'Meet 5pm-6pm',
		'Dinner at 5 people',
		'Meet 3',
		'Meet at 3',
		'Read John 3:16',
		'Buy a 16:10 monitor',
		'Wake at 25:00',
		'Wake 13pm',
		'p5 is nothing',
		'p1a',
		'map1',
		'x #',
		'x @',
		'x @ y',
		'@@home',
		'@-',
		'Work #unknown',
		'Do #"two words',
		'Do #two words',
		'Do # work',
		'(#work)',
		'Mail ann@example.com',
		'Mail @example.com',
		'See https://example.com/#work',
		'See https://example.com/@home/p1',
		'See x.com/2026-12-24',
		'C# in depth',
		`Clean @${'a'.repeat(51)}`,
		'24.12.5 release',
		'Section 24.12 of it',
		'Version 1.2.26',
		'v2026.12.24',
		'31.2. is none',
		'2026-02-30 is none',
		'2026-13-01 is none',
		'31 feb is none',
		'Room 2026-12-24-5',
		'10.5 kg flour',
		'1/2 cup sugar',
		'3/4/2027 could be two days',
		'$5 or 5€',
		'5 pm2 servers',
		'Live on the 5th floor',
		'Build in 3D',
		'Lost in 5',
		'In the end',
		'A week in may',
		'Winter is coming',
		'Yesterday once more',
		'Call (tomorrow)',
		'Say "tomorrow" twice',
		'a\u200btomorrow'
	]);
});

describe('escapes', () => {
	check([
		['Watch \\tomorrow never dies', 'Watch tomorrow never dies', {}],
		['Watch \\next monday show', 'Watch next monday show', {}],
		['\\every day matters', 'every day matters', {}],
		['Fix \\p1 bug', 'Fix p1 bug', {}],
		['Tweet \\@home', 'Tweet @home', {}],
		['Tweet \\#work', 'Tweet #work', {}],
		['Tweet \\#unknown', 'Tweet #unknown', {}],
		['Watch \\tomorrow {due:friday}', 'Watch tomorrow', day('2026-11-20')],
		// A backslash that keeps nothing from anything is a backslash.
		['Wave \\o/', 'Wave \\o/', {}],
		['Open C:\\today', 'Open C:\\today', {}],
		['Open \\\\server\\share', 'Open \\\\server\\share', {}],
		['a \\ b', 'a \\ b', {}],
		['"call tomorrow p1"', 'call tomorrow p1', {}],
		["'call tomorrow'", 'call tomorrow', {}],
		['“call tomorrow”', 'call tomorrow', {}],
		['  "call tomorrow"  ', 'call tomorrow', {}],
		['"Read "Dune" tomorrow"', 'Read "Dune" tomorrow', {}],
		["'don't call tomorrow'", "don't call tomorrow", {}],
		['"Emma" and "Dune"', '"Emma" and "Dune"', {}],
		['"Emma" {due:tomorrow}', '"Emma"', day('2026-11-19')],
		['\\"call tomorrow"', '"call tomorrow"', {}],
		['""', '""', {}]
	]);
});

describe('the title that is left', () => {
	check([
		['  Buy   milk  {due:tomorrow}   and  eggs ', 'Buy milk and eggs', day('2026-11-19')],
		['Buy\tmilk\n{due:tomorrow}', 'Buy milk', day('2026-11-19')],
		['Call Ann {due:tomorrow}, then Bob', 'Call Ann, then Bob', day('2026-11-19')],
		['Call Ann {due:tomorrow}!', 'Call Ann!', day('2026-11-19')],
		['(call Ann {due:tomorrow})', '(call Ann)', day('2026-11-19')],
		// What only sets the tokens off goes with them.
		['{due:Tomorrow,} call Ann', 'call Ann', day('2026-11-19')],
		['{due:Tomorrow:} call Ann', 'call Ann', day('2026-11-19')],
		['{due:Tomorrow -} call Ann', 'call Ann', day('2026-11-19')],
		['Call Ann{due:, tomorrow}', 'Call Ann', day('2026-11-19')],
		['Call Ann{due: - tomorrow}', 'Call Ann', day('2026-11-19')],
		['Call Ann{due:, tomorrow,} {priority:p1}', 'Call Ann', { due: '2026-11-19', priority: 1 }],
		// Some verbs keep their preposition.
		['Log on {due:tomorrow}', 'Log on', day('2026-11-19')],
		['Log on {due:friday}', 'Log on', day('2026-11-20')],
		['Drop by {due:tomorrow 5pm}', 'Drop by', day('2026-11-19 17:00')],
		// A task needs a title, and this is the only one there is.
		['tomorrow', 'tomorrow', {}],
		['tomorrow!', 'tomorrow!', {}],
		['#work @home p1', '#work @home p1', {}],
		['every day', 'every day', {}],
		['', '', {}],
		['   ', '', {}]
	]);
});

test('a task has at most 50 labels', () => {
	const words = Array.from({ length: 51 }, (_, index) => `@label${index}`);
	const { draft, spans } = parseQuickAdd(`x ${words.join(' ')} @LABEL0`, context);
	expect(draft.title).toBe('x @label50');
	expect(draft.labels).toHaveLength(50);
	expect(spans).toHaveLength(51);
});

describe('today is the one on the wall of the user', () => {
	test.each([
		['2026-11-18T10:30:00Z', 'Pacific/Apia', 'today', '2026-11-18'],
		['2026-11-18T11:30:00Z', 'Pacific/Apia', 'today', '2026-11-19'],
		['2026-11-19T04:59:00Z', 'America/New_York', 'today', '2026-11-18'],
		['2026-11-19T05:00:00Z', 'America/New_York', 'today', '2026-11-19'],
		['2026-11-18T18:14:00Z', 'Asia/Kathmandu', 'tomorrow', '2026-11-19'],
		['2026-11-18T18:15:00Z', 'Asia/Kathmandu', 'tomorrow', '2026-11-20'],
		['2026-11-18T23:30:00Z', 'Europe/Berlin', 'fri', '2026-11-20'],
		['2026-12-31T23:30:00Z', 'Europe/Berlin', '1 jan', '2027-01-01'],
		['2026-12-31T22:30:00Z', 'Europe/Berlin', '31 dec', '2026-12-31'],
		// 31 January and a month.
		['2026-01-31T12:00:00Z', 'UTC', 'in 1 month', '2026-02-28'],
		['2026-11-30T12:00:00Z', 'UTC', 'in 3 months', '2027-02-28'],
		['2028-02-29T12:00:00Z', 'UTC', 'in 1 year', '2029-02-28'],
		// A month, a year and a leap year on.
		['2026-01-31T12:00:00Z', 'UTC', 'on the 30th', '2026-03-30'],
		['2026-12-31T12:00:00Z', 'UTC', 'next month', '2027-01-01'],
		['2096-03-01T12:00:00Z', 'UTC', '29 feb', '2104-02-29'],
		// Sundays belong to the week that ends.
		['2026-11-22T12:00:00Z', 'UTC', 'next monday', '2026-11-23'],
		['2026-11-22T12:00:00Z', 'UTC', 'next sunday', '2026-11-29'],
		['2026-11-22T12:00:00Z', 'UTC', 'this weekend', '2026-11-22'],
		['2026-11-23T12:00:00Z', 'UTC', 'next monday', '2026-11-30'],
		// Over the changes of the clocks: an hour is an hour, a day is a day.
		['2026-03-29T00:30:00Z', 'Europe/Berlin', 'in 1 hour', '2026-03-29 03:30'],
		['2026-10-25T00:30:00Z', 'Europe/Berlin', 'in 1 hour', '2026-10-25 02:30'],
		['2026-03-28T22:30:00Z', 'Europe/Berlin', 'in 1 day', '2026-03-29'],
		['2026-11-01T03:59:00Z', 'America/New_York', 'in 1 day', '2026-11-01'],
		['2026-03-28T12:00:00Z', 'Europe/Berlin', 'tomorrow 2:30', '2026-03-29 02:30'],
		['2026-11-18T23:50:00Z', 'UTC', 'in 20 minutes', '2026-11-19 00:10'],
		['2026-11-18T12:00:30Z', 'UTC', 'at 12:00', '2026-11-18 12:00'],
		['2026-11-18T12:01:00Z', 'UTC', 'at 12:00', '2026-11-19 12:00'],
		// Samoa had no 30 December 2011.
		['2011-12-30T09:00:00Z', 'Pacific/Apia', 'tomorrow', '2011-12-30'],
		['2011-12-30T10:00:00Z', 'Pacific/Apia', 'today', '2011-12-31']
	])('%s in %s: %s', (now, timezone, text, due) => {
		const { draft } = parseQuickAdd(`x ${text}`, { now: new Date(now), timezone, projects: [] });
		expect(summary(draft).due).toBe(due);
	});

	test('a timezone that this runtime does not know is taken for UTC', () => {
		const { draft } = parseQuickAdd('x today', { ...context, timezone: 'Moon/Tranquility' });
		expect(draft.due?.date).toBe('2026-11-18');
	});
});

describe('a date and nothing else', () => {
	test.each([
		['today', '2026-11-18'],
		[' Tomorrow ', '2026-11-19'],
		['tomorrow 5pm', '2026-11-19 17:00'],
		['5pm tomorrow', '2026-11-19 17:00'],
		['17:30', '2026-11-18 17:30'],
		['2026-12-24', '2026-12-24'],
		['24.12.', '2026-12-24'],
		['27 feb', '2027-02-27'],
		['in 3 days', '2026-11-21'],
		['next monday', '2026-11-23'],
		// Alone there is nothing else that they could mean.
		['sun', '2026-11-22'],
		['sat', '2026-11-21'],
		['may 5', '2027-05-05'],
		['15th', '2026-12-15'],
		['march', '2027-03-01'],
		['march 2027', '2027-03-01'],
		// A filter looks back, too.
		['yesterday', '2026-11-17'],
		['3 days ago', '2026-11-15'],
		['a month ago', '2026-10-18'],
		['last friday', '2026-11-13']
	])('%s', (text, due) => {
		const date = parseDate(text, context);
		expect(date && summary({ due: date }).due).toBe(due);
	});

	test.each([
		'',
		' ',
		'x',
		'5',
		'every day',
		'tomorrow x',
		'sat nav',
		'1/2',
		'24.12',
		'2026-02-30',
		'p1',
		'mon to fri'
	])('"%s" is none', (text) => {
		expect(parseDate(text, context)).toBeNull();
	});
});
