import { expect, test } from 'vitest';
import { formatDay, parseDay, todayIn } from '../../src/lib/recurrence/calendar';
import { runJob } from '$lib/server/jobs/jobs';
import { alone } from '$lib/server/jobs/queries';
import { registry } from '$lib/server/metrics';
import { http, signUp, sql, times } from './harness';

const titles = (tasks: { title: string }[]) => tasks.map(({ title }) => title);

test('quick add says what it understood, creates what is new, and makes nothing twice', async () => {
	const { api } = await signUp({ timezone: 'America/New_York' });
	const { id: projectId } = await api.projects.create({ name: 'Two words' });
	const text = 'Call Bob @phone #"two words" p2 2030-12-24 17:00';
	const { draft, spans } = await api.tasks.parse({ text });
	expect(draft).toMatchObject({
		title: 'Call Bob',
		...{ projectId, labels: ['phone'], priority: 2, due: { date: '2030-12-24', time: '17:00' } }
	});
	expect(spans.map(({ start, end, kind }) => [kind, text.slice(start, end)])).toEqual([
		['label', '@phone'],
		['project', '#"two words"'],
		['priority', 'p2'],
		['due', '2030-12-24 17:00']
	]);
	expect((await api.tasks.list()).items).toEqual([]);

	const id = crypto.randomUUID();
	const added = await api.tasks.quickAdd({ text, id });
	expect(added.spans).toEqual(spans);
	expect(added.task).toMatchObject({ ...draft, id });
	expect((await api.tasks.quickAdd({ text, id })).task).toEqual(added.task);
	expect((await api.tasks.list()).items).toHaveLength(1);
	expect(await api.labels.list()).toEqual([{ name: 'phone', openTasks: 1 }]);

	const repeating = await api.tasks.quickAdd({ text: 'Water plants every! 10 days' });
	expect(repeating.task).toMatchObject({
		title: 'Water plants',
		recurrence: { rule: 'FREQ=DAILY;INTERVAL=10', basis: 'completion' }
	});
	// An archived project is out of reach, and an unknown one is text.
	await api.projects.archive({ id: projectId, archived: true });
	expect((await api.tasks.parse({ text: 'x #"two words"' })).draft.projectId).toBeUndefined();
	expect((await api.tasks.parse({ text: '"tomorrow p1"' })).draft).toEqual({ title: 'tomorrow p1' });
});

test('a filter finds what it says, and its opposite finds the rest', async () => {
	const timezone = 'Pacific/Apia';
	const { api } = await signUp({ timezone });
	const { id: projectId } = await api.projects.create({ name: 'Work' });
	const today = todayIn(timezone, new Date());
	const in10 = formatDay((parseDay(today) ?? 0) + 10);
	await api.tasks.create({ title: 'undated' });
	await api.tasks.create({ title: 'today', due: { date: today }, priority: 1 });
	await api.tasks.create({ title: 'late', due: { date: '2020-01-01' }, labels: ['a b', 'x'] });
	await api.tasks.create({ title: 'later', due: { date: in10 }, projectId });
	const find = async (filter: string) => titles((await api.tasks.list({ filter })).items).sort();
	const all = ['late', 'later', 'today', 'undated'];
	for (const [filter, found] of Object.entries({
		today: ['today'],
		'!today': ['late', 'later', 'undated'],
		overdue: ['late'],
		'!overdue': ['later', 'today', 'undated'],
		'no date': ['undated'],
		'!no date': ['late', 'later', 'today'],
		'due before: today': ['late'],
		'!due before: today': ['later', 'today', 'undated'],
		'due after: today': ['later'],
		'!due after: 2021-01-01': ['late', 'undated'],
		'#work': ['later'],
		'!#work': ['late', 'today', 'undated'],
		'!#nowhere': all,
		'@"a b"': ['late'],
		'!@x': ['later', 'today', 'undated'],
		'p1 | #Work & no date': ['today'],
		'(p1 | #Work) & !no date': ['later', 'today'],
		'search: lat': ['late', 'later'],
		'!search: lat': ['today', 'undated'],
		'!!p1': ['today']
	}))
		expect(await find(filter), filter).toEqual(found);

	// Written in one way, and with its words: `tomorrow` is another day tomorrow.
	const saved = await api.filters.create({ name: 'Soon', query: ' due before:  tomorrow&(p1) ' });
	const query = 'due before: tomorrow & p1';
	expect(saved.query).toBe(query);
	expect(await api.filters.create({ id: saved.id, name: 'Else', query: 'p4' })).toEqual(saved);
	const renamed = await api.filters.update({ id: saved.id, name: 'Very soon' });
	expect(await api.filters.list()).toEqual([{ id: saved.id, name: 'Very soon', query }]);
	expect(renamed.name).toBe('Very soon');
	await expect(api.filters.update({ id: saved.id, query: '(p1' })).rejects.toMatchObject({
		fields: { filter: [expect.stringMatching(/\(at 3\)$/)] }
	});
	await api.filters.delete({ id: saved.id });
	await expect(api.filters.delete({ id: saved.id })).rejects.toMatchObject({ reason: 'not_found' });
});

