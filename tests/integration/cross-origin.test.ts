import { beforeAll, describe, expect, test } from 'vitest';
import { env, http, serve, signUp } from './harness';

let cookie: string;
let list: () => Promise<{ items: unknown[] }>;

beforeAll(async () => {
	const { credentials, api } = await signUp();
	const signedIn = await http('/login', {
		method: 'POST',
		headers: { origin: env.ORIGIN, 'content-type': 'application/x-www-form-urlencoded' },
		body: new URLSearchParams({ email: credentials.email, password: credentials.password }).toString()
	});
	cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
	list = () => api.tasks.list();
});

const bodies: [string, string][] = [
	['application/json', JSON.stringify({ title: 'Planted' })],
	['application/x-www-form-urlencoded', 'title=Planted'],
	['text/plain', JSON.stringify({ title: 'Planted' })],
	[
		'multipart/form-data; boundary=x',
		'--x\r\ncontent-disposition: form-data; name="title"\r\n\r\nPlanted\r\n--x--\r\n'
	]
];
const places = ['/trpc/tasks.create', '/inbox?/add'];
const origins: [string, Record<string, string>][] = [
	['another site', { origin: 'https://evil.example' }],
	['another port', { origin: `${env.ORIGIN}0` }],
	['an opaque origin', { origin: 'null' }],
	['a same-site neighbour', { 'sec-fetch-site': 'same-site' }],
	['nowhere that it says', {}]
];

describe.each(origins)('a request with the cookie from %s', (_, from) => {
	test.each(places.flatMap((place) => bodies.map(([type, body]) => [place, type, body] as const)))(
		'to %s as %s is refused without effect',
		async (place, type, body) => {
			const response = await http(place, {
				method: 'POST',
				headers: { ...from, cookie, 'content-type': type },
				body
			});
			expect(response.status).toBe(403);
			expect(response.headers.get('x-request-id')).not.toBeNull();
			if (place.startsWith('/trpc')) {
				expect(await response.json()).toMatchObject({
					error: {
						data: { code: 'FORBIDDEN', httpStatus: 403, path: 'tasks.create', reason: 'cross_origin' }
					}
				});
			}
			expect((await list()).items).toEqual([]);
		}
	);
});

test('without an Origin, a browser that says same-origin is believed', async () => {
	const response = await http('/trpc/auth.issueToken', {
		method: 'POST',
		headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
	});
	expect(response.status).toBe(200);
});

test('a form from another site can’t sign the visitor in', async () => {
	const { credentials } = await signUp();
	const response = await http('/login', {
		method: 'POST',
		headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
		body: new URLSearchParams({ email: credentials.email, password: credentials.password }).toString()
	});
	expect(response.status).toBe(403);
	expect(response.headers.getSetCookie()).toEqual([]);
});

test('a program without a cookie needs no origin', async () => {
	const { credentials } = await signUp();
	const response = await http('/trpc/auth.signIn', {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ email: credentials.email, password: credentials.password })
	});
	expect(response.status).toBe(200);
});

test('GET changes nothing, whoever sends it', async () => {
	const input = encodeURIComponent(JSON.stringify({ title: 'Planted' }));
	const response = await http(`/trpc/tasks.create?input=${input}`, {
		headers: { cookie, origin: env.ORIGIN }
	});
	expect(response.status).toBe(405);
	expect((await list()).items).toEqual([]);
});

test('pages of listed sites may call with a bearer token, and never with the cookie', async () => {
	const site = 'https://dashboard.example';
	const server = await serve({ CORS_ORIGINS: site, ORIGIN: env.ORIGIN });
	const preflight = await fetch(`${server.url}/trpc/tasks.list`, {
		method: 'OPTIONS',
		headers: {
			origin: site,
			'access-control-request-method': 'GET',
			'access-control-request-headers': 'authorization'
		}
	});
	expect(preflight.status).toBe(204);
	expect(preflight.headers.get('access-control-allow-origin')).toBe(site);
	expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
	expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();

	const { authorization } = await signUp();
	const listed = await fetch(`${server.url}/trpc/tasks.list`, { headers: { origin: site, authorization } });
	expect(listed.status).toBe(200);
	expect(listed.headers.get('access-control-allow-origin')).toBe(site);

	const other = await fetch(`${server.url}/trpc/tasks.list`, {
		headers: { origin: 'https://other.example', authorization }
	});
	expect(other.headers.get('access-control-allow-origin')).toBeNull();
});
