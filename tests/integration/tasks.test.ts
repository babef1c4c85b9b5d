import { expect, test } from 'vitest';
import { signUp } from './harness';

test('a list is newest first, and its pages neither skip nor repeat', async () => {
	const { api } = await signUp();
	const made: string[] = [];
	for (let number = 1; number <= 5; number++)
		made.unshift((await api.tasks.create({ title: `Task ${number}` })).id);

	const seen: string[] = [];
	let cursor: string | undefined;
	do {
		const page = await api.tasks.list({ limit: 2, cursor });
		seen.push(...page.items.map((task) => task.id));
		cursor = page.nextCursor ?? undefined;
	} while (cursor);
	expect(seen).toEqual(made);
});

test('nobody sees a task of anybody else, or learns that there is one', async () => {
	const [ada, eve] = [await signUp(), await signUp()];
	const { id } = await ada.api.tasks.create({ title: 'Private' });
	for (const attempt of [
		() => eve.api.tasks.get({ id }),
		() => eve.api.tasks.update({ id, title: 'Mine now' }),
		() => eve.api.tasks.setCompleted({ id, completed: true }),
		() => eve.api.tasks.delete({ id })
	]) {
		await expect(attempt()).rejects.toMatchObject({ reason: 'not_found' });
	}
	expect((await ada.api.tasks.get({ id })).version).toBe(1);
});

test('the same id again makes no second task', async () => {
	const { api } = await signUp();
	const id = crypto.randomUUID();
	const [first, second] = await Promise.all([
		api.tasks.create({ id, title: 'Once' }),
		api.tasks.create({ id, title: 'Once' })
	]);
	expect(second).toEqual(first);
	expect((await api.tasks.list()).items).toHaveLength(1);
});
