import { error, fail, redirect, type RequestEvent } from '@sveltejs/kit';
import { TRPCError } from '@trpc/server';
import { getRequestEvent } from '$app/server';
import { errorData, messageOf } from './errors';
import { contextOf } from './trpc/context';
import { createCaller } from './trpc/router';

/** The procedures for a page's `load` or form action; who is signed out is sent to sign in first. */
export function procedures(event: RequestEvent) {
	const { auth } = event.locals;
	if (!auth.user && auth.reason !== 'database_unavailable') {
		const next = event.request.method === 'GET' ? event.url.pathname + event.url.search : event.url.pathname;
		redirect(303, `/login?next=${encodeURIComponent(next)}`);
	}
	return publicProcedures(event);
}

/** The procedures for a page that is there for whoever comes. */
export const publicProcedures = (event: RequestEvent) => createCaller(contextOf(event));

/** What a procedure refused becomes an error page with its status; otherwise Kit would make it a 500. */
export async function orErrorPage<T>(event: RequestEvent, call: Promise<T>): Promise<T> {
	try {
		return await call;
	} catch (cause) {
		if (!(cause instanceof TRPCError) || cause.code === 'INTERNAL_SERVER_ERROR') throw cause;
		const { requestId } = event.locals;
		return error(errorData(cause, {}).httpStatus, { message: messageOf(cause), requestId });
	}
}

/** What a procedure refused becomes the form's own errors, beside what had been typed. */
export async function orFormErrors<T, Values extends Record<string, unknown>>(
	call: Promise<T>,
	values: Values
) {
	try {
		return await call;
	} catch (cause) {
		if (!(cause instanceof TRPCError) || cause.code === 'INTERNAL_SERVER_ERROR') throw cause;
		const { httpStatus, fields = {}, reason, retryAfter } = errorData(cause, {});
		if (retryAfter !== undefined) getRequestEvent().setHeaders({ 'retry-after': String(retryAfter) });
		return fail(httpStatus, { message: messageOf(cause), reason, fields, retryAfter, values });
	}
}
