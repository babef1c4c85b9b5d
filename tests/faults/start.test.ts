// What `npm start` goes through in real life, in a checkout of its own.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
	appendFileSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync
} from 'node:fs';
import { Agent, get, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { inputs } from '../../src/build.js';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

let checkout: string;
let dataDirs = 0;
const runs: Run[] = [];

interface Run {
	process: ChildProcess;
	port: number;
	dataDir: string;
	stdout: string;
	stderr: string;
	/** Milliseconds until it said its address. */
	up: Promise<number>;
	ended: Promise<number | null>;
}

beforeAll(() => {
	checkout = mkdtempSync(join(tmpdir(), 'latchkey-start-'));
	for (const part of inputs) cpSync(resolve(part), join(checkout, part), { recursive: true });
	symlinkSync(resolve('node_modules'), join(checkout, 'node_modules'));
});

afterEach(async () => {
	for (const { process: child, ended } of runs.splice(0)) {
		if (child.exitCode === null && !child.signalCode) child.kill('SIGTERM');
		await ended;
	}
});

afterAll(() => {
	for (const pid of postmasters()) process.kill(pid, 'SIGQUIT');
	rmSync(checkout, { recursive: true, force: true });
});

function postmasters(directory = checkout): number[] {
	const { stdout } = spawnSync('ps', ['-ww', '-e', '-o', 'pid=,args='], { encoding: 'utf8' });
	const lines = stdout
		.split('\n')
		.filter((line) => line.includes('/bin/postgres -D ') && line.includes(directory));
	return lines.map((line) => Number.parseInt(line, 10));
}

async function findFreePort() {
	const server = createServer().listen(0);
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	server.close();
	return port;
}

async function start(env: Record<string, string> = {}, directory = checkout): Promise<Run> {
	const port = Number(env.PORT ?? (await findFreePort()));
	const dataDir = env.DATA_DIR ?? join(checkout, `data-${++dataDirs}`);
	const startedAt = performance.now();
	const child = spawn(process.execPath, ['--import', resolve('tests/leash.js'), 'src/start.js'], {
		cwd: directory,
		env: { PATH: process.env.PATH, PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'silent', ...env },
		stdio: ['pipe', 'pipe', 'pipe'],
		detached: true
	});
	const run = { process: child, port, dataDir, stdout: '', stderr: '' } as Run;
	run.ended = once(child, 'close').then(([code]) => code as number | null);
	run.up = new Promise((up, reject) => {
		child.stdout.on('data', (text: Buffer) => {
			run.stdout += text.toString();
			if (run.stdout.includes('\n')) up(performance.now() - startedAt);
		});
		void run.ended.then((code) => reject(new Error(`ended with ${code}: ${run.stderr}`)));
	});
	run.up.catch(() => undefined);
	child.stderr.on('data', (text: Buffer) => (run.stderr += text.toString()));
	runs.push(run);
	return run;
}

/** A call to the API whose second half is yet to be sent. */
async function beginCall({ port }: Run, agent?: Agent): Promise<ClientRequest> {
	const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
	const call = request({ port, agent, path: '/trpc/auth.signIn', method: 'POST', headers });
	call.on('error', () => undefined);
	call.write('{"email":"nobody@example.org",');
	// Until it has arrived and is being answered.
	await new Promise((done) => setTimeout(done, 200));
	return call;
}

async function finishCall(call: ClientRequest): Promise<number> {
	call.end('"password":"correct horse battery staple"}');
	const [answer] = (await once(call, 'response')) as [IncomingMessage];
	answer.resume();
	await once(answer, 'end');
	return answer.statusCode!;
}

async function hasHealth({ port }: Run, agent?: Agent) {
	const [answer] = (await once(get({ port, agent, path: '/healthz' }), 'response')) as [IncomingMessage];
	answer.resume();
	await once(answer, 'end');
	return answer.statusCode === 200;
}

const builtAt = () => statSync(join(checkout, 'build/handler.js')).mtimeMs;

describe('building', () => {
	test('two at once in a fresh checkout both get there', async () => {
		const both = [await start(), await start()];
		for (const run of both) {
			await run.up;
			expect(run.stdout).toBe(`Latchkey is at http://localhost:${run.port}\n`);
			expect(run.stderr).toBe('');
			expect(await hasHealth(run)).toBe(true);
		}
		expect(readdirSync(join(checkout, '.svelte-kit/workshops'))).toEqual([]);
	}, 120_000);

	test('the next start builds nothing and is up in no time', async () => {
		const before = builtAt();
		const run = await start();
		const firstDatabase = await run.up;
		run.process.kill('SIGTERM');
		await run.ended;
		const later = await (await start({ DATA_DIR: run.dataDir })).up;
		console.log(
			`built, with a new database ${Math.round(firstDatabase)} ms, with an old one ${Math.round(later)} ms`
		);
		expect(later).toBeLessThan(3000);
		expect(builtAt()).toBe(before);
	});

	test('changed sources are built, though older than the build', async () => {
		const file = join(checkout, 'src/app.html');
		appendFileSync(file, '<!-- changed -->\n');
		utimesSync(file, 1, 1);
		const before = builtAt();
		await (
			await start()
		).up;
		expect(builtAt()).not.toBe(before);
	}, 60_000);

	test('a build by npm run build is as good', async () => {
		appendFileSync(join(checkout, 'src/app.html'), '<!-- once more -->\n');
		const vite = spawnSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build'], { cwd: checkout });
		expect(vite.status).toBe(0);
		const before = builtAt();
		await (
			await start()
		).up;
		expect(builtAt()).toBe(before);
	}, 60_000);

	test('an end in the middle leaves the build as it was', async () => {
		const before = builtAt();
		const file = join(checkout, 'src/app.html');
		const content = readFileSync(file);
		appendFileSync(file, '<!-- interrupted -->\n');
		const run = await start();
		await expect
			.poll(() => existsSync(join(checkout, `.svelte-kit/workshops/${run.process.pid}/kit`)), {
				timeout: 10_000
			})
			.toBe(true);
		run.process.kill('SIGINT');
		expect(await run.ended).toBe(0);
		expect(run.stdout + run.stderr).toBe('');
		expect(readdirSync(join(checkout, '.svelte-kit/workshops'))).toEqual([]);
		expect(builtAt()).toBe(before);
		writeFileSync(file, content);
	}, 60_000);

	test('a failure is told, and one line sums it up', async () => {
		const before = builtAt();
		const hooks = join(checkout, 'src/hooks.server.ts');
		const content = readFileSync(hooks);
		appendFileSync(hooks, '\nconst = broken;\n');
		const run = await start();
		expect(await run.ended).toBe(1);
		expect(run.stderr).toContain('hooks.server.ts');
		expect(run.stderr).toMatch(/\nThe build failed; what it said is above\.\n$/);
		expect(builtAt()).toBe(before);
		writeFileSync(hooks, content);
	}, 60_000);

	test('an install without sources and tools uses the build it has', async () => {
		const install = mkdtempSync(join(tmpdir(), 'latchkey-install-'));
		onTestFinished(() => rmSync(install, { recursive: true, force: true }));
		const carried = [
			'build',
			'drizzle',
			'package.json',
			'src/start.js',
			'src/build.js',
			'src/lib/server/config.js'
		];
		for (const part of carried) cpSync(join(checkout, part), join(install, part), { recursive: true });
		const { dependencies } = JSON.parse(readFileSync(resolve('package.json'), 'utf8')) as {
			dependencies: Record<string, string>;
		};
		for (const name of Object.keys(dependencies)) {
			const link = join(install, 'node_modules', name);
			mkdirSync(dirname(link), { recursive: true });
			symlinkSync(resolve('node_modules', name), link);
		}
		await (
			await start({}, install)
		).up;

		rmSync(join(install, 'build'), { recursive: true });
		const bare = await start({}, install);
		expect(await bare.ended).toBe(1);
		expect(bare.stderr).toMatch(/^There is no build, .*\n$/);
	}, 30_000);
});

describe('refusing to start', () => {
	async function refusal(env: Record<string, string>) {
		const run = await start(env);
		expect(await run.ended).toBe(1);
		expect(run.stdout).toBe('');
		expect(run.stderr).toMatch(/^[^\n]+\n$/);
		return run.stderr.trim();
	}

	test('with a wrong value', async () => {
		expect(await refusal({ SIGNUP: 'yes' })).toBe('SIGNUP is "yes"; it must be one of open, closed.');
	});

	test('at a port that is taken, and the database ends too', async () => {
		const other = createServer().listen(0, '0.0.0.0');
		await once(other, 'listening');
		onTestFinished(() => void other.close());
		const { port } = other.address() as AddressInfo;
		const dataDir = join(checkout, 'data-taken');
		expect(await refusal({ PORT: String(port), DATA_DIR: dataDir })).toMatch(
			new RegExp(`^PORT ${port} is in use by another program; `)
		);
		expect(postmasters(dataDir)).toEqual([]);
	});

	test('at an address that is not here', async () => {
		expect(await refusal({ HOST: '192.0.2.1' })).toMatch(
			/^HOST 192\.0\.2\.1 is not an address of this machine; /
		);
	});

	test('in a DATA_DIR that another one holds, and the other stays up', async () => {
		const holder = await start();
		await holder.up;
		expect(await refusal({ DATA_DIR: holder.dataDir })).toContain(
			`is held by the Latchkey process ${holder.process.pid};`
		);
		expect(await hasHealth(holder)).toBe(true);
	});
});

describe('ending', () => {
	test.each(['SIGTERM', 'SIGINT'] as const)(
		'%s lets requests finish, and then all is gone',
		async (signal) => {
			const run = await start();
			await run.up;
			const agent = new Agent({ keepAlive: true });
			onTestFinished(() => agent.destroy());
			// One connection idle, one at work; Ctrl-C comes twice, since npm passes it on.
			await hasHealth(run, agent);
			const call = await beginCall(run);
			const at = performance.now();
			process.kill(-run.process.pid!, signal);
			process.kill(run.process.pid!, signal);
			await new Promise((done) => setTimeout(done, 200));
			await expect(once(get({ port: run.port }), 'response')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
			expect(await finishCall(call)).toBe(401);
			expect(await run.ended).toBe(0);
			expect(performance.now() - at).toBeLessThan(2000);
			expect(postmasters(run.dataDir)).toEqual([]);
			expect(run.stderr).toBe('');
		}
	);

	test('a connection that stays open after its last answer delays nothing', async () => {
		const run = await start();
		await run.up;
		const agent = new Agent({ keepAlive: true });
		onTestFinished(() => agent.destroy());
		const call = await beginCall(run, agent);
		const at = performance.now();
		run.process.kill('SIGTERM');
		await finishCall(call);
		expect(await run.ended).toBe(0);
		expect(performance.now() - at).toBeLessThan(2000);
	});

	test('a request that never ends is cut off after SHUTDOWN_TIMEOUT', async () => {
		const run = await start({ SHUTDOWN_TIMEOUT: '1' });
		await run.up;
		await beginCall(run);
		const at = performance.now();
		run.process.kill('SIGTERM');
		expect(await run.ended).toBe(0);
		const took = performance.now() - at;
		expect(took).toBeGreaterThan(900);
		expect(took).toBeLessThan(3000);
		expect(postmasters(run.dataDir)).toEqual([]);
	});

	test('a second Ctrl-C ends it at once', async () => {
		const run = await start({ SHUTDOWN_TIMEOUT: '60' });
		await run.up;
		await beginCall(run);
		run.process.kill('SIGINT');
		await new Promise((done) => setTimeout(done, 700));
		run.process.kill('SIGINT');
		expect(await run.ended).toBe(130);
		await expect.poll(() => postmasters(run.dataDir)).toEqual([]);
	});

	test('while it is still starting', async () => {
		const run = await start();
		await expect.poll(() => existsSync(run.dataDir), { timeout: 5000, interval: 10 }).toBe(true);
		run.process.kill('SIGTERM');
		expect(await run.ended).toBe(0);
		expect(run.stdout + run.stderr).toBe('');
		await expect.poll(() => postmasters(run.dataDir)).toEqual([]);
	});

	test('after kill -9 it starts again', async () => {
		const run = await start();
		await run.up;
		run.process.kill('SIGKILL');
		await run.ended;
		const next = await start({ DATA_DIR: run.dataDir, PORT: String(run.port) });
		expect(await next.up).toBeLessThan(3000);
	});
});
