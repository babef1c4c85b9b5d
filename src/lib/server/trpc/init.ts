import { initTRPC } from '@trpc/server';
import { getRequestEvent } from '$app/server';
import { isDatabaseAway } from '../db/connect';
import { errorData, messageOf, Refusal } from '../errors';
import type { Context } from './context';

const t = initTRPC.context<Context>().create({
	isDev: false,
	errorFormatter: ({ shape, error, path, ctx }) => ({
		code: shape.code,
		message: messageOf(error),
		data: errorData(error, { path, requestId: ctx?.requestId ?? currentRequestId() })
	})
});

/** A request that tRPC could not even read fails before it has a context. */
function currentRequestId(): string | undefined {
	try {
		return getRequestEvent().locals.requestId;
	} catch {
		return undefined;
	}
}

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** The first rung: what was thrown inside becomes something that may leave. */
export const publicProcedure = t.procedure.use(async ({ next }) => {
	const result = await next();
	if (!result.ok && isDatabaseAway(result.error.cause)) throw new Refusal('database_unavailable');
	return result;
});

/** Signed in, by cookie or by bearer token. */
export const protectedProcedure = publicProcedure.use(({ ctx, next }) => {
	const { auth } = ctx;
	if (!auth.user) throw new Refusal(auth.reason);
	return next({
		ctx: { user: auth.user, session: auth.session, via: auth.via, issueToken: auth.issueToken }
	});
});

/** Signed in by the session cookie, as only the web interface is. */
export const cookieProcedure = protectedProcedure.use(({ ctx, next }) => {
	if (ctx.via !== 'cookie') throw new Refusal('cookie_required');
	return next();
});