test('views list what they say, and the counts agree', async () => {
	const timezone = 'Pacific/Pago_Pago';
	const { api } = await signUp({ timezone });
	const today = todayIn(timezone, new Date());
	const shift = (days: number) => formatDay((parseDay(today) ?? 0) + days);
	const { id: projectId } = await api.projects.create({ name: 'Work' });
	const parent = await api.tasks.create({ title: 'parent', projectId, due: { date: shift(2) } });
	await api.tasks.create({ title: 'step', parentId: parent.id, due: { date: today } });
	await api.tasks.create({ title: 'inbox', due: { date: shift(-1) } });
	await api.tasks.create({ title: 'timed', due: { date: today, time: '09:00' } });
	await api.tasks.setCompleted({
		id: (await api.tasks.create({ title: 'done', due: { date: today } })).id,
		completed: true
	});
	await api.tasks.delete({ id: (await api.tasks.create({ title: 'gone', projectId })).id });
	const list = async (input: Parameters<typeof api.tasks.list>[0]) =>
		titles((await api.tasks.list(input)).items);
	expect(await list({ view: 'today' })).toEqual(['inbox', 'timed', 'step']);
	expect(await list({ view: 'upcoming' })).toEqual(['parent']);
	expect(await list({ view: 'inbox' })).toEqual(['timed', 'inbox']);
	expect(await list({ projectId })).toEqual(['parent']);
	expect(await list({ parentId: parent.id })).toEqual(['step']);
	expect(await list({ view: 'completed' })).toEqual(['done']);
	expect(await list({ view: 'trash' })).toEqual(['gone']);
	expect(await list({})).toEqual(['timed', 'inbox', 'step', 'parent']);
	expect(await api.tasks.counts()).toEqual({
		...{ inbox: 2, today: 2, overdue: 1, upcoming: 1 },
		byProject: { [projectId]: 1 }
	});
	expect((await api.projects.list())[0]).toMatchObject({ id: projectId, openTasks: 1 });
});

