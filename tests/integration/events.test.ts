import { expect, test } from 'vitest';
import { http, openBrowser, post, serve, signUp, sql, times } from './harness';
import { subscribe } from './stream';

const numbers = (count: number, from = 1) => times(count, (index) => String(index + from));

test('eight writers at once: numbers without a gap, in the order of the commits', async () => {
	const { api, authorization, user } = await signUp();
	const stream = await subscribe({ authorization }, { from: '0' });
	await Promise.all(
		times(8, async (writer) => {
			for (let round = 0; round < 5; round++) {
				const { id } = await api.tasks.create({ title: `${writer}/${round}` });
				await api.tasks.update({ id, priority: 2 });
				await api.tasks.setCompleted({ id, completed: true });
				if (round % 2) await api.tasks.delete({ id });
			}
			await api.projects.create({ name: `Project ${writer}` });
		})
	);
	const total = 8 * (5 * 3 + 2 + 1);
	await expect.poll(() => stream.events.length, { timeout: 5_000 }).toBe(total);
	expect(stream.events.map(({ id }) => id)).toEqual(numbers(total));
	const stored = await sql<{ number: string; same: boolean }[]>`
		select number, at >= lag(at) over (order by number) as same from events where user_id = ${user.id} order by number`;
	expect(stored.map(({ number }) => number)).toEqual(numbers(total));
	// What happened to one thing comes in the order of its versions.
	const seen = new Map<string, number>();
	for (const { data } of stream.events) {
		expect(data.version).toBe((seen.get(data.id) ?? 0) + 1);
		seen.set(data.id, data.version);
	}
});

test('whoever comes back goes on where they were, and a lost past says so', async () => {
	const { api, authorization, user } = await signUp();
	for (const title of ['one', 'two', 'three']) await api.tasks.create({ title });
	const first = await subscribe({ authorization }, { from: '1' });
	await expect.poll(() => first.events.map(({ id }) => id)).toEqual(['2', '3']);
	first.leave();
	await first.end;
	await api.tasks.create({ title: 'four' });

	const second = await subscribe({ authorization }, { from: '3' });
	await expect.poll(() => second.events.map(({ data }) => data.task?.title)).toEqual(['four']);

	// Browsers send it as a header.
	const third = await subscribe({ authorization, 'last-event-id': '2' });
	await expect.poll(() => third.events.map(({ id }) => id)).toEqual(['3', '4']);

	await sql`delete from events where user_id = ${user.id} and number <= 2`;
	const behind = await subscribe({ authorization }, { from: '1' });
	await expect.poll(() => behind.events).toHaveLength(1);
	expect(behind.events[0]).toEqual({ id: '4', data: { type: 'events.reset', id: user.id, version: 4 } });
	await api.tasks.create({ title: 'five' });
	await expect.poll(() => behind.events.at(-1)?.id).toBe('5');

	// Just not too late, and from a future that never was.
	const close = await subscribe({ authorization }, { from: '2' });
	await expect.poll(() => close.events.map(({ id }) => id)).toEqual(['3', '4', '5']);
	const ahead = await subscribe({ authorization }, { from: '99' });
	await expect.poll(() => ahead.events[0]?.data.type).toBe('events.reset');
	await sql`delete from events where user_id = ${user.id}`;
	const empty = await subscribe({ authorization }, { from: '4' });
	await expect.poll(() => empty.events[0]?.data.type).toBe('events.reset');
});

test('nobody hears of anybody else', async () => {
	const [ada, eve] = [await signUp(), await signUp()];
	const stream = await subscribe({ authorization: eve.authorization }, { from: '0' });
	await ada.api.tasks.create({ title: 'Private' });
	await eve.api.tasks.create({ title: 'Own' });
	await expect.poll(() => stream.events.map(({ data }) => data.task?.title)).toEqual(['Own']);
});

test('a write on one instance is heard on the other within a second, and so is the end of a session', async () => {
	const far = await serve();
	const { grant, authorization, credentials } = await signUp();
	const browser = await openBrowser(credentials);
	const here = await subscribe({ authorization });
	const there = await subscribe({ authorization }, { url: far.url });
	const cookie = `latchkey_session=${browser.cookie}`;
	const page = await subscribe({ cookie }, { url: far.url });

	await post('tasks.create', { title: 'Heard' }, { headers: { authorization } });
	for (const stream of [here, there, page])
		await expect
			.poll(() => stream.events.map(({ data }) => data.task?.title), { timeout: 1_000 })
			.toEqual(['Heard']);

	const startedAt = performance.now();
	await post('auth.signOut', undefined, { headers: { authorization } });
	await Promise.all([here.end, there.end]);
	expect(performance.now() - startedAt).toBeLessThan(1_000);
	for (const stream of [here, there]) expect(stream.errors[0]).toContain('session_over');
	expect(grant.sessionId).not.toBe(browser.sessionId);

	await browser.api.tasks.create({ title: 'Still here' });
	await expect.poll(() => page.events.at(-1)?.data.task?.title, { timeout: 1_000 }).toBe('Still here');
});

test('a subscription takes no connection to the database', async () => {
	const { authorization, api } = await signUp();
	await http('/healthz');
	const count = async () => {
		const [row] = await sql<{ count: number }[]>`
			select count(*)::int from pg_stat_activity where datname = current_database()`;
		return row?.count ?? 0;
	};
	const streams = await Promise.all(times(30, () => subscribe({ authorization })));
	await api.tasks.create({ title: 'For all' });
	for (const stream of streams) await expect.poll(() => stream.events.length).toBe(1);
	// Two pools of at most 6 and 4 and one that listens, in the server and without that one here; and this one's 4.
	expect(await count()).toBeLessThanOrEqual(6 + 4 + 1 + 6 + 4 + 1 + 4 + (11 + 1));
	const before = await count();
	const more = await Promise.all(times(30, () => subscribe({ authorization })));
	expect(more).toHaveLength(30);
	expect(await count()).toBeLessThanOrEqual(before + 2);
});
