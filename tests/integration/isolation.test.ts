import { beforeAll, expect, test } from 'vitest';
import { appRouter } from '$lib/server/trpc/router';
import { http, signUp, sql } from './harness';

type User = Awaited<ReturnType<typeof signUp>>;
type Kind = 'task' | 'trashed' | 'project' | 'filter';

/** An input that is right apart from whose id it is, and what of hers that id names. */
type Try = { of: Kind; input: (id: string, own: Own) => object; field?: string };
/** What the one who asks has. */
type Own = { task: string; project: string };

const own = (kind: Kind, input: (id: string, own: Own) => object): Try => ({ of: kind, input });
const named = (kind: Kind, field: string, input: (id: string, own: Own) => object): Try => ({
	of: kind,
	field,
	input
});

/** Every place of an input that takes an id. Those of the account are looked at with sessions and tokens. */
const withId: Record<string, Try[]> = {
	'tasks.list': [
		own('project', (projectId) => ({ projectId })),
		own('task', (parentId) => ({ parentId })),
		own('project', (projectId) => ({ projectId, search: 'private' })),
		own('task', (parentId) => ({ parentId, view: 'completed' }))
	],
	'tasks.get': [own('task', (id) => ({ id })), own('trashed', (id) => ({ id }))],
	'tasks.create': [
		named('project', 'projectId', (projectId) => ({ title: 'x', projectId })),
		named('task', 'parentId', (parentId) => ({ title: 'x', parentId })),
		named('project', 'projectId', (projectId, { task }) => ({ title: 'x', projectId, parentId: task }))
	],
	'tasks.update': [
		own('task', (id) => ({ id, title: 'Mine now' })),
		own('task', (id) => ({ id, version: 1, title: 'Mine now' })),
		own('task', (id) => ({ id, version: 99 })),
		own('task', (id) => ({ id, projectId: null })),
		named('project', 'projectId', (projectId, { task }) => ({ id: task, projectId })),
		named('task', 'parentId', (parentId, { task }) => ({ id: task, title: 'x', parentId }))
	],
	'tasks.setCompleted': [own('task', (id) => ({ id, completed: true }))],
	'tasks.delete': [own('task', (id) => ({ id })), own('trashed', (id) => ({ id }))],
	'tasks.restore': [own('task', (id) => ({ id })), own('trashed', (id) => ({ id }))],
	'tasks.purge': [own('task', (id) => ({ id })), own('trashed', (id) => ({ id }))],
	'tasks.move': [
		own('task', (id) => ({ id, after: null })),
		named('project', 'projectId', (projectId, { task }) => ({ id: task, projectId })),
		named('task', 'parentId', (parentId, { task }) => ({ id: task, parentId })),
		named('task', 'after', (after, { task }) => ({ id: task, after }))
	],
	'tasks.bulk': [
		...(['complete', 'reopen', 'delete', 'restore'] as const).map((type) =>
			own('task', (id, { task }) => ({ ids: [task, id], action: { type } }))
		),
		own('trashed', (id) => ({ ids: [id], action: { type: 'restore' } })),
		own('task', (id, { task }) => ({ ids: [task, id], action: { type: 'update', patch: { priority: 1 } } })),
		named('project', 'action.patch.projectId', (projectId, { task }) => ({
			ids: [task],
			action: { type: 'update', patch: { title: 'x', projectId } }
		}))
	],
	'projects.update': [
		own('project', (id) => ({ id, name: 'Mine now' })),
		own('project', (id) => ({ id, version: 99, name: 'Mine now' }))
	],
	'projects.archive': [own('project', (id) => ({ id, archived: true }))],
	'projects.delete': [own('project', (id) => ({ id }))],
	'projects.move': [
		own('project', (id) => ({ id, after: null })),
		named('project', 'after', (after, { project }) => ({ id: project, after }))
	],
	'filters.update': [own('filter', (id) => ({ id, name: 'Mine now' }))],
	'filters.delete': [own('filter', (id) => ({ id }))]
};

/** These name nothing but what is the caller's own, or what is to be. */
const withoutId = new Set([
	...['tasks.quickAdd', 'tasks.parse', 'tasks.counts', 'tasks.stats', 'projects.list', 'projects.create'],
	...['labels.list', 'labels.rename', 'labels.delete', 'filters.list', 'filters.create', 'events.subscribe']
]);

