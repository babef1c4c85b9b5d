import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Cookies } from '@sveltejs/kit';
import { createTRPCClient, httpLink } from '@trpc/client';
import { uuidv7 } from 'uuidv7';
import { inject } from 'vitest';
import { authenticate } from '$lib/server/auth/authenticate';
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

type Credentials = { authorization?: string; cookie?: string };

/** The procedures, called without HTTP by whoever has these credentials, which are judged anew at each call. */
export function callerWith({ authorization, cookie }: Credentials = {}) {
	return createCaller(async () => ({
		requestId: uuidv7(),
		client: { ip: '127.0.0.1', userAgent: 'integration tests' },
		auth: await authenticate({
			request: new Request(config.origin, authorization === undefined ? {} : { headers: { authorization } }),
			cookies: { get: () => cookie } as Pick<Cookies, 'get'> as Cookies
		})
	}));
}

export const randomEmail = () => `${randomBytes(8).toString('hex')}@example.com`;
export const randomPassword = () => randomBytes(12).toString('base64url');

/** A new account, signed in as a program would be. */
export async function signUp(
	details: { email?: string; password?: string; name?: string; timezone?: string } = {}
) {
	const credentials = { email: randomEmail(), password: randomPassword(), ...details };
	const grant = await callerWith().auth.signUp(credentials);
	const authorization = `Bearer ${grant.accessToken}`;
	return { user: grant.user, grant, credentials, authorization, api: callerWith({ authorization }) };
}

const servers: Promise<Server>[] = [];

/** A further instance of this file's server, or one with a different environment. */
export function serve(changes: Env = {}): Promise<Server> {
	const server = findFreePort().then((free) => startServer({ ...env, PORT: String(free), ...changes }));
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
