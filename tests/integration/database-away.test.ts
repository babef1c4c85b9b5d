import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { env, serve, signUp } from './harness';

/** Stands between a server and its database, and can be told to let nothing through. */
async function turnstile(url: string) {
	const { hostname, port } = new URL(url);
	const open = new Set<Socket>();
	let closed = false;
	const server = createServer((socket) => {
		if (closed) return socket.destroy();
		const onward = connect(Number(port), hostname);
		for (const [from, to] of [
			[socket, onward],
			[onward, socket]
		] as const) {
			open.add(from);
			from.pipe(to);
			from.on('error', () => to.destroy()).on('close', () => (to.destroy(), open.delete(from)));
		}
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const through = new URL(url);
	through.port = String((server.address() as AddressInfo).port);
	return {
		url: through.href,
		close() {
			closed = true;
			for (const socket of open) socket.destroy();
		},
		open() {
			closed = false;
		},
		end: () => server.close()
	};
}

test('while the database is away there are clear answers, and afterwards everything works again', async () => {
	const between = await turnstile(env.DATABASE_URL);
	onTestFinished(() => void between.end());
	const server = await serve({ DATABASE_URL: between.url, ORIGIN: env.ORIGIN, LOG_LEVEL: 'silent' });
	onTestFinished(() => server.stop());
	const { url } = server;
	const { authorization, credentials } = await signUp();
	const { email, password } = credentials;

	const statuses = async () => ({
		health: (await fetch(`${url}/healthz`)).status,
		ready: (await fetch(`${url}/readyz`)).status,
		keys: (await fetch(`${url}/.well-known/jwks.json`)).status,
		me: (await fetch(`${url}/trpc/auth.me`, { headers: { authorization } })).status,
		login: (await fetch(`${url}/login`)).status
	});
	const well = { health: 200, ready: 200, keys: 200, me: 200, login: 200 };
	expect(await statuses()).toEqual(well);

	between.close();
	expect(await statuses()).toEqual({ ...well, ready: 503, me: 503 });
	const refused = await fetch(`${url}/trpc/auth.signIn`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ email, password })
	});
	expect(refused.status).toBe(503);
	expect(await refused.json()).toMatchObject({
		error: { data: { code: 'SERVICE_UNAVAILABLE', reason: 'database_unavailable' } }
	});
	// A session that can't be looked up is not taken for none: nobody is sent to sign in again.
	const page = await fetch(`${url}/inbox`, {
		redirect: 'manual',
		headers: { cookie: 'latchkey_session=any' }
	});
	expect(page.status).toBe(503);

	between.open();
	await expect.poll(statuses, { timeout: 10_000 }).toEqual(well);
});
