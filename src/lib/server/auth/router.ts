import * as schemas from '../../schemas/auth';
import { cookieProcedure, protectedProcedure, publicProcedure, router, sessionProcedure } from '../trpc/init';
import { grant } from './grant';
import * as links from './links';
import { refresh } from './refresh';
import { secondFactor, signIn } from './sign-in';
import { signOut } from './sign-out';
import { signUp } from './sign-up';
import { toUser } from './users';

const ok = { ok: true } as const;

export const authRouter = router({
	signUp: publicProcedure
		.input(schemas.signUp)
		.mutation(async ({ ctx, input }) => grant(await signUp(input, { kind: 'api', client: ctx.client }))),

	signIn: publicProcedure.input(schemas.signIn).mutation(async ({ ctx, input }) => {
		const outcome = await signIn(input, { kind: 'api', client: ctx.client });
		return 'ticket' in outcome ? outcome : grant(outcome);
	}),

	secondFactor: publicProcedure
		.input(schemas.secondFactor)
		.mutation(async ({ ctx, input }) =>
			grant(await secondFactor(input, { kind: 'api', client: ctx.client }))
		),

	refresh: publicProcedure
		.input(schemas.refresh)
		.mutation(async ({ ctx, input }) => grant(await refresh(input.refreshToken, ctx.client))),

	signOut: sessionProcedure.mutation(async ({ ctx }) => {
		await signOut(ctx.session, ctx.client);
		if (ctx.via === 'cookie') ctx.cookie.clear();
		return ok;
	}),

	issueToken: cookieProcedure.mutation(({ ctx }) => ctx.issueToken()),

	me: protectedProcedure.query(({ ctx }) => toUser(ctx.user)),

	requestPasswordReset: publicProcedure
		.input(schemas.requestPasswordReset)
		.mutation(async ({ ctx, input }) => {
			await links.requestPasswordReset(input.email, ctx.client);
			return ok;
		}),

	resetPassword: publicProcedure.input(schemas.resetPassword).mutation(async ({ ctx, input }) => {
		await links.resetPassword(input.token, input.password, ctx.client);
		return ok;
	}),

	verifyEmail: publicProcedure.input(schemas.verifyEmail).mutation(async ({ ctx, input }) => {
		await links.verifyEmail(input.token, ctx.client);
		return ok;
	})
});
