import * as schemas from '../../schemas/auth';
import { cookieProcedure, protectedProcedure, publicProcedure, router } from '../trpc/init';
import * as accounts from './accounts';
import { endSession } from './sessions';

export const authRouter = router({
	signUp: publicProcedure
		.input(schemas.signUp)
		.mutation(async ({ ctx, input }) =>
			accounts.grant(await accounts.signUp(input, { kind: 'api', client: ctx.client }))
		),

	signIn: publicProcedure
		.input(schemas.signIn)
		.mutation(async ({ ctx, input }) =>
			accounts.grant(await accounts.signIn(input, { kind: 'api', client: ctx.client }))
		),

	refresh: publicProcedure
		.input(schemas.refresh)
		.mutation(async ({ input }) => accounts.grant(await accounts.refresh(input.refreshToken))),

	signOut: protectedProcedure.mutation(async ({ ctx }) => {
		await endSession(ctx.session.id);
		return { ok: true as const };
	}),

	issueToken: cookieProcedure.mutation(({ ctx }) => ctx.issueToken()),

	me: protectedProcedure.query(({ ctx }) => accounts.toUser(ctx.user))
});
