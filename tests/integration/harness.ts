import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Cookies } from '@sveltejs/kit';
import { createTRPCClient, httpLink } from '@trpc/client';
import postgres from 'postgres';
import { uuidv7 } from 'uuidv7';
import { inject } from 'vitest';
import { authenticate } from '$lib/server/auth/authenticate';
import { signIn } from '$lib/server/auth/sign-in';
import { config } from '$lib/server/config';
import { createCaller, type AppRouter } from '$lib/server/trpc/router';
import { findFreePort, startServer, testEnv, type Env, type Server } from '../server';

const name = `test_${randomBytes(8).toString('hex')}`;
const port = String(await findFreePort());

/** What this file's procedures and servers alike run with: the database, the keys and so the tokens are the same. */
export const env = {
	...testEnv,
	PORT: port,
	ORIGIN: `http://127.0.0.1:${port}`,
	DATABASE_URL: new URL(name, inject('templateUrl')).href,
	DATA_DIR: join(inject('place'), name),
	APP_SECRET: randomBytes(32).toString('hex')
} satisfies Env;

/** The database of this file, past the server: for what a test can't wait for, or wants to see for itself. */
export const sql = postgres(env.DATABASE_URL, { max: 4, onnotice: () => undefined });

type Credentials = { authorization?: string; cookie?: string };
type Whereabouts = { ip?: string; userAgent?: string; onCookie?: (secret: string | null) => void };

/** The procedures, called without HTTP by whoever has these credentials, which are judged anew at each call. */
export function callerWith({
	authorization,
	cookie,
	ip = '127.0.0.1',
	userAgent = 'integration tests',
	onCookie = () => undefined
}: Credentials & Whereabouts = {}) {
	return createCaller(async () => ({
		requestId: uuidv7(),
		cookie: { set: onCookie, clear: () => onCookie(null) },
		client: { ip, userAgent },
		auth: await authenticate({
			request: new Request(config.origin, authorization === undefined ? {} : { headers: { authorization } }),
			cookies: { get: () => cookie } as Pick<Cookies, 'get'> as Cookies
		})
	}));
}

export const randomEmail = () => `${randomBytes(8).toString('hex')}@example.com`;
export const randomPassword = () => randomBytes(12).toString('base64url');
/** One that nobody else counts against. */
export const randomIp = () =>
	`2001:db8:${randomBytes(6)
		.toString('hex')
		.replace(/(....)(?=.)/g, '$1:')}::1`;

/** A new account, signed in as a program would be. */
export async function signUp(
	details: { email?: string; password?: string; name?: string; timezone?: string } = {}
) {
	const credentials = { email: randomEmail(), password: randomPassword(), ...details };
	const grant = await callerWith().auth.signUp(credentials);
	const authorization = `Bearer ${grant.accessToken}`;
	return { user: grant.user, grant, credentials, authorization, api: callerWith({ authorization }) };
}

/** A session of this account as a browser has one, without the page. */
export async function openBrowser(credentials: { email: string; password: string }) {
	const client = { ip: '127.0.0.1', userAgent: 'integration tests' };
	const opened = await signIn(credentials, { kind: 'browser', client });
	if (!('session' in opened) || opened.secret === null) throw new Error('A second factor is asked for');
	return { cookie: opened.secret, sessionId: opened.session.id, api: callerWith({ cookie: opened.secret }) };
}

const servers: Promise<Server>[] = [];

/** A further instance of this file's server, or one with a different environment. */
export function serve(changes: Env = {}, hear?: (line: string) => void): Promise<Server> {
	const server = findFreePort().then((free) => startServer({ ...env, PORT: String(free), ...changes }, hear));
	servers.push(server);
	return server;
}

export async function stopServers(): Promise<void> {
	for (const server of await Promise.allSettled(servers)) {
		if (server.status === 'fulfilled') await server.value.stop();
	}
}

let server: Promise<Server> | undefined;

/** A request through the whole server, started at the first one. Redirects are answers. */
export async function http(path: string, init: RequestInit = {}): Promise<Response> {
	server ??= serve({ PORT: env.PORT });
	const { url } = await server;
	return fetch(new URL(path, url), { redirect: 'manual', ...init });
}

export type Answer = {
	status: number;
	headers: Headers;
	data: Record<string, unknown>;
	reason: string | undefined;
	text: string;
};

/** One mutation as a program without a client library calls it, and what it was answered. */
export async function post(
	path: string,
	input: unknown,
	{ url = env.ORIGIN, headers = {} }: { url?: string; headers?: Record<string, string> } = {}
): Promise<Answer> {
	if (url === env.ORIGIN) await http('/healthz');
	return read(
		await fetch(`${url}/trpc/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: JSON.stringify(input)
		})
	);
}

export async function get(
	path: string,
	{ url = env.ORIGIN, headers = {} }: { url?: string; headers?: Record<string, string> } = {}
): Promise<Answer> {
	if (url === env.ORIGIN) await http('/healthz');
	return read(await fetch(`${url}/trpc/${path}`, { headers }));
}

async function read(response: Response): Promise<Answer> {
	const text = await response.text();
	const body = JSON.parse(text) as {
		result?: { data: Record<string, unknown> };
		error?: { data: Record<string, unknown> };
	};
	return {
		status: response.status,
		headers: response.headers,
		data: body.result?.data ?? body.error?.data ?? {},
		reason: body.error?.data.reason as string | undefined,
		text
	};
}

/** What a call was refused with: its stable word, or the code where there is none; `ok` where it was not. */
export async function outcome(call: Promise<unknown>): Promise<string> {
	try {
		await call;
		return 'ok';
	} catch (error) {
		const { reason, code } = error as { reason?: string; code?: string };
		return reason ?? code ?? String(error);
	}
}

/** How often each came up. */
export function tally(items: (string | undefined)[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const item of items) counts[item ?? 'ok'] = (counts[item ?? 'ok'] ?? 0) + 1;
	return counts;
}

export const times = <T>(count: number, make: (index: number) => T): T[] =>
	Array.from({ length: count }, (_, index) => make(index));

/** The procedures over HTTP, as another program would call them. */
export function remote({ authorization }: Pick<Credentials, 'authorization'> = {}) {
	return createTRPCClient<AppRouter>({
		links: [
			httpLink({
				url: `${env.ORIGIN}/trpc`,
				headers: authorization === undefined ? {} : { authorization },
				fetch: (url, init) => http(url as string, init as RequestInit)
			})
		]
	});
}
