import { expect, test } from 'vitest';
import { signUp, sql } from './harness';

const SIZE = 10_000;

type List = {
	view?: 'inbox' | 'today' | 'upcoming' | 'completed' | 'trash';
	search?: string;
	filter?: string;
	label?: string;
};

test.each<[name: string, input: List]>([
	['newest', {}],
	['manual', { view: 'inbox' }],
	['due', { view: 'upcoming' }],
	['completed', { view: 'completed' }],
	['trash', { view: 'trash' }],
	['search', { search: 'report' }],
	['label', { label: 'errand' }],
	['filter', { filter: 'p2 | @errand' }]
])('paging through %s while others come and go skips and repeats nothing', async (name, input) => {
	const { api, user } = await signUp();
	// Many share their moment and their day, which is where a page might break.
	const created = await sql<{ id: string }[]>`
		insert into tasks (user_id, id, title, labels, priority, position, due_date, created_at, completed_at, deleted_at)
		select ${user.id}, gen_random_uuid(), case when n % 3 = 0 then 'report report ' else 'report ' end || n, '{errand}', 2,
			'a' || lpad((n % 5000)::text, 6, '0'), current_date + 10 + n % 50,
			now() - (n / 7) * interval '1 minute',
			case when ${name} = 'completed' then now() - (n / 7) * interval '1 minute' end,
			case when ${name} = 'trash' then now() - (n / 7) * interval '1 minute' end
		from generate_series(1, ${SIZE}::int) as n returning id`;
	const ids = created.map(({ id }) => id);
	const moved = new Set<string>();
	const seen: string[] = [];
	let cursor: string | null = null;
	let pages = 0;
	do {
		const page: { items: { id: string }[]; nextCursor: string | null } = await api.tasks.list({
			...input,
			cursor,
			limit: 200
		});
		expect(page.items.length).toBeGreaterThan(0);
		seen.push(...page.items.map(({ id }) => id));
		({ nextCursor: cursor } = page);
		if (++pages % 5 === 0) {
			const at = (pages * 37) % SIZE;
			const some = ids.slice(at, at + 7);
			for (const id of some) moved.add(id);
			if (name === 'trash') await api.tasks.bulk({ ids: some, action: { type: 'restore' } });
			else if (name === 'completed') await api.tasks.bulk({ ids: some, action: { type: 'reopen' } });
			else await api.tasks.bulk({ ids: some, action: { type: 'complete' } });
			const extra = await api.tasks.create({
				title: 'One more report',
				labels: ['errand'],
				due: { date: '2099-01-01' }
			});
			moved.add(extra.id);
			if (name === 'completed') await api.tasks.setCompleted({ id: extra.id, completed: true });
			if (name === 'trash') await api.tasks.delete({ id: extra.id });
		}
	} while (cursor);
	expect(pages).toBeGreaterThanOrEqual(SIZE / 200 - 2);
	const still = seen.filter((id) => !moved.has(id));
	expect(new Set(still).size).toBe(still.length);
	expect(new Set(still)).toEqual(new Set(ids.filter((id) => !moved.has(id))));
});

test('a search has the best matches first, and shows what it found', async () => {
	const { api } = await signUp();
	const plain = await api.tasks.create({
		title: 'Something else',
		notes: 'And in the notes there is a budget\u0002.'
	});
	const titled = await api.tasks.create({ title: 'Budget for the <b>year</b>' });
	const labelled = await api.tasks.create({ title: 'Numbers', labels: ['budget'] });
	const { items, highlights } = await api.tasks.list({ search: 'BUDG' });
	expect(items.map(({ id }) => id)).toEqual([titled.id, labelled.id, plain.id]);
	expect(items[0]).toEqual(titled);
	expect(highlights?.[titled.id]).toEqual({ title: '\u0002Budget\u0003 for the <b>year</b>', notes: null });
	expect(highlights?.[labelled.id]).toEqual({ title: 'Numbers', notes: null });
	expect(highlights?.[plain.id]).toEqual({
		title: 'Something else',
		notes: 'And in the notes there is a \u0002budget\u0003.'
	});
	expect(await api.tasks.list()).not.toHaveProperty('highlights');
	// In what is done and what is gone, too.
	await api.tasks.setCompleted({ id: titled.id, completed: true });
	await api.tasks.delete({ id: plain.id });
	const found = async (view: 'completed' | 'trash') =>
		(await api.tasks.list({ view, search: 'budget' })).items.map(({ id }) => id);
	expect([await found('completed'), await found('trash')]).toEqual([[titled.id], [plain.id]]);
});
