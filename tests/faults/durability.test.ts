// What was acknowledged is there, whatever happens to the server afterwards.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTRPCClient, httpLink } from '@trpc/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuild } from '../../src/build.js';
import type { AppRouter } from '../../src/lib/server/trpc/router';
import { startServer, type Server } from '../server';

let place: string;
let server: Server;

beforeAll(async () => {
	await ensureBuild(new AbortController().signal);
	place = mkdtempSync(join(tmpdir(), 'latchkey-durability-'));
	chmodSync(place, 0o755);
	server = await startServer({ DATA_DIR: join(place, 'data') });
});

afterAll(async () => {
	await server.stop();
	rmSync(place, { recursive: true, force: true });
});

const client = (accessToken?: string) =>
	createTRPCClient<AppRouter>({
		links: [
			httpLink({
				url: `${server.url}/trpc`,
				headers: accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }
			})
		]
	});

test('tasks acknowledged before kill -9 in the middle of a burst are there after a restart', async () => {
	const credentials = { email: 'ada@example.com', password: 'violet otter 91 lamps' };
	const { accessToken } = await client().auth.signUp.mutate(credentials);
	const api = client(accessToken);

	const acknowledged = new Map<string, string>();
	let killed: Promise<void> | undefined;
	const worker = async (name: string) => {
		for (let number = 1; ; number++) {
			const title = `Task ${number} of ${name}`;
			try {
				const { id } = await api.tasks.create.mutate({ title });
				acknowledged.set(id, title);
			} catch (error) {
				// Cut off in the middle: this one may or may not be there.
				if (killed) return;
				throw error;
			}
			if (acknowledged.size >= 200) killed ??= server.kill();
		}
	};
	await Promise.all(Array.from({ length: 10 }, (_, index) => worker(`worker ${index + 1}`)));
	await killed;
	expect(acknowledged.size).toBeGreaterThanOrEqual(200);

	server = await startServer({ DATA_DIR: join(place, 'data') });
	const grant = await client().auth.signIn.mutate(credentials);
	if (grant.status !== 'ok') throw new Error('No second factor was set up');
	const again = client(grant.accessToken);
	const found = new Map<string, string>();
	let cursor: string | undefined;
	do {
		const page = await again.tasks.list.query({ limit: 200, cursor });
		for (const { id, title } of page.items) {
			expect(found.has(id)).toBe(false);
			found.set(id, title);
		}
		cursor = page.nextCursor ?? undefined;
	} while (cursor);
	for (const [id, title] of acknowledged) expect(found.get(id)).toBe(title);
	// At most one more for each worker: the one that was cut off.
	expect(found.size).toBeLessThanOrEqual(acknowledged.size + 10);
});