const domain = /^(tasks|projects|labels|filters|events)\./;

function call(path: string, input: object, authorization: string): Promise<Response> {
	// Keyed by path at run time, whatever its type says.
	const [, procedure] =
		Object.entries<unknown>(appRouter._def.procedures).find(([name]) => name === path) ?? [];
	const { type } = (procedure as { _def: { type: string } })._def;
	return type === 'query'
		? http(`/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`, { headers: { authorization } })
		: http(`/trpc/${path}`, {
				method: 'POST',
				headers: { authorization, 'content-type': 'application/json' },
				body: JSON.stringify(input)
			});
}

async function settle({ api }: User) {
	const project = await api.projects.create({ name: 'Private project' });
	const task = await api.tasks.create({ title: 'Private', projectId: project.id, labels: ['private'] });
	const trashed = await api.tasks.create({ title: 'Private, and gone' });
	await api.tasks.delete({ id: trashed.id });
	const filter = await api.filters.create({ name: 'Private filter', query: 'p1' });
	return { task: task.id, trashed: trashed.id, project: project.id, filter: filter.id };
}

/** All that an account has, and how often it was changed. */
async function everything({ user }: User) {
	return {
		tasks: await sql`select * from tasks where user_id = ${user.id} order by id`,
		projects: await sql`select * from projects where user_id = ${user.id} order by id`,
		filters: await sql`select * from filters where user_id = ${user.id} order by id`,
		events: await sql`select last_event from users where id = ${user.id}`
	};
}

let ada: User, eve: User;
let hers: Record<Kind, string>, his: Own;

beforeAll(async () => {
	[ada, eve] = [await signUp(), await signUp()];
	hers = await settle(ada);
	his = await settle(eve);
});

test('every procedure over what somebody has is looked at here', () => {
	const paths = Object.keys(appRouter._def.procedures).filter((path) => domain.test(path));
	expect(new Set([...Object.keys(withId), ...withoutId])).toEqual(new Set(paths));
});

test('every input that takes an id is looked at here', () => {
	for (const [path, procedure] of Object.entries<unknown>(appRouter._def.procedures)) {
		if (!domain.test(path)) continue;
		const { inputs } = (procedure as { _def: { inputs: { def?: unknown }[] } })._def;
		const names = new Set<string>();
		const seen = new Set<unknown>();
		const walk = (value: unknown, name: string) => {
			if (typeof value !== 'object' || value === null || seen.has(value)) return;
			// The same schema of an id stands in many places.
			const def = 'def' in value ? (value.def as { format?: string; type?: string }) : undefined;
			if (def?.format === 'uuid') return void names.add(name);
			seen.add(value);
			if ('shape' in value) {
				for (const [key, field] of Object.entries(value.shape as object)) {
					walk(field, key);
					seen.delete(field);
				}
			} else if (def)
				for (const part of Object.values(def))
					(Array.isArray(part) ? part : [part]).forEach((inner) => walk(inner, name));
			seen.delete(value);
		};
		for (const input of inputs) walk(input, '');
		// An id for something new is free to choose.
		if (/\.(create|quickAdd)$/.test(path)) names.delete('id');
		// Refused altogether, whoever the task belongs to.
		if (path === 'tasks.bulk') names.delete('parentId');
		const tried = (withId[path] ?? []).map(({ input }) =>
			JSON.stringify(input('THE-ID', { task: '', project: '' }))
		);
		for (const name of names)
			expect(
				tried.some((text) => new RegExp(`"${name}":(\\["(","|)?)?[^}\\]]*THE-ID`).test(text)),
				`${path} takes ${name}`
			).toBe(true);
	}
});

test.each(
	Object.entries(withId).flatMap(([path, tries]) => tries.map((each, nth) => [path, nth, each] as const))
)(
	'%s (%i) answers the same for a foreign id and for none, and does nothing',
	async (path, _, { of, input, field }) => {
		const before = [await everything(ada), await everything(eve)];
		const bodies: string[] = [];
		for (const asked of [hers[of], crypto.randomUUID()]) {
			const response = await call(path, input(asked, his), eve.authorization);
			expect(response.status).toBe(field ? 400 : 404);
			const requestId = response.headers.get('x-request-id') ?? '';
			bodies.push((await response.text()).replaceAll(requestId, ''));
		}
		expect(bodies[0]).toBe(bodies[1]);
		const { error } = JSON.parse(bodies[0] ?? '') as {
			error: { data: { reason?: string; fields?: object } };
		};
		if (field) expect(Object.keys(error.data.fields ?? {})).toEqual([field]);
		else expect(error.data.reason).toBe('not_found');
		expect([await everything(ada), await everything(eve)]).toEqual(before);
	}
);

