import type { RequestEvent } from '@sveltejs/kit';
import type { TRPCError } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { readCookie } from './auth/sessions';
import { config } from './config';
import { errorData, messageOf } from './errors';

export const isApi = (path: string) => path.startsWith('/trpc/') || path.startsWith('/api/');

/**
 * Whether a state-changing request may have been made by another site in its visitor's name. The
 * content type plays no part: a cookie travels with all of them.
 */
export function isForeign({ request, url, cookies }: RequestEvent): boolean {
	if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return false;
	// A browser adds no Authorization header by itself.
	if (request.headers.has('authorization')) return false;
	// Without a cookie a program has nothing to abuse; a page's form could still sign the visitor in as somebody else.
	if (isApi(url.pathname) && !readCookie(cookies)) return false;
	const origin = request.headers.get('origin');
	return origin === null ? request.headers.get('sec-fetch-site') !== 'same-origin' : origin !== config.origin;
}

/** An answer from before any procedure or page: the API's in the shape of its errors, once for each call of a batch. */
export function refuse({ url, locals }: RequestEvent, error: TRPCError): Response {
	const { requestId } = locals;
	const headers = { 'cache-control': 'no-store' };
	const status = errorData(error, {}).httpStatus;
	if (!isApi(url.pathname)) return new Response(`${messageOf(error)}\n`, { status, headers });

	const answerTo = (path: string) => ({
		error: {
			message: messageOf(error),
			code: TRPC_ERROR_CODES_BY_KEY[error.code],
			data: errorData(error, { path, requestId })
		}
	});
	const path = url.pathname.replace(/^\/trpc\//, '');
	const body =
		url.searchParams.get('batch') === '1' ? path.split(',').slice(0, 20).map(answerTo) : answerTo(path);
	return Response.json(body, { status, headers });
}

/** Pages of the sites in CORS_ORIGINS may call the API with a bearer token; cookies are never allowed along. */
export function corsHeaders({ request, url }: RequestEvent): Record<string, string> {
	const origin = request.headers.get('origin');
	if (!isApi(url.pathname) || origin === null || !config.corsOrigins.includes(origin)) return {};
	return {
		'access-control-allow-origin': origin,
		'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE',
		'access-control-allow-headers': 'authorization, content-type, last-event-id, trpc-accept',
		'access-control-expose-headers': 'x-request-id, retry-after',
		'access-control-max-age': '600',
		vary: 'origin'
	};
}

/** For what Kit renders no page for: the API's answers, and error.html with its own small style. */
const bareCsp =
	"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

export function setHeaders({ locals, url }: RequestEvent, { headers }: Response): void {
	headers.set('x-request-id', locals.requestId);
	headers.set('x-content-type-options', 'nosniff');
	// Not no-referrer: with that, browsers send `Origin: null` with a form, which the origin check refuses.
	headers.set('referrer-policy', 'same-origin');
	headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
	headers.set('cross-origin-opener-policy', 'same-origin');
	if (config.secure) headers.set('strict-transport-security', 'max-age=31536000');
	if (!headers.has('content-security-policy')) {
		headers.set('content-security-policy', bareCsp);
	}
	const namesNobody = !isApi(url.pathname) && headers.get('cache-control')?.startsWith('public');
	if (!namesNobody) headers.set('cache-control', 'no-store');
}
