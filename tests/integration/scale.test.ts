import { beforeAll, expect, test } from 'vitest';
import { callerWith, signUp, sql, times } from './harness';
import { statementsOf } from './statements';

type User = Awaited<ReturnType<typeof signUp>>;

const [MANY, FEW] = [100_000, 1_000];
let crowded: User, sparse: User;
let project: string;

/** Words that all tasks have, a fifth, some (a hundred, and a thousand of 100,000), and ten. */
async function fill({ user, api }: User, count: number) {
	const { id } = await api.projects.create({ name: 'Work' });
	await sql`
		insert into tasks (user_id, id, title, notes, labels, priority, position, project_id, due_date, created_at)
		select ${user.id}, gen_random_uuid(),
			'common ' || case when n % 5 = 0 then 'fifth ' else '' end || case when n % ${count < MANY ? 10 : 100}::int = 0 then 'middling ' else '' end
				|| case when n % ${count / 10}::int = 7 then 'rarity ' else '' end || md5(n::text),
			'Some notes about ' || md5((n * 31)::text) || ' and ' || md5((n * 7)::text),
			case when n % ${count / 10}::int = 7 then '{seldom}'::text[] else '{}' end, 1 + n % 4,
			'a' || lpad(n::text, 7, '0') || 'V', case when n % 20 = 0 then ${id}::uuid end,
			case when n % 3 = 0 then current_date - 200 + n % 400 end, now() - n * interval '1 minute'
		from generate_series(1, ${count}::int) as n`;
	await sql`
		insert into tasks (user_id, id, title, position, completed_at, deleted_at)
		select ${user.id}, gen_random_uuid(), 'gone ' || n, 'a' || lpad(n::text, 7, '0') || 'V',
			case when n % 2 = 0 then now() - n * interval '1 minute' end,
			case when n % 2 = 1 then now() - n * interval '1 minute' end
		from generate_series(1, ${count / 10}::int) as n`;
	return id;
}

beforeAll(async () => {
	[crowded, sparse] = [await signUp(), await signUp()];
	project = await fill(crowded, MANY);
	await fill(sparse, FEW);
	await sql`vacuum analyze tasks`;
}, 180_000);

/** The plan of the statement that reads the list. */
async function planOf(work: () => Promise<unknown>): Promise<string> {
	const statements = await statementsOf(work);
	const statement = statements.find(({ query }) => query.includes('json_build_object'));
	if (!statement) throw new Error('There was no list');
	const rows = await sql.unsafe(`explain ${statement.query}`, statement.params as string[]);
	return rows.map((row) => String(row['QUERY PLAN'])).join('\n');
}

test.each<[name: string, input: () => Parameters<User['api']['tasks']['list']>[0], index: string]>([
	['everything', () => ({}), 'tasks_open_newest'],
	['inbox', () => ({ view: 'inbox' }), 'tasks_inbox'],
	['project', () => ({ projectId: project }), 'tasks_of_project'],
	['today', () => ({ view: 'today' }), 'tasks_due'],
	['upcoming', () => ({ view: 'upcoming' }), 'tasks_due'],
	['completed', () => ({ view: 'completed' }), 'tasks_completed'],
	['trash', () => ({ view: 'trash' }), 'tasks_trash'],
	['label', () => ({ label: 'seldom' }), 'tasks_search'],
	['rare search', () => ({ search: 'rarity' }), 'tasks_search'],
	['common search', () => ({ search: 'common' }), 'tasks_open_newest']
])('%s reads its index, and sorts nothing that grows', async (_, input, index) => {
	const { api } = crowded;
	const list = () => api.tasks.list(input());
	const plan = await planOf(list);
	expect(plan).toContain(index);
	expect(plan).not.toMatch(/Seq Scan on tasks/);
	// The next page goes on in the index too.
	const { nextCursor } = await api.tasks.list({ ...input(), limit: 2 });
	const next = await planOf(() => api.tasks.list({ ...input(), limit: 2, cursor: nextCursor }));
	expect(next).toContain(index);
	expect(next).not.toMatch(/offset/i);
});

