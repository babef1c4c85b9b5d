import { z } from 'zod';
import { protectedProcedure, router } from '../trpc/init';
import { untilSignedOut } from './live';

export const eventsRouter = router({
	/** Open for as long as the caller is signed in, and refused the moment that is over. */
	subscribe: protectedProcedure
		.input(
			z.strictObject({ lastEventId: z.string().max(100, 'That is not an event id.').nullish() }).prefault({})
		)
		.subscription(async function* ({ ctx, signal }) {
			await untilSignedOut(ctx.auth, signal);
			yield* [] as never[];
		})
});
