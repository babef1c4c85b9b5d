import { expect, test } from 'vitest';
import type { Task } from '$lib/server/tasks/task';
import { env, http, signUp, sql, times } from './harness';
import { subscribe, type Event } from './stream';

/** The same numbers at every run: mulberry32. */
function seeded(seed: number) {
	let state = seed;
	const random = () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	return {
		chance: (of: number) => random() < of,
		below: (end: number) => Math.floor(random() * end),
		pick: <T>(items: T[]): T | undefined => items[Math.floor(random() * items.length)]
	};
}

/** What a client knows from its events alone. */
function viewOf(events: Event[]) {
	const tasks = new Map<string, { task: Task; trashed: boolean }>();
	for (const { data } of events) {
		if (data.type === 'task.purged') tasks.delete(data.id);
		else if (data.task) tasks.set(data.id, { task: data.task, trashed: data.type === 'task.trashed' });
	}
	const all = [...tasks.values()].sort((a, b) => (a.task.id < b.task.id ? -1 : 1));
	const some = (test: (entry: (typeof all)[number]) => boolean) => all.filter(test).map(({ task }) => task);
	return {
		open: some(({ task, trashed }) => !trashed && task.completedAt === null),
		completed: some(({ task, trashed }) => !trashed && task.completedAt !== null),
		trash: some(({ trashed }) => trashed)
	};
}

