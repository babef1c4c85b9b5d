import { beforeAll, expect, test } from 'vitest';
import { post, get, signUp, sql, times } from './harness';

type User = Awaited<ReturnType<typeof signUp>>;

let user: User;
let task: string, other: string, step: string;

beforeAll(async () => {
	user = await signUp();
	task = (await user.api.tasks.create({ title: 'A task' })).id;
	other = (await user.api.tasks.create({ title: 'Another', labels: ['x'] })).id;
	step = (await user.api.tasks.create({ title: 'Its step', parentId: task })).id;
});

async function everything() {
	const { id } = user.user;
	return {
		tasks: await sql`select * from tasks where user_id = ${id} order by id`,
		projects: await sql`select * from projects where user_id = ${id} order by id`,
		filters: await sql`select * from filters where user_id = ${id} order by id`,
		events: await sql`select * from events where user_id = ${id} order by number`,
		last: await sql`select last_event from users where id = ${id}`
	};
}

const none = crypto.randomUUID();
const due = (date: string, time?: string) => ({ title: 'x', due: { date, time } });
const repeats = (rule: string) => ({ title: 'x', recurrence: { rule } });
const cursorOf = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
const at = '2026-01-01T00:00:00.000Z';

test.each<[path: string, input: () => object, field: string, message?: RegExp]>([
	['tasks.create', () => ({ title: '' }), 'title'],
	['tasks.create', () => ({ title: 'x'.repeat(501) }), 'title'],
	['tasks.create', () => ({ title: '😀'.repeat(501) }), 'title'],
	['tasks.create', () => ({ title: 'a\0b' }), 'title', /NUL/],
	['tasks.create', () => ({ title: 'x', notes: 'x'.repeat(20_001) }), 'notes'],
	['tasks.create', () => ({ title: 'x', notes: 'a\0b' }), 'notes', /NUL/],
	['tasks.create', () => ({ title: 'x', projectId: none }), 'projectId'],
	['tasks.create', () => ({ title: 'x', parentId: none }), 'parentId'],
	['tasks.create', () => ({ title: 'x', parentId: task, projectId: none }), 'projectId'],
	['tasks.create', () => ({ title: 'x', labels: times(51, String) }), 'labels'],
	['tasks.create', () => ({ title: 'x', labels: ['a\0'] }), 'labels.0'],
	['tasks.create', () => ({ title: 'x', labels: ['x'.repeat(51)] }), 'labels.0'],
	['tasks.create', () => due('0000-01-01'), 'due.date'],
	['tasks.create', () => due('2027-02-29'), 'due.date'],
	['tasks.create', () => due('10000-01-01'), 'due.date'],
	['tasks.create', () => due('2027-02-01', '24:00'), 'due.time'],
	['tasks.create', () => due('2027-02-01', '9:00'), 'due.time'],
	['tasks.create', () => repeats('every friday'), 'recurrence.rule'],
	['tasks.create', () => repeats('FREQ=HOURLY'), 'recurrence.rule'],
	['tasks.create', () => repeats('FREQ=DAILY;UNTIL=20200101'), 'recurrence.rule'],
	['tasks.create', () => repeats('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'), 'recurrence.rule'],
	[
		'tasks.create',
		() => ({ title: 'x', recurrence: { rule: 'FREQ=DAILY', basis: 'moon' } }),
		'recurrence.basis'
	],
	['tasks.create', () => ({ title: 'x', position: 'a0' }), 'position'],
	['tasks.update', () => ({ id: task, title: 'x'.repeat(501), priority: 1 }), 'title'],
	['tasks.update', () => ({ id: task, title: 'New', projectId: none }), 'projectId'],
	['tasks.update', () => ({ id: task, title: 'New', parentId: step }), 'parentId'],
	['tasks.update', () => ({ id: task, title: 'New', recurrence: { rule: 'FREQ=' } }), 'recurrence.rule'],
	['tasks.update', () => ({ id: task, version: 2 ** 31, title: 'New' }), 'version'],
	['tasks.update', () => ({ id: task, version: 0, title: 'New' }), 'version'],
	['tasks.setCompleted', () => ({ id: task, completed: 'yes' }), 'completed'],
	['tasks.move', () => ({ id: task, parentId: task }), 'parentId'],
	['tasks.move', () => ({ id: task, parentId: step }), 'parentId'],
	['tasks.move', () => ({ id: task, parentId: none }), 'parentId'],
	['tasks.move', () => ({ id: task, projectId: none }), 'projectId'],
	['tasks.move', () => ({ id: task, parentId: other, projectId: none }), 'projectId'],
	['tasks.move', () => ({ id: task, after: none }), 'after'],
	['tasks.move', () => ({ id: task, after: step }), 'after'],
	['tasks.bulk', () => ({ ids: [], action: { type: 'delete' } }), 'ids'],
	['tasks.bulk', () => ({ ids: times(501, () => crypto.randomUUID()), action: { type: 'delete' } }), 'ids'],
	['tasks.bulk', () => ({ ids: [task, 'x'], action: { type: 'delete' } }), 'ids.1'],
	['tasks.bulk', () => ({ ids: [task], action: { type: 'explode' } }), 'action.type'],
	[
		'tasks.bulk',
		() => ({ ids: [task, other], action: { type: 'update', patch: { title: 'New', projectId: none } } }),
		'action.patch.projectId'
	],
	[
		'tasks.bulk',
		() => ({ ids: [task], action: { type: 'update', patch: { recurrence: { rule: 'FREQ=' } } } }),
		'action.patch.recurrence.rule'
	],
	['tasks.quickAdd', () => ({ text: '' }), 'text'],
	['tasks.quickAdd', () => ({ text: 'a\0b' }), 'text'],
	['tasks.quickAdd', () => ({ text: 'x'.repeat(501) }), 'text'],
	['projects.create', () => ({ name: 'x'.repeat(101) }), 'name'],
	['projects.create', () => ({ name: 'x', color: 'url(evil)' }), 'color'],
	['projects.move', () => ({ id: none, after: 'x' }), 'after'],
	['labels.rename', () => ({ from: 'x', to: 'x'.repeat(51) }), 'to'],
	['labels.rename', () => ({ from: 'x', to: ' ' }), 'to'],
	['filters.create', () => ({ name: 'x', query: '(p1 & today' }), 'filter', /\(at 11\)$/],
	['filters.create', () => ({ name: 'x', query: 'p1 | '.repeat(300) }), 'filter', /\(at 1000\)$/],
	['filters.create', () => ({ name: '', query: 'p1' }), 'name'],
	['tasks.list', () => ({ filter: '(p1 | (today & @a)' }), 'filter', /\(at 18\)$/],
	['tasks.list', () => ({ filter: '' }), 'filter', /\(at 0\)$/],
	['tasks.list', () => ({ filter: 'p1 p2' }), 'filter', /\(at 3\)$/],
	['tasks.list', () => ({ filter: 'due before: someday' }), 'filter', /\(at 12\)$/],
	['tasks.list', () => ({ filter: 'p1 & @a\0' }), 'filter', /\(at \d+\)$/],
	['tasks.list', () => ({ filter: 'x'.repeat(1001) }), 'filter', /\(at 1000\)$/],
	['tasks.list', () => ({ search: 'a\0b' }), 'search', /NUL/],
	['tasks.list', () => ({ label: 'a\0b' }), 'label', /NUL/],
	['tasks.list', () => ({ limit: 201 }), 'limit'],
	['tasks.list', () => ({ limit: 0 }), 'limit'],
	['tasks.list', () => ({ view: 'tomorrow' }), 'view'],
	['tasks.list', () => ({ projectId: 'x' }), 'projectId'],
	...['', 'x', cursorOf(), cursorOf('newest'), cursorOf('newest', '2026-02-30T00:00:00.000Z', none)].map(
		(cursor) => ['tasks.list', () => ({ cursor }), 'cursor'] as [string, () => object, string]
	),
	['tasks.list', () => ({ cursor: cursorOf('newest', '0000-01-01T00:00:00.000Z', none) }), 'cursor'],
	['tasks.list', () => ({ cursor: cursorOf('newest', at, none, none) }), 'cursor'],
	['tasks.list', () => ({ cursor: cursorOf('newest', { at }, [none]) }), 'cursor'],
	['tasks.list', () => ({ cursor: cursorOf('newest', at, `${none}' or true --`) }), 'cursor'],
	['tasks.list', () => ({ cursor: cursorOf('manual', 'a0', none) }), 'cursor'],
	['tasks.list', () => ({ view: 'inbox', cursor: cursorOf('newest', at, none) }), 'cursor'],
	['tasks.list', () => ({ view: 'inbox', cursor: cursorOf('manual', 'a\0', none) }), 'cursor'],
	['tasks.list', () => ({ view: 'today', cursor: cursorOf('due', '0000-01-01', '1', none) }), 'cursor'],
	['tasks.list', () => ({ view: 'today', cursor: cursorOf('due', '2026-02-30', '1', none) }), 'cursor'],
	['tasks.list', () => ({ view: 'trash', cursor: cursorOf('completed', at, none) }), 'cursor'],
	['tasks.list', () => ({ search: 'a', cursor: cursorOf('newest', at, none) }), 'cursor'],
	['tasks.list', () => ({ search: 'a', cursor: cursorOf('rank', ['NaN', at, none], null, null) }), 'cursor'],
	[
		'tasks.list',
		() => ({ search: 'a', cursor: cursorOf('rank', null, null, ['0000-01-01T00:00:00.000Z', none]) }),
		'cursor'
	],
	['tasks.stats', () => ({ days: 0 }), 'days'],
	['tasks.get', () => ({ id: 'x' }), 'id']
])('%s refuses what can’t be used, and nothing happens (%#)', async (path, input, field, message) => {
	const before = await everything();
	const headers = { authorization: user.authorization };
	const answer = /\.(list|stats|get)$/.test(path)
		? await get(`${path}?input=${encodeURIComponent(JSON.stringify(input()))}`, { headers })
		: await post(path, input(), { headers });
	expect({ status: answer.status, fields: Object.keys(answer.data.fields ?? {}) }).toEqual({
		status: 400,
		fields: [field]
	});
	if (message) expect((answer.data.fields as Record<string, string[]>)[field]?.[0]).toMatch(message);
	expect(await everything()).toEqual(before);
});

