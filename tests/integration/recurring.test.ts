import { expect, test } from 'vitest';
import { calendarDate, formatDay, parseDay, todayIn, weekdayOf } from '../../src/lib/recurrence/calendar';
import { signUp } from './harness';

const day = (date: string) => parseDay(date) ?? NaN;
const plus = (date: string, days: number) => formatDay(day(date) + days);
const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia', 'Pacific/Pago_Pago'];

type Basis = 'schedule' | 'completion';

/** Completes a task again and again: the dates that it moves to, and null once it is over. */
async function walk(
	start: { due?: { date: string; time?: string | null }; rule: string; basis?: Basis },
	{ steps, timezone = 'Europe/Berlin' }: { steps: number; timezone?: string }
) {
	const { api } = await signUp({ timezone });
	const recurrence = { rule: start.rule, basis: start.basis };
	const { id, due } = await api.tasks.create({ title: 'Again', due: start.due, recurrence });
	const dates: (string | null)[] = [];
	for (let step = 0; step < steps; step++) {
		const task = await api.tasks.setCompleted({ id, completed: true });
		dates.push(task.completedAt === null ? (task.due?.date ?? '') : null);
		expect(task.due?.time).toBe(start.due?.time ?? null);
	}
	return { first: due?.date, dates, api, id };
}

test.each<
	[name: string, rule: string, due: { date: string; time?: string }, dates: string[], timezone?: string]
>([
	['a leap day, monthly', 'FREQ=MONTHLY', { date: '2028-01-31' }, ['2028-02-29', '2028-03-31', '2028-04-30']],
	[
		'no leap day, monthly',
		'FREQ=MONTHLY',
		{ date: '2027-01-31' },
		['2027-02-28', '2027-03-31', '2027-04-30']
	],
	['the 30th', 'FREQ=MONTHLY', { date: '2027-12-30' }, ['2028-01-30', '2028-02-29', '2028-03-30']],
	[
		'a leap day, yearly',
		'FREQ=YEARLY',
		{ date: '2028-02-29' },
		['2029-02-28', '2030-02-28', '2031-02-28', '2032-02-29']
	],
	[
		'the last day',
		'FREQ=MONTHLY;BYMONTHDAY=-1',
		{ date: '2028-01-31' },
		['2028-02-29', '2028-03-31', '2028-04-30']
	],
	[
		'every 3rd friday',
		'FREQ=MONTHLY;BYDAY=3FR',
		{ date: '2027-01-15' },
		['2027-02-19', '2027-03-19', '2027-04-16']
	],
	['mon, fri', 'FREQ=WEEKLY;BYDAY=MO,FR', { date: '2027-01-01' }, ['2027-01-04', '2027-01-08', '2027-01-11']],
	[
		'every other week',
		'FREQ=WEEKLY;INTERVAL=2',
		{ date: '2027-12-20' },
		['2028-01-03', '2028-01-17', '2028-01-31']
	],
	[
		'weekdays, thrice in a row',
		'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
		{ date: '2027-01-07' },
		['2027-01-08', '2027-01-11', '2027-01-12']
	],
	...zones.map(
		(zone) =>
			[
				`spring in ${zone}`,
				'FREQ=DAILY',
				{ date: '2027-03-13', time: '02:30' },
				['2027-03-14', '2027-03-15', '2027-03-16'],
				zone
			] as [string, string, { date: string; time: string }, string[], string]
	),
	[
		'spring in Berlin',
		'FREQ=DAILY',
		{ date: '2027-03-27', time: '02:30' },
		['2027-03-28', '2027-03-29'],
		'Europe/Berlin'
	],
	[
		'autumn in Berlin',
		'FREQ=DAILY',
		{ date: '2027-10-30', time: '02:30' },
		['2027-10-31', '2027-11-01'],
		'Europe/Berlin'
	],
	[
		'autumn in New York',
		'FREQ=WEEKLY',
		{ date: '2027-10-31', time: '01:30' },
		['2027-11-07', '2027-11-14'],
		'America/New_York'
	]
])('%s', async (_, rule, due, expected, timezone) => {
	const { dates } = await walk({ rule, due }, { steps: expected.length, timezone });
	expect(dates).toEqual(expected);
});

