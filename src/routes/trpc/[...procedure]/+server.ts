import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { clientOf } from '$lib/server/auth/authenticate';
import { log } from '$lib/server/log';
import { appRouter } from '$lib/server/trpc/router';
import type { RequestHandler } from './$types';

const handle: RequestHandler = (event) => {
	const { requestId, auth } = event.locals;
	return fetchRequestHandler({
		endpoint: '/trpc',
		router: appRouter,
		req: event.request,
		// One HTTP request may not carry any number of sign-ins.
		maxBatchSize: 20,
		createContext: () => ({ requestId, auth, client: clientOf(event) }),
		onError({ error, path }) {
			if (error.code === 'INTERNAL_SERVER_ERROR') log.error({ requestId, path, err: error.cause ?? error }, 'unexpected_error');
		}
	});
};

export const GET = handle;
export const POST = handle;
