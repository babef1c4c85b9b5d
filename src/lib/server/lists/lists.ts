import type { z } from 'zod';
import type * as schemas from '../../schemas/tasks';
import { todayIn } from '../../recurrence/calendar';
import { InvalidInput, Refusal } from '../errors';
import { readFilter } from '../filters/rules';
import { findAnywhere, hasProject } from '../tasks/queries';
import type { Owner } from '../tasks/changes';
import * as lists from './queries';
import type { Criteria, Order } from './queries';
import { highlighter, readCursor, wordsOf, writeCursor } from './rules';
import type { Task } from '../tasks/task';

type Input = z.infer<typeof schemas.listTasks>;

type Page = {
	items: Task[];
	nextCursor: string | null;
	/** Of a search, what was found in each task, between the characters U+0002 and U+0003. */
	highlights?: Record<string, { title: string; notes: string | null }>;
};

export async function listPage(owner: Owner, input: Input): Promise<Page> {
	const { cursor, limit, filter, search, ...rest } = input;
	const today = todayIn(owner.timezone, new Date());
	const criteria = {
		...rest,
		today,
		filter: filter === undefined ? undefined : readFilter(filter, owner.timezone)
	};
	if (search !== undefined && search.trim() !== '') {
		return rankedPage(owner, { criteria, search, cursor: cursor ?? null, limit }, input);
	}
	const order = orderOf(input);
	const after = cursor == null ? null : keyOf(cursor, order);
	// One more than asked for tells whether there is a next page.
	const rows = await lists.list(owner.id, { criteria, order, after, limit: limit + 1 });
	if (rows.length === 0) await requirePlace(owner, input);
	const page = rows.slice(0, limit);
	const last = rows.length > limit ? page.at(-1) : undefined;
	return { items: page.map(({ task }) => task), nextCursor: last ? writeCursor(order, last.key) : null };
}

function keyOf(cursor: string, order: Order): string[] {
	const key = readCursor(cursor, order);
	if (key === null || !lists.fitsOrder(order, key)) throw wrongCursor();
	return key;
}

const wrongCursor = () => new InvalidInput({ cursor: ['That is not a cursor of this list.'] });

async function rankedPage(
	owner: Owner,
	{
		criteria,
		search,
		cursor,
		limit
	}: { criteria: Criteria; search: string; cursor: string | null; limit: number },
	input: Input
): Promise<Page> {
	const parts = cursor === null ? [null, null, null] : readCursor(cursor, 'rank');
	if (parts === null || !lists.fitsRanks(parts)) throw wrongCursor();
	const [last, below, from] = parts as (string[] | null)[];
	const key = { last: last ?? null, below: below ?? null, from: from ?? null };
	const { rows, end } = await lists.ranked(owner.id, { criteria, search, key, limit: limit + 1 });
	if (rows.length === 0) await requirePlace(owner, input);
	const page = rows.slice(0, limit);
	const next =
		rows.length > limit
			? [page.at(-1)?.key ?? null, key.below, end]
			: end === null
				? null
				: [null, end, null];
	const highlight = highlighter(wordsOf(search));
	return {
		items: page.map(({ task }) => task),
		nextCursor: next && writeCursor('rank', next),
		highlights: Object.fromEntries(page.map(({ task }) => [task.id, highlight(task)]))
	};
}

/** Each list has the order that it is read in. */
function orderOf({ view, projectId, parentId, completed }: Input): Order {
	if (view === 'trash') return 'trashed';
	if (completed ?? view === 'completed') return 'completed';
	if (view === 'today' || view === 'upcoming') return 'due';
	if (view === 'inbox' || projectId !== undefined || parentId !== undefined) return 'manual';
	return 'newest';
}

/** An empty list may be that of a project or a task that isn't there, which only then is worth a look. */
async function requirePlace(owner: Owner, { projectId, parentId }: Input): Promise<void> {
	if (projectId !== undefined && !(await hasProject(owner.id, projectId))) throw new Refusal('not_found');
	if (parentId !== undefined && !(await findAnywhere(owner.id, parentId))) throw new Refusal('not_found');
}
