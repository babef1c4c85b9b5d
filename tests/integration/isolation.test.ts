import { expect, test } from 'vitest';
import { appRouter } from '$lib/server/trpc/router';
import { http, signUp } from './harness';

/** For each procedure that takes an id, an input that is right apart from whose id it is. */
const withId: Record<string, (id: string) => object> = {
	'tasks.get': (id) => ({ id }),
	'tasks.update': (id) => ({ id, title: 'Mine now' }),
	'tasks.setCompleted': (id) => ({ id, completed: true }),
	'tasks.delete': (id) => ({ id }),
	'tasks.restore': (id) => ({ id })
};
const withoutId = new Set(['tasks.list', 'tasks.create']);

async function call(path: string, input: object, authorization: string): Promise<Response> {
	const { type } = procedureAt(path);
	return type === 'query'
		? http(`/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`, { headers: { authorization } })
		: http(`/trpc/${path}`, {
				method: 'POST',
				headers: { authorization, 'content-type': 'application/json' },
				body: JSON.stringify(input)
			});
}

function procedureAt(path: string) {
	// Keyed by path at run time, whatever its type says.
	const procedures = Object.entries<unknown>(appRouter._def.procedures);
	const [, procedure] = procedures.find(([name]) => name === path) ?? [];
	if (typeof procedure !== 'function') throw new Error(`There is no ${path}`);
	return (procedure as unknown as { _def: { type: string } })._def;
}

test('every procedure over tasks is looked at here', () => {
	const paths = Object.keys(appRouter._def.procedures).filter((path) => path.startsWith('tasks.'));
	expect(new Set([...Object.keys(withId), ...withoutId])).toEqual(new Set(paths));
});

test.each(Object.entries(withId))(
	'%s answers the same for a foreign id and for none',
	async (path, input) => {
		const [ada, eve] = [await signUp(), await signUp()];
		const { id } = await ada.api.tasks.create({ title: 'Private' });

		const bodies: string[] = [];
		for (const asked of [id, crypto.randomUUID()]) {
			const response = await call(path, input(asked), eve.authorization);
			expect(response.status).toBe(404);
			const requestId = response.headers.get('x-request-id') ?? '';
			bodies.push((await response.text()).replaceAll(requestId, ''));
		}
		expect(bodies[0]).toBe(bodies[1]);
		expect(bodies[0]).toContain('"reason":"not_found"');
		expect(await ada.api.tasks.get({ id })).toMatchObject({
			title: 'Private',
			version: 1,
			completedAt: null
		});
	}
);

test('inside a batch the same holds, and the other calls are answered', async () => {
	const [ada, eve] = [await signUp(), await signUp()];
	const { id } = await ada.api.tasks.create({ title: 'Private' });
	const input = JSON.stringify({ 0: { id }, 1: { id: crypto.randomUUID() }, 2: {} });
	const response = await http(
		`/trpc/tasks.get,tasks.get,tasks.list?batch=1&input=${encodeURIComponent(input)}`,
		{ headers: { authorization: eve.authorization } }
	);
	expect(response.status).toBe(207);
	const [foreign, none, list] = (await response.json()) as unknown[];
	expect(foreign).toEqual(none);
	expect(foreign).toMatchObject({ error: { data: { reason: 'not_found' } } });
	expect(list).toEqual({ result: { data: { items: [], nextCursor: null } } });
});

test('an id that somebody else uses is free', async () => {
	const [ada, eve] = [await signUp(), await signUp()];
	const { id } = await ada.api.tasks.create({ title: 'Hers' });
	expect(await eve.api.tasks.create({ id, title: 'His' })).toMatchObject({ id, title: 'His' });
	expect(await ada.api.tasks.get({ id })).toMatchObject({ title: 'Hers' });
});

test('a cursor leads to nothing of somebody else', async () => {
	const [ada, eve] = [await signUp(), await signUp()];
	for (const title of ['one', 'two', 'three']) await ada.api.tasks.create({ title });
	const { nextCursor } = await ada.api.tasks.list({ limit: 1 });
	expect(nextCursor).not.toBeNull();
	expect((await eve.api.tasks.list({ cursor: nextCursor ?? '' })).items).toEqual([]);
});
