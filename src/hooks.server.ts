import type { Handle, HandleServerError, ServerInit } from '@sveltejs/kit';
import { TRPCError } from '@trpc/server';
import { uuidv7 } from 'uuidv7';
import { authenticate } from '$lib/server/auth/authenticate';
import { answerResetRequest } from '$lib/server/auth/links';
import { loadKeys } from '$lib/server/auth/keys';
import { setAppSecret } from '$lib/server/auth/secrets';
import { loadConfig } from '$lib/server/config';
import { connect, disconnect, isDatabaseAway } from '$lib/server/db/connect';
import { openEmbedded, type Embedded } from '$lib/server/db/embedded';
import { migrate } from '$lib/server/db/migrate';
import { Refusal, somethingWentWrong } from '$lib/server/errors';
import { stopping } from '$lib/server/events/live';
import { startListening } from '$lib/server/events/news';
import { corsHeaders, isApi, isForeign, refuse, setHeaders } from '$lib/server/http';
import { startJobs, stopJobs } from '$lib/server/jobs/jobs';
import { log, setLogLevel } from '$lib/server/log';
import { startMailer, stopMailer } from '$lib/server/mail/mail';
import { requestSeconds } from '$lib/server/metrics';

export const init: ServerInit = async () => {
	const config = loadConfig();
	setLogLevel();
	const embedded = config.databaseUrl
		? null
		: await openEmbedded(config.dataDir, (line) => {
				log.warn(line);
			});
	// Streams would keep a stopping server waiting, so they end with the first word of it.
	for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
	// From now on, whatever fails: a start that ends early must not leave a database behind.
	process.once('sveltekit:shutdown', () => void shutDown(embedded));

	const url = config.databaseUrl ?? embedded?.url ?? '';
	setAppSecret(config.appSecret ?? embedded?.appSecret ?? '');
	await migrate(url);
	connect(url);
	await loadKeys();
	await startListening();
	startMailer(answerResetRequest);
	startJobs();
};

async function shutDown(embedded: Embedded | null): Promise<void> {
	await Promise.all([stopMailer(), stopJobs()]);
	await disconnect();
	await embedded?.close();
}

/** These answer without knowing who asks, and so also while the database is away. */
const anonymousRoutes = new Set(['/healthz', '/readyz', '/metrics', '/.well-known/jwks.json']);

export const handle: Handle = async ({ event, resolve }) => {
	const startedAt = performance.now();
	const { locals, request, route } = event;
	locals.requestId = uuidv7();
	locals.auth = { via: null, user: null, session: null, reason: 'unauthenticated' };

	// Kit answers a form with JSON unless HTML is asked for, which surprises whoever posts one from a program.
	if (!isApi(event.url.pathname) && !request.headers.has('x-sveltekit-action'))
		request.headers.set('accept', 'text/html');

	const cors = corsHeaders(event);
	let response: Response;
	try {
		if (isForeign(event)) {
			response = refuse(event, new Refusal('cross_origin'));
		} else if (request.method === 'OPTIONS' && 'access-control-allow-origin' in cors) {
			response = new Response(null, { status: 204 });
		} else {
			if (!anonymousRoutes.has(route.id ?? '')) locals.auth = await authenticate(event);
			response = await resolve(event);
		}
	} catch (error) {
		log.error({ requestId: locals.requestId, err: error }, 'unexpected_error');
		response = refuse(event, new TRPCError({ code: 'INTERNAL_SERVER_ERROR' }));
	}

	setHeaders(event, response);
	for (const [name, value] of Object.entries(cors)) response.headers.set(name, value);
	const seconds = (performance.now() - startedAt) / 1000;
	requestSeconds.observe(
		{ method: request.method, route: route.id ?? 'none', status: response.status },
		seconds
	);
	log.info(
		{
			requestId: locals.requestId,
			user: locals.auth.user?.id,
			method: request.method,
			route: route.id,
			status: response.status,
			ms: Math.round(seconds * 1000)
		},
		'request'
	);
	return response;
};

export const handleError: HandleServerError = ({ error, event, status, message }) => {
	const { requestId } = event.locals;
	// Kit's own errors, such as a page that isn't there, have a message made for people.
	if (status < 500) return { message, requestId };
	log.error({ requestId, err: error }, isDatabaseAway(error) ? 'database_unavailable' : 'unexpected_error');
	return { message: somethingWentWrong, requestId };
};