test(
	'four clients at once, with answers that are lost: nothing is lost or doubled, and all see the same',
	{ timeout: 90_000 },
	async () => {
		const { api, authorization, user } = await signUp();
		await http('/healthz');
		const streams = await Promise.all(times(4, () => subscribe({ authorization }, { from: '0' })));
		const made = new Set<string>();
		const purged = new Set<string>();
		const unexpected: string[] = [];

		async function client(seed: number) {
			const { chance, below, pick } = seeded(seed);
			const known = () => [...made];
			const projects: string[] = [];
			const versions = new Map<string, number>();

			async function send(path: string, input: object): Promise<Record<string, unknown>> {
				const request = (signal?: AbortSignal) =>
					fetch(`${env.ORIGIN}/trpc/${path}`, {
						method: 'POST',
						headers: { 'content-type': 'application/json', authorization },
						body: JSON.stringify(input),
						signal
					});
				// Gone on its way there, in the middle, or on its way back: nobody here can tell.
				if (chance(0.12)) await request(AbortSignal.timeout(1 + below(12))).catch(() => undefined);
				const response = await request();
				const body = (await response.json()) as {
					result?: { data: Record<string, unknown> };
					error?: { data: { current?: Task } };
				};
				if (![200, 400, 404, 409].includes(response.status))
					unexpected.push(`${path} ${response.status} ${JSON.stringify(body)}`);
				const task = body.error?.data.current ?? body.result?.data;
				if (typeof task?.id === 'string') versions.set(task.id, Number(task.version));
				return body.result?.data ?? {};
			}

			for (let round = 0; round < 500; round++) {
				const id = pick(known());
				const kind = below(100);
				if (id === undefined || kind < 28) {
					const fresh = crypto.randomUUID();
					made.add(fresh);
					const title = `Task ${fresh}`;
					const parentId = chance(0.2) ? id : undefined;
					const recurrence = chance(0.2) ? { rule: 'FREQ=DAILY' } : undefined;
					const answer = await send('tasks.create', { id: fresh, title, parentId, recurrence });
					// Below a task that is gone by now.
					if (answer.id === undefined) made.delete(fresh);
				} else if (kind < 32) {
					const fresh = crypto.randomUUID();
					made.add(fresh);
					await send('tasks.quickAdd', { id: fresh, text: `Task ${fresh} p${1 + below(4)} @storm tomorrow` });
				} else if (kind < 52) {
					const labels = times(below(4), (nth) => `label${nth}`);
					await send('tasks.update', { id, priority: 1 + below(4), labels, notes: `round ${round}` });
				} else if (kind < 68) {
					await send('tasks.setCompleted', { id, completed: chance(0.7), version: versions.get(id) });
				} else if (kind < 80) {
					const after = chance(0.5) ? null : pick(known());
					await send('tasks.move', chance(0.3) ? { id, parentId: pick(known()) } : { id, after });
				} else if (kind < 86) {
					await send('tasks.delete', { id });
				} else if (kind < 91) {
					await send('tasks.restore', { id });
				} else if (kind < 92) {
					const [row] = await sql<{ ids: string[] }[]>`
						with recursive below as (
							select id from tasks where user_id = ${user.id} and id = ${id} and deleted_at is not null
							union select tasks.id from tasks join below on parent_id = below.id where user_id = ${user.id}
						) select array_agg(id) as ids from below`;
					const answer = await send('tasks.purge', { id });
					for (const gone of [...(row?.ids ?? []), ...(answer.ok ? [id] : [])]) purged.add(gone);
				} else if (kind < 97) {
					const ids = times(5, () => pick(known()) ?? id);
					const type = pick(['complete', 'reopen', 'delete', 'restore', 'update']);
					const action =
						type === 'update' ? { type, patch: { priority: 2, projectId: pick(projects) } } : { type };
					await send('tasks.bulk', { ids, action });
				} else if (kind < 98) {
					const project = crypto.randomUUID();
					await send('projects.create', { id: project, name: 'A project' });
					projects.push(project);
				} else if (kind < 99) {
					await send('projects.delete', { id: projects.pop() ?? id });
				} else await send('labels.rename', { from: 'label0', to: `label${below(3)}` });
			}
		}
		await Promise.all(times(4, (nth) => client(4716 + nth)));
		expect(unexpected).toEqual([]);

		const everyPage = async (input: { view?: 'completed' | 'trash' }) => {
			const tasks: Task[] = [];
			let cursor: string | null = null;
			do {
				const page: { items: Task[]; nextCursor: string | null } = await api.tasks.list({
					...input,
					cursor,
					limit: 200
				});
				tasks.push(...page.items);
				({ nextCursor: cursor } = page);
			} while (cursor);
			return tasks.sort((a, b) => (a.id < b.id ? -1 : 1));
		};
		// A request that was dropped may still be on its way.
		await expect
			.poll(
				async () => {
					const [row] = await sql<{ last: string; busy: number }[]>`
					select last_event as last, (select count(*)::int from pg_stat_activity
						where datname = current_database() and pid <> pg_backend_pid() and state = 'active') as busy
					from users where id = ${user.id}`;
					return streams.every(({ events }) => events.at(-1)?.id === row?.last) && row?.busy === 0;
				},
				{ timeout: 10_000 }
			)
			.toBe(true);
		const truth = {
			open: await everyPage({}),
			completed: await everyPage({ view: 'completed' }),
			trash: await everyPage({ view: 'trash' })
		};
		for (const { events } of streams) {
			expect(events.map(({ id }) => id)).toEqual(times(events.length, (index) => String(index + 1)));
			expect(viewOf(events)).toEqual(truth);
		}

		// Each in one place alone, and none is gone but those that somebody ended.
		const ids = Object.values(truth).flatMap((tasks) => tasks.map(({ id }) => id));
		expect(new Set(ids).size).toBe(ids.length);
		expect([...made].filter((id) => !ids.includes(id) && !purged.has(id))).toEqual([]);
		// What is there besides is history of those that repeat, as often as they moved on.
		const history = await sql<{ id: string; moved: number; kept: number }[]>`
			select id, recurrence_completions as moved, (
				select count(*)::int from tasks as copy where copy.user_id = tasks.user_id and copy.completion_of = tasks.id
			) as kept from tasks where user_id = ${user.id} and recurrence_rule is not null`;
		expect(history.some(({ moved }) => moved > 0)).toBe(true);
		// A copy goes with its parent, and may be gone for good by then.
		for (const { moved, kept } of history) expect(kept).toBeLessThanOrEqual(moved);
		const [stray] = await sql<{ count: number }[]>`
			select count(*)::int from tasks where user_id = ${user.id} and completion_of is null and not id = any(${[...made]}::uuid[])`;
		expect(stray?.count).toBe(0);
		// Nothing open lies below what is gone.
		const below = await sql`select from tasks join tasks as parent on parent.user_id = tasks.user_id
			and parent.id = tasks.parent_id where tasks.deleted_at is null and parent.deleted_at is not null`;
		expect(below).toHaveLength(0);
	}
);