test('order is what was made of it by hand', async () => {
	const { api } = await signUp();
	const [a, b, c] = [
		await api.tasks.create({ title: 'a' }),
		await api.tasks.create({ title: 'b' }),
		await api.tasks.create({ title: 'c' })
	];
	const order = async () => titles((await api.tasks.list({ view: 'inbox' })).items).join('');
	expect(await order()).toBe('cba');
	await api.tasks.move({ id: c.id, after: a.id });
	expect(await order()).toBe('bac');
	await api.tasks.move({ id: a.id, after: null });
	expect(await order()).toBe('abc');
	// Again and again in the same gap.
	for (let round = 0; round < 30; round++) {
		await api.tasks.move({ id: round % 2 ? b.id : c.id, after: a.id });
		expect(await order()).toBe(round % 2 ? 'abc' : 'acb');
	}
	// With its steps into a project, and back below another.
	const { id: projectId } = await api.projects.create({ name: 'Work' });
	const step = await api.tasks.create({ title: 'step', parentId: b.id });
	await api.tasks.move({ id: b.id, projectId });
	expect((await api.tasks.get({ id: step.id })).projectId).toBe(projectId);
	await api.tasks.move({ id: b.id, parentId: a.id });
	expect(await api.tasks.get({ id: step.id })).toMatchObject({ projectId: null, parentId: b.id });
	await api.tasks.move({ id: step.id, projectId });
	expect(await api.tasks.get({ id: step.id })).toMatchObject({ projectId, parentId: null });

	const [first, second] = [projectId, (await api.projects.create({ name: 'Home' })).id];
	const projects = async () => (await api.projects.list()).map(({ id }) => id);
	expect(await projects()).toEqual([first, second]);
	await api.projects.move({ id: second, after: null });
	expect(await projects()).toEqual([second, first]);
	await api.projects.move({ id: second, after: first });
	expect(await projects()).toEqual([first, second]);
});

test('labels are renamed into each other and go, in the trash as well', async () => {
	const { api, user } = await signUp();
	const one = await api.tasks.create({ title: 'one', labels: ['a', 'b', 'it’s "q" \\ %'] });
	const gone = await api.tasks.create({ title: 'gone', labels: ['a'] });
	await api.tasks.delete({ id: gone.id });
	await api.labels.rename({ from: 'a', to: 'b' });
	expect((await api.tasks.get({ id: one.id })).labels).toEqual(['b', 'it’s "q" \\ %']);
	expect(titles((await api.tasks.list({ label: 'it’s "q" \\ %' })).items)).toEqual(['one']);
	// What is in the trash stays there, whoever hears of it.
	const heard = await sql<{ type: string }[]>`
		select type from events where user_id = ${user.id} and entity_id = ${gone.id} order by number`;
	expect(heard.map(({ type }) => type)).toEqual(['task.saved', 'task.trashed', 'task.trashed']);
	expect((await api.tasks.restore({ id: gone.id })).labels).toEqual(['b']);
	await api.labels.delete({ name: 'b' });
	expect(await api.labels.list()).toEqual([{ name: 'it’s "q" \\ %', openTasks: 1 }]);
	await expect(api.labels.delete({ name: 'b' })).rejects.toMatchObject({ reason: 'not_found' });
});

test('a deleted project sends its tasks to the trash, and they come back to the inbox', async () => {
	const { api, user } = await signUp();
	const { id: projectId } = await api.projects.create({ name: 'Work' });
	const parent = await api.tasks.create({ title: 'parent', projectId });
	const step = await api.tasks.create({ title: 'step', parentId: parent.id });
	const early = await api.tasks.create({ title: 'early', projectId });
	await api.tasks.delete({ id: early.id });
	expect(await api.projects.archive({ id: projectId, archived: true })).toMatchObject({
		archivedAt: expect.any(String) as string
	});
	expect((await api.projects.archive({ id: projectId, archived: false })).archivedAt).toBeNull();
	await expect(api.projects.update({ id: projectId, version: 1, name: 'x' })).rejects.toMatchObject({
		reason: 'version_conflict'
	});
	await api.projects.delete({ id: projectId });
	await expect(api.projects.delete({ id: projectId })).rejects.toMatchObject({ reason: 'not_found' });
	expect(await api.projects.list()).toEqual([]);
	expect(titles((await api.tasks.list({ view: 'trash' })).items).sort()).toEqual(['early', 'parent', 'step']);
	const back = await api.tasks.restore({ id: parent.id });
	expect(back).toMatchObject({ projectId: null, parentId: null });
	expect(await api.tasks.get({ id: step.id })).toMatchObject({ projectId: null, parentId: parent.id });
	expect(await api.tasks.restore({ id: early.id })).toMatchObject({ projectId: null });
	// Every change of a task has its event, with the version that it led to.
	const [odd] = await sql<{ count: number }[]>`
		select count(*)::int from tasks where user_id = ${user.id} and version <> (
			select max(version) from events where events.user_id = tasks.user_id and entity_id = tasks.id)`;
	expect(odd?.count).toBe(0);
});

