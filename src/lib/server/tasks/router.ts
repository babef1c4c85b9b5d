import * as byIdSchema from '../../schemas/rows';
import * as schemas from '../../schemas/tasks';
import { Refusal } from '../errors';
import { protectedProcedure, router } from '../trpc/init';
import * as changes from './changes';
import { listPage } from '../lists/lists';
import * as lists from '../lists/queries';
import * as tasks from './queries';
import { parseText, quickAdd } from './quick-add';
import { todayIn } from '../../recurrence/calendar';

const { byId } = byIdSchema;

const found = <T>(value: T | null): T => {
	if (value === null) throw new Refusal('not_found');
	return value;
};

export const tasksRouter = router({
	list: protectedProcedure.input(schemas.listTasks).query(({ ctx, input }) => listPage(ctx.user, input)),

	get: protectedProcedure
		.input(byId)
		.query(async ({ ctx, input }) => found(await tasks.find(ctx.user.id, input.id))),

	create: protectedProcedure
		.input(schemas.createTask)
		.mutation(({ ctx, input }) => changes.create(ctx.user, input)),

	update: protectedProcedure
		.input(schemas.updateTask)
		.mutation(({ ctx, input }) => changes.update(ctx.user, input)),

	setCompleted: protectedProcedure
		.input(schemas.setCompleted)
		.mutation(({ ctx, input }) => changes.setCompleted(ctx.user, input)),

	delete: protectedProcedure.input(byId).mutation(async ({ ctx, input }) => {
		await changes.remove(ctx.user, input.id);
		return { ok: true as const };
	}),

	restore: protectedProcedure.input(byId).mutation(({ ctx, input }) => changes.restore(ctx.user, input.id)),

	purge: protectedProcedure.input(byId).mutation(async ({ ctx, input }) => {
		await changes.purge(ctx.user, input.id);
		return { ok: true as const };
	}),

	move: protectedProcedure
		.input(schemas.moveTask)
		.mutation(({ ctx, input }) => changes.move(ctx.user, input)),

	bulk: protectedProcedure
		.input(schemas.bulk)
		.mutation(async ({ ctx, input }) => ({ updated: await changes.bulk(ctx.user, input) })),

	quickAdd: protectedProcedure
		.input(schemas.quickAdd)
		.mutation(({ ctx, input }) => quickAdd(ctx.user, input)),

	parse: protectedProcedure.input(schemas.parse).query(({ ctx, input }) => parseText(ctx.user, input.text)),

	counts: protectedProcedure.query(({ ctx }) =>
		lists.counts(ctx.user.id, todayIn(ctx.user.timezone, new Date()))
	),

	stats: protectedProcedure
		.input(schemas.stats)
		.query(({ ctx, input }) => lists.stats(ctx.user.id, ctx.user.timezone, input.days))
});
