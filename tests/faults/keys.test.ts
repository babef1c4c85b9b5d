// `npm run keys:rotate` with the embedded database, whether or not a server has it up.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuild } from '../../src/build.js';
import { findFreePort, startServer, testEnv, type Server } from '../server';

let place: string;
let server: Server | undefined;
const env: Record<string, string> = {};

beforeAll(async () => {
	await ensureBuild(new AbortController().signal);
	place = mkdtempSync(join(tmpdir(), 'latchkey-keys-'));
	chmodSync(place, 0o755);
	const port = String(await findFreePort());
	Object.assign(env, { DATA_DIR: join(place, 'data'), PORT: port, ORIGIN: `http://127.0.0.1:${port}` });
});

afterAll(async () => {
	await server?.stop();
	rmSync(place, { recursive: true, force: true });
});

const rotate = async () => {
	const bare = { ...process.env, DATABASE_URL: '', APP_SECRET: '', ...testEnv, ...env };
	return (await promisify(execFile)(process.execPath, ['src/rotate-keys.js'], { env: bare })).stdout;
};

const jwks = async () => (await (await fetch(`${env.ORIGIN}/.well-known/jwks.json`)).json()) as JSONWebKeySet;

async function call(path: string, input: object) {
	const response = await fetch(`${env.ORIGIN}/trpc/${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(input)
	});
	return ((await response.json()) as { result: { data: { accessToken: string } } }).result.data;
}

test('a rotation while the server runs, and one while it doesn’t, leave every token good', async () => {
	const credentials = { email: 'ada@example.com', password: 'violet otter 91 lamps' };
	server = await startServer(env);
	const tokens = [(await call('auth.signUp', credentials)).accessToken];
	const kid = (token: string) => decodeProtectedHeader(token).kid;

	const running = await rotate();
	const second = /^Tokens are signed with the new key ([\w-]+) from now on\.\n$/.exec(running)![1];
	await expect
		.poll(async () => {
			tokens.push((await call('auth.signIn', credentials)).accessToken);
			return kid(tokens.at(-1)!);
		})
		.toBe(second);

	await server.stop();
	const stopped = await rotate();
	expect(stopped).toMatch(/^(Tokens are signed with the new key|The signing key is retired)/);
	// It has let go of the directory, or the server could not have it.
	server = await startServer(env);
	tokens.push((await call('auth.signIn', credentials)).accessToken);

	expect(new Set(tokens.map(kid)).size).toBe(3);
	const keys = await jwks();
	expect(new Set(keys.keys.map((key) => key.kid))).toEqual(new Set(tokens.map(kid)));
	for (const token of tokens) {
		await jwtVerify(token, createLocalJWKSet(keys), { issuer: env.ORIGIN, audience: 'latchkey-api' });
		const me = await fetch(`${env.ORIGIN}/trpc/auth.me`, { headers: { authorization: `Bearer ${token}` } });
		expect(me.status).toBe(200);
	}
});