// What else goes on at the machine can be in the way of one of the two.
test(
	'the first page of a search takes at most twice the time with a hundred times as many tasks',
	{ retry: 3 },
	async () => {
		const rounds = 21;
		const took: Record<string, Record<'many' | 'few', number[]>> = {};
		const words = ['rarity', 'middling', 'fifth', 'common', 'comm', 'r', 'middling fifth', 'nothing'];
		for (let round = 0; round < rounds; round++) {
			for (const search of words) {
				const times = (took[search] ??= { many: [], few: [] });
				for (const [size, { api }] of [
					['many', crowded],
					['few', sparse]
				] as const) {
					const startedAt = performance.now();
					await api.tasks.list({ search });
					times[size].push(performance.now() - startedAt);
				}
			}
		}
		const median = (numbers: number[]) =>
			numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
		const figures = Object.entries(took).map(([search, { many, few }]) => ({
			search,
			many: median(many),
			few: median(few)
		}));
		if (process.env.FIGURES) console.table(figures);
		for (const { search, many, few } of figures)
			expect({ search, ok: many <= 2 * few + 1 }).toEqual({ search, ok: true });
	}
);

test('a procedure asks the database for three things at most, however long the list', async () => {
	const { authorization } = await signUp();
	const api = callerWith({ authorization });
	const { id: projectId } = await api.projects.create({ name: 'Work' });
	const { id } = await api.tasks.create({ title: 'One', projectId });
	for (const nth of times(30, (nth) => nth)) await api.tasks.create({ title: `${nth} @many`, projectId });
	const count = async (work: () => Promise<unknown>) => {
		const statements = await statementsOf(work);
		for (const { query } of statements) expect(query).not.toMatch(/\boffset\b/i);
		return statements.length;
	};
	const cases: Record<string, () => Promise<unknown>> = {
		list: () => api.tasks.list({ limit: 200 }),
		project: () => api.tasks.list({ projectId }),
		search: () => api.tasks.list({ search: 'many' }),
		filter: () => api.tasks.list({ filter: '#Work & (p4 | @x)' }),
		get: () => api.tasks.get({ id }),
		create: () => api.tasks.create({ title: 'New', projectId }),
		below: () => api.tasks.create({ title: 'New', parentId: id }),
		update: () => api.tasks.update({ id, title: 'Changed', labels: ['a'], due: { date: '2030-01-01' } }),
		projects: () => api.projects.list(),
		labels: () => api.labels.list(),
		stats: () => api.tasks.stats({ days: 30 })
	};
	for (const [name, work] of Object.entries(cases))
		expect({ name, few: (await count(work)) <= 3 }).toEqual({ name, few: true });
	// The one of the session, and one more.
	expect(await count(() => api.tasks.counts())).toBe(2);
});

test('a bulk of 500 takes no more statements than one of 5, and so do pages', async () => {
	const { authorization, user } = await signUp();
	const api = callerWith({ authorization });
	const rows = await sql<{ id: string }[]>`
		insert into tasks (user_id, id, title, position, due_date, recurrence_rule, recurrence_basis, recurrence_anchor)
		select ${user.id}, gen_random_uuid(), 'Task ' || n, 'a' || lpad(n::text, 6, '0'), current_date, 'FREQ=DAILY', 'schedule', current_date
		from generate_series(1, 505) as n returning id`;
	const ids = rows.map(({ id }) => id);
	await api.tasks.counts();
	for (const action of [
		{ type: 'update', patch: { priority: 1, projectId: null } },
		{ type: 'complete' },
		{ type: 'delete' },
		{ type: 'restore' }
	] as const) {
		const few = await statementsOf(() => api.tasks.bulk({ ids: ids.slice(500), action }));
		const many = await statementsOf(() => api.tasks.bulk({ ids: ids.slice(0, 500), action }));
		expect(many.length).toBe(few.length);
		expect(many.length).toBeLessThanOrEqual(12);
	}
	const short = await statementsOf(() => api.tasks.list({ limit: 1 }));
	const long = await statementsOf(() => api.tasks.list({ limit: 200 }));
	expect(long.length).toBe(short.length);
	// All that was written is told, once each.
	const [told] = await sql<{ events: number; last: number }[]>`
		select count(*)::int as events, max(number)::int as last from events where user_id = ${user.id}`;
	expect(told?.events).toBe(told?.last);
});
