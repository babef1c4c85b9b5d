import { z } from 'zod';
import { protectedProcedure, router } from '../trpc/init';
import { follow } from './live';

const lastEventId = z
	.string()
	.regex(/^\d{1,15}$/, 'That is not an event id.')
	.nullish();

export const eventsRouter = router({
	/** What happens to the caller's tasks, projects and filters, from behind an event on, or from now on. */
	subscribe: protectedProcedure
		.input(z.strictObject({ lastEventId }).prefault({}))
		.subscription(({ ctx, input, signal }) =>
			follow(ctx.auth, input.lastEventId == null ? null : Number(input.lastEventId), signal)
		)
});