test.each(zones)('in %s, late is counted from the day that it is there', async (timezone) => {
	const today = todayIn(timezone, new Date());
	const late = await walk({ rule: 'FREQ=DAILY', due: { date: plus(today, -40) } }, { steps: 2, timezone });
	expect(late.dates).toEqual([plus(today, 1), plus(today, 2)]);
	// On its own weekday, whatever day it is done.
	const weekly = await walk({ rule: 'FREQ=WEEKLY', due: { date: plus(today, -10) } }, { steps: 1, timezone });
	expect(weekly.dates).toEqual([plus(today, 4)]);
	const early = await walk({ rule: 'FREQ=DAILY', due: { date: plus(today, 3) } }, { steps: 1, timezone });
	expect(early.dates).toEqual([plus(today, 4)]);
	const after = await walk(
		{ rule: 'FREQ=DAILY;INTERVAL=10', basis: 'completion', due: { date: plus(today, -3) } },
		{ steps: 2, timezone }
	);
	expect(after.dates).toEqual([plus(today, 10), plus(today, 10)]);
	const undated = await walk({ rule: 'FREQ=DAILY' }, { steps: 1, timezone });
	expect([undated.first, ...undated.dates]).toEqual([today, plus(today, 1)]);
});

test('a weekday task that is late goes to the next weekday, and not through those that were missed', async () => {
	const today = todayIn('Europe/Berlin', new Date());
	const { dates } = await walk(
		{ rule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', due: { date: plus(today, -21) } },
		{ steps: 1 }
	);
	const next = [1, 2, 3].map((days) => plus(today, days)).find((date) => weekdayOf(day(date)) < 5);
	expect(dates).toEqual([next]);
	expect(calendarDate(day(dates[0] ?? '')).year).toBeGreaterThan(2000);
});

test('a count and an end are the end, and what was the last one stays done', async () => {
	const counted = await walk({ rule: 'FREQ=DAILY;COUNT=3', due: { date: '2030-01-01' } }, { steps: 4 });
	expect(counted.dates).toEqual(['2030-01-02', '2030-01-03', null, null]);
	const ended = await walk({ rule: 'FREQ=WEEKLY;UNTIL=20300115', due: { date: '2030-01-01' } }, { steps: 3 });
	expect(ended.dates).toEqual(['2030-01-08', '2030-01-15', null]);
	const done = (await ended.api.tasks.list({ view: 'completed' })).items;
	expect(done.map(({ due }) => due?.date).sort()).toEqual(['2030-01-01', '2030-01-08', '2030-01-15']);
	expect((await ended.api.tasks.list()).items).toEqual([]);
});

test('completing keeps what was, and opens the steps again, but not the history', async () => {
	const { api } = await signUp();
	const { id: projectId } = await api.projects.create({ name: 'Home' });
	const recurrence = { rule: 'FREQ=WEEKLY' };
	const before = await api.tasks.create({
		title: 'Clean',
		notes: 'All of it',
		projectId,
		priority: 2,
		labels: ['home'],
		due: { date: '2030-01-01', time: '10:00' },
		recurrence
	});
	const { id } = before;
	const step = await api.tasks.create({ title: 'Kitchen', parentId: id });
	const deeper = await api.tasks.create({ title: 'Oven', parentId: step.id });
	const daily = await api.tasks.create({ title: 'Floor', parentId: id, recurrence: { rule: 'FREQ=DAILY' } });
	for (const each of [step, deeper, daily]) await api.tasks.setCompleted({ id: each.id, completed: true });
	const moved = await api.tasks.setCompleted({ id, completed: true });
	expect(moved).toMatchObject({ id, completedAt: null, due: { date: '2030-01-08', time: '10:00' } });

	for (const each of [step, deeper]) expect((await api.tasks.get({ id: each.id })).completedAt).toBeNull();
	const done = (await api.tasks.list({ view: 'completed' })).items;
	expect(done.map(({ title }) => title).sort()).toEqual(['Clean', 'Floor']);
	const kept = done.find(({ title }) => title === 'Clean');
	expect(kept).toMatchObject({
		...{ title: 'Clean', notes: 'All of it', projectId, priority: 2, labels: ['home'] },
		...{ due: { date: '2030-01-01', time: '10:00' }, createdAt: before.createdAt }
	});
	expect(kept?.completedAt).not.toBeNull();
	const stats = await api.tasks.stats({ days: 2 });
	expect(stats.reduce((sum, { created }) => sum + created, 0)).toBe(4);
	expect(stats.reduce((sum, { completed }) => sum + completed, 0)).toBe(2);
});

test('the same completion twice counts once where the version says which one is meant', async () => {
	const { api } = await signUp();
	const { id, version } = await api.tasks.create({
		title: 'Once',
		due: { date: '2030-01-01' },
		recurrence: { rule: 'FREQ=DAILY' }
	});
	const answers = await Promise.allSettled(
		[1, 2, 3].map(() => api.tasks.setCompleted({ id, completed: true, version }))
	);
	expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
	for (const answer of answers) {
		if (answer.status === 'rejected')
			expect(answer.reason).toMatchObject({
				reason: 'version_conflict',
				details: { current: { due: { date: '2030-01-02' } } }
			});
	}
	expect((await api.tasks.list({ view: 'completed' })).items).toHaveLength(1);

	// One that ends with it is as done the second time, under whichever version.
	const plain = await api.tasks.create({ title: 'Plain' });
	const done = await api.tasks.setCompleted({ id: plain.id, completed: true, version: plain.version });
	expect(await api.tasks.setCompleted({ id: plain.id, completed: true, version: plain.version })).toEqual(
		done
	);
	await expect(
		api.tasks.setCompleted({ id: plain.id, completed: false, version: plain.version })
	).rejects.toMatchObject({ reason: 'version_conflict' });
});

test('a rule and a date belong together', async () => {
	const { api } = await signUp({ timezone: 'Pacific/Apia' });
	const { id } = await api.tasks.create({ title: 'x', recurrence: { rule: 'freq=weekly;byday=fr,mo' } });
	expect((await api.tasks.get({ id })).recurrence).toEqual({
		rule: 'freq=weekly;byday=fr,mo',
		basis: 'schedule'
	});
	// Moved by hand, it counts from the new date.
	await api.tasks.update({ id, due: { date: '2030-01-31' }, recurrence: { rule: 'FREQ=MONTHLY' } });
	await api.tasks.update({ id, due: { date: '2030-03-15' } });
	expect((await api.tasks.setCompleted({ id, completed: true })).due?.date).toBe('2030-04-15');
	expect(await api.tasks.update({ id, due: null })).toMatchObject({ due: null, recurrence: null });
	const again = await api.tasks.update({ id, recurrence: { rule: 'FREQ=DAILY' } });
	expect(again.due?.date).toBe(todayIn('Pacific/Apia', new Date()));
	expect(await api.tasks.update({ id, recurrence: null })).toMatchObject({
		recurrence: null,
		due: again.due
	});
	const bulk = await api.tasks.bulk({
		ids: [id],
		action: { type: 'update', patch: { recurrence: { rule: 'FREQ=DAILY' } } }
	});
	expect(bulk.updated[0]?.recurrence?.rule).toBe('FREQ=DAILY');
	const moved = await api.tasks.bulk({ ids: [id], action: { type: 'complete' } });
	expect(moved.updated).toMatchObject([{ id, completedAt: null }]);
});