test('the trash keeps together what went together, and ends for good what is ended', async () => {
	const { api } = await signUp();
	const parent = await api.tasks.create({ title: 'parent' });
	const before = await api.tasks.create({ title: 'before', parentId: parent.id });
	const step = await api.tasks.create({ title: 'step', parentId: parent.id });
	const deep = await api.tasks.create({ title: 'deep', parentId: step.id });
	await api.tasks.delete({ id: before.id });
	await api.tasks.delete({ id: parent.id });
	await expect(api.tasks.update({ id: step.id, title: 'x' })).rejects.toMatchObject({ reason: 'not_found' });
	// A step alone comes back as a task of its own, with what is below it.
	expect(await api.tasks.restore({ id: step.id })).toMatchObject({ parentId: null });
	expect(await api.tasks.get({ id: deep.id })).toMatchObject({ parentId: step.id });
	await api.tasks.restore({ id: parent.id });
	expect(titles((await api.tasks.list({ view: 'trash' })).items)).toEqual(['before']);
	await expect(api.tasks.purge({ id: parent.id })).rejects.toMatchObject({ reason: 'not_found' });
	expect(await api.tasks.purge({ id: before.id })).toEqual({ ok: true });
	await expect(api.tasks.purge({ id: before.id })).rejects.toMatchObject({ reason: 'not_found' });
	await expect(api.tasks.restore({ id: before.id })).rejects.toMatchObject({ reason: 'not_found' });
});

test('what is old goes by itself, once, on whichever instance', async () => {
	const { api, user } = await signUp();
	const [old, young] = [await api.tasks.create({ title: 'old' }), await api.tasks.create({ title: 'young' })];
	const below = await api.tasks.create({ title: 'below', parentId: old.id });
	for (const { id } of [old, young]) await api.tasks.delete({ id });
	await sql`update tasks set deleted_at = now() - interval '30 days 1 minute' where id in (${old.id}, ${below.id})`;
	await sql`update tasks set deleted_at = now() - interval '29 days 23 hours' where id = ${young.id}`;
	await sql`update events set at = now() - interval '7 days 1 minute' where user_id = ${user.id} and number <= 2`;
	const done = async () => {
		const text = await registry.metrics();
		return /latchkey_job_runs_total\{job="sweep",outcome="done"\} (\d+)/.exec(text)?.[1];
	};
	expect(await done()).toBe('0');
	await Promise.all(times(3, () => runJob('sweep')));
	expect(await done()).toBe('1');
	await runJob('sweep');
	expect(await done()).toBe('1');
	expect(titles((await api.tasks.list({ view: 'trash' })).items)).toEqual(['young']);
	const left = await sql<{ number: string; type: string }[]>`
		select number, type from events where user_id = ${user.id} order by number`;
	expect(left[0]?.number).toBe('3');
	expect(left.slice(-2).map(({ type }) => type)).toEqual(['task.purged', 'task.purged']);
	expect(await (await http('/metrics')).text()).toContain('latchkey_job_runs_total{job="sweep"');
});

test('a job runs on one instance of many, and again when its time has come, or when it failed', async () => {
	let runs = 0;
	const work = () => Promise.resolve(runs++);
	const answers = await Promise.all(times(3, () => alone('test', 60, work)));
	expect([runs, answers.filter(Boolean).length]).toEqual([1, 1]);
	expect(await alone('test', 60, work)).toBe(false);
	await sql`update job_runs set at = at - interval '1 minute' where name = 'test'`;
	await expect(alone('test', 60, () => Promise.reject(new Error('No')))).rejects.toThrow('No');
	expect(await alone('test', 60, work)).toBe(true);
	expect(runs).toBe(2);
});
