import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client';
import type { inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from './server/trpc/router';

export type Task = inferRouterOutputs<AppRouter>['tasks']['get'];

export const trpc = createTRPCClient<AppRouter>({
	links: [
		httpBatchLink({
			url: '/trpc',
			maxItems: 20,
			// What was done just before the page is left still arrives; browsers bound what may be sent that way.
			fetch: (url, { body, ...options } = {}) =>
				fetch(url, { ...options, body, keepalive: typeof body === 'string' && body.length < 16_000 })
		})
	]
});

/** What the server said to a call that it refused, or null when no answer of it came back. */
export const refusalOf = (error: unknown) =>
	error instanceof TRPCClientError ? ((error as TRPCClientError<AppRouter>).data ?? null) : null;
