import type { z } from 'zod';
import { parseQuickAdd } from '../../quick-add/quick-add';
import type * as schemas from '../../schemas/tasks';
import { createTask } from '../../schemas/tasks';
import { fieldErrors, InvalidInput } from '../errors';
import * as projects from '../projects/queries';
import * as changes from './changes';
import type { Owner } from './changes';

/** What a line of text would become; nothing is created. */
export async function parseText(owner: Owner, text: string) {
	const open = (await projects.list(owner.id)).filter(({ archivedAt }) => archivedAt === null);
	return parseQuickAdd(text, { now: new Date(), timezone: owner.timezone, projects: open });
}

export async function quickAdd(owner: Owner, { text, id }: z.infer<typeof schemas.quickAdd>) {
	const { draft, spans } = await parseText(owner, text);
	const input = createTask.safeParse({ ...draft, id });
	if (!input.success) throw new InvalidInput({ text: Object.values(fieldErrors(input.error)).flat() });
	return { task: await changes.create(owner, input.data), spans };
}