test('two moves at once make no circle, whichever comes first', async () => {
	const { api } = await signUp();
	for (let round = 0; round < 5; round++) {
		const [a, b] = await Promise.all([api.tasks.create({ title: 'a' }), api.tasks.create({ title: 'b' })]);
		const moves = await Promise.allSettled([
			api.tasks.move({ id: a.id, parentId: b.id }),
			api.tasks.update({ id: b.id, parentId: a.id })
		]);
		expect(moves.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
		for (const move of moves)
			if (move.status === 'rejected')
				expect(move.reason).toMatchObject({ fields: { parentId: [expect.any(String)] } });
	}
});

test('a task is never made below one that goes to the trash at that moment', async () => {
	const { api, user } = await signUp();
	for (let round = 0; round < 10; round++) {
		const { id } = await api.tasks.create({ title: 'parent' });
		await Promise.allSettled([api.tasks.delete({ id }), api.tasks.create({ title: 'child', parentId: id })]);
	}
	const lost =
		await sql`select from tasks join tasks as parent on parent.user_id = tasks.user_id and parent.id = tasks.parent_id
		where tasks.user_id = ${user.id} and tasks.deleted_at is null and parent.deleted_at is not null`;
	expect(lost).toHaveLength(0);
});

test('searches for anything at all are answered', async () => {
	const { api } = await signUp();
	await api.tasks.create({ title: "It's a test: C++ & <b>bold</b> 50% foo@example.com/path" });
	for (const search of [
		"'",
		'"',
		'\\',
		"it's",
		'!!!',
		'& | !',
		':*',
		'<->',
		'()',
		'😀',
		'%',
		'a'.repeat(200),
		'\ud800'
	])
		expect(Array.isArray((await api.tasks.list({ search })).items), search).toBe(true);
	for (const search of ['C++', 'BOLD', 'exam', 'path', "it's", 'te bo', 'foo@exam'])
		expect((await api.tasks.list({ search })).items, search).toHaveLength(1);
	for (const search of ['!!!', 'est', 'xyz'])
		expect((await api.tasks.list({ search })).items, search).toHaveLength(0);
	expect((await api.tasks.list({ search: ' ' })).items).toHaveLength(1);
});