test('inside a batch the same holds, and the other calls are answered', async () => {
	const ids = [hers.task, crypto.randomUUID()];
	const input = JSON.stringify({
		0: { id: ids[0] },
		1: { id: ids[1] },
		2: { search: 'gone', view: 'inbox' }
	});
	const response = await http(
		`/trpc/tasks.get,tasks.get,tasks.list?batch=1&input=${encodeURIComponent(input)}`,
		{ headers: { authorization: eve.authorization } }
	);
	expect(response.status).toBe(207);
	const [foreign, none, list] = (await response.json()) as unknown[];
	expect(foreign).toEqual(none);
	expect(foreign).toMatchObject({ error: { data: { reason: 'not_found' } } });
	expect(list).toEqual({ result: { data: { items: [], nextCursor: null, highlights: {} } } });

	const before = await everything(ada);
	const writes = await http('/trpc/tasks.update,tasks.delete,projects.delete?batch=1', {
		method: 'POST',
		headers: { authorization: eve.authorization, 'content-type': 'application/json' },
		body: JSON.stringify({ 0: { id: hers.task, title: 'x' }, 1: { id: hers.task }, 2: { id: hers.project } })
	});
	for (const answer of (await writes.json()) as unknown[])
		expect(answer).toMatchObject({ error: { data: { reason: 'not_found' } } });
	expect(await everything(ada)).toEqual(before);
});

test('an id that somebody else uses is free', async () => {
	const newcomer = await signUp();
	const before = await everything(ada);
	expect(await newcomer.api.tasks.create({ id: hers.task, title: 'His' })).toMatchObject({ title: 'His' });
	expect(await newcomer.api.projects.create({ id: hers.project, name: 'His' })).toMatchObject({
		name: 'His'
	});
	expect(await newcomer.api.filters.create({ id: hers.filter, name: 'His', query: 'p2' })).toMatchObject({
		name: 'His'
	});
	await newcomer.api.tasks.delete({ id: hers.task });
	await newcomer.api.tasks.purge({ id: hers.task });
	await newcomer.api.projects.delete({ id: hers.project });
	await newcomer.api.filters.delete({ id: hers.filter });
	expect(await everything(ada)).toEqual(before);
});

test('lists, counts, labels, searches and filters know nothing of anybody else', async () => {
	const newcomer = await signUp();
	const { api } = newcomer;
	await api.projects.create({ name: 'Private project' });
	for (const input of [
		{},
		...(['inbox', 'today', 'upcoming', 'completed', 'trash'] as const).map((view) => ({ view })),
		{ label: 'private' },
		{ search: 'private' },
		{ filter: '#"Private project"' },
		{ filter: '@private | !@private' },
		{ filter: 'search: private' }
	])
		expect(await api.tasks.list(input)).toMatchObject({ items: [], nextCursor: null });
	expect(await api.labels.list()).toEqual([]);
	expect(await api.filters.list()).toEqual([]);
	expect(await api.tasks.counts()).toEqual({ inbox: 0, today: 0, overdue: 0, upcoming: 0, byProject: {} });
	const before = await everything(ada);
	for (const change of [
		api.labels.rename({ from: 'private', to: 'public' }),
		api.labels.delete({ name: 'private' })
	])
		await expect(change).rejects.toMatchObject({ reason: 'not_found' });
	// A project that only somebody else has is no project here.
	expect((await api.tasks.parse({ text: 'Write #Nowhere' })).spans).toEqual([]);
	expect(await everything(ada)).toEqual(before);
});

test.each(['newest', 'search'])('a cursor of %s leads to nothing of somebody else', async (kind) => {
	const [one, other] = [await signUp(), await signUp()];
	const search = kind === 'search' ? { search: 'number' } : {};
	for (const title of ['number one', 'number two', 'number three']) await one.api.tasks.create({ title });
	const { nextCursor } = await one.api.tasks.list({ limit: 1, ...search });
	expect(nextCursor).not.toBeNull();
	expect((await other.api.tasks.list({ cursor: nextCursor ?? '', ...search })).items).toEqual([]);
});
