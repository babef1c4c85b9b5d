import * as schemas from '../../schemas/labels';
import { transaction } from '../db/connect';
import { Refusal } from '../errors';
import * as lists from '../lists/queries';
import * as tasks from '../tasks/queries';
import { protectedProcedure, router } from '../trpc/init';

/** All tasks with the label change at once, or none. */
const replace = (userId: string, from: string, to: string | null) =>
	transaction(async (tx) => {
		await tasks.lockOwner(userId, tx);
		if ((await tasks.replaceLabel(userId, from, to, tx)) === 0) throw new Refusal('not_found');
		return { ok: true as const };
	});

/** A label is there as long as a task has it. */
export const labelsRouter = router({
	list: protectedProcedure.query(({ ctx }) => lists.labels(ctx.user.id)),

	rename: protectedProcedure
		.input(schemas.renameLabel)
		.mutation(({ ctx, input: { from, to } }) => replace(ctx.user.id, from, to)),

	delete: protectedProcedure
		.input(schemas.deleteLabel)
		.mutation(({ ctx, input }) => replace(ctx.user.id, input.name, null))
});
