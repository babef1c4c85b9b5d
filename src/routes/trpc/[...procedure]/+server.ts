import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Refusal, retryAfterHeader } from '$lib/server/errors';
import { refuse } from '$lib/server/http';
import { log } from '$lib/server/log';
import { contextOf } from '$lib/server/trpc/context';
import { appRouter } from '$lib/server/trpc/router';
import type { RequestHandler } from './$types';

/** One HTTP request may not carry any number of sign-ins. */
const MAX_BATCH = 20;

const handle: RequestHandler = (event) => {
	if (event.params.procedure.split(',').length > MAX_BATCH)
		return refuse(event, new Refusal('batch_too_large'));
	return fetchRequestHandler({
		endpoint: '/trpc',
		router: appRouter,
		req: event.request,
		maxBatchSize: MAX_BATCH,
		createContext: () => contextOf(event),
		responseMeta: ({ errors }) => ({ headers: retryAfterHeader(errors) }),
		onError({ error, path }) {
			if (error.code === 'INTERNAL_SERVER_ERROR')
				log.error({ requestId: event.locals.requestId, path, err: error.cause ?? error }, 'unexpected_error');
		}
	});
};

export const GET = handle;
export const POST = handle;
