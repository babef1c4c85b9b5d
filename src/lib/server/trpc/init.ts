import { initTRPC } from '@trpc/server';
import { getRequestEvent } from '$app/server';
import { z } from 'zod';
import { currentPassword } from '../../schemas/account';
import { requirePassword } from '../auth/attempts';
import { isDatabaseAway, isOwnerGone } from '../db/connect';
import { errorData, messageOf, Refusal } from '../errors';
import { countCall, network } from '../limits/limits';
import type { Context } from './context';
import { scopeFor } from './rules';

const t = initTRPC.context<Context>().create({
	isDev: false,
	// Often enough that proxies keep the connection, and that both sides notice when it is dead.
	sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
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

/** The first rung: counts the call, and turns what was thrown inside into something that may leave. */
export const publicProcedure = t.procedure.use(async ({ ctx, next }) => {
	const { auth, client } = ctx;
	try {
		// Not by the user's id, which must not stay anywhere once the account is deleted.
		const credential = auth.via === 'personal_token' ? auth.tokenId : auth.session?.id;
		await countCall(credential ?? network(client.ip));
	} catch (error) {
		throw isDatabaseAway(error) ? new Refusal('database_unavailable') : error;
	}
	const result = await next();
	if (!result.ok && isDatabaseAway(result.error.cause)) throw new Refusal('database_unavailable');
	if (!result.ok && isOwnerGone(result.error.cause)) throw new Refusal('session_over');
	return result;
});

/** Signed in: by cookie, by JWT, or by a personal access token that has the scope. */
export const protectedProcedure = publicProcedure.use(({ ctx, path, type, next }) => {
	const { auth } = ctx;
	if (!auth.user) throw new Refusal(auth.reason);
	if (auth.via === 'personal_token') {
		const scope = scopeFor(path, type);
		if (scope === 'never' || (scope !== 'any' && !auth.scopes.includes(scope)))
			throw new Refusal('insufficient_scope');
	}
	return next({ ctx: { user: auth.user, auth } });
});

/** Signed in with a session, as whoever looks after the account itself must be. */
export const sessionProcedure = protectedProcedure.use(({ ctx, next }) => {
	const { auth } = ctx;
	if (!auth.session) throw new Refusal('insufficient_scope');
	return next({ ctx: { session: auth.session, via: auth.via, issueToken: auth.issueToken } });
});

/** Signed in by the session cookie, as only the web interface is. */
export const cookieProcedure = sessionProcedure.use(({ ctx, next }) => {
	if (ctx.via !== 'cookie') throw new Refusal('cookie_required');
	return next();
});

/** For changes that somebody at an unlocked screen should not be able to make: asks for the password again. */
export const reauthProcedure = sessionProcedure
	.input(z.looseObject({ currentPassword }).prefault({}))
	.use(async ({ ctx, input, next }) => {
		if (input.currentPassword === undefined) throw new Refusal('reauth_required');
		const passwordHash = await requirePassword(ctx.user, input.currentPassword, ctx.client);
		return next({ ctx: { passwordHash } });
	});
