// The PostgreSQL that Latchkey brings along, with its files in DATA_DIR:
//
//   postgres/       the cluster and the password of its one role; comes into being whole, by a rename
//   postgres.log    what the postmaster has to say
//   app-secret      made once
//
// PostgreSQL itself is the arbiter of who holds DATA_DIR, since pid files outlive their processes and pids are used
// again: its own interlock lets one postmaster live, and whoever has the advisory lock in there is the one server.
// So any number of processes may try at once, and a postmaster left behind by a `kill -9` is simply adopted.
import { randomBytes } from 'node:crypto';
import {
	closeSync,
	existsSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { StartError } from '../config.js';
import {
	createCluster,
	findPrograms,
	lastWords,
	launch,
	prepareDataDir,
	role,
	run,
	syncDirectory
} from './cluster';

export interface Embedded {
	/** Connects as the owner of the database, who may also create others and is no superuser. */
	url: string;
	appSecret: string;
	close(): Promise<void>;
}

// Given at each start rather than written into the cluster, so that a new release changes them everywhere.
const settings = {
	listen_addresses: '127.0.0.1',
	// The path of a socket in DATA_DIR could be longer than the 107 bytes the kernel allows.
	unix_socket_directories: '',
	timezone: 'UTC',
	log_timezone: 'UTC',
	// Errors of statements reach the app, and can quote what people wrote.
	log_min_messages: 'log',
	log_checkpoints: 'off',
	jit: 'off',
	wal_level: 'minimal',
	max_wal_senders: '0',
	max_logical_replication_workers: '0'
};

interface Postmaster {
	pid: number;
	port: number;
	status: string;
}

// On globalThis, because `vite dev` evaluates this module anew when it changes, in a process that has DATA_DIR already.
const shared = globalThis as { latchkeyEmbedded?: Map<string, Promise<Embedded>> };
const opened = (shared.latchkeyEmbedded ??= new Map<string, Promise<Embedded>>());

/**
 * Starts or adopts the PostgreSQL in `dataDir` and holds it until close() or the end of the process.
 * If it dies in between, it is started again at the same address; `say` gets a line about that.
 */
export function openEmbedded(
	dataDir: string,
	say: (line: string) => void = console.error
): Promise<Embedded> {
	let embedded = opened.get(dataDir);
	if (!embedded) {
		embedded = open(dataDir, say).catch((error: unknown) => {
			opened.delete(dataDir);
			const { syscall, path, message } = error as NodeJS.ErrnoException;
			throw syscall && path ? new StartError(`DATA_DIR ${dataDir} cannot be used: ${message}.`) : error;
		});
		opened.set(dataDir, embedded);
	}
	return embedded;
}

async function open(givenDir: string, say: (line: string) => void): Promise<Embedded> {
	const programs = findPrograms();
	const { dataDir, account } = prepareDataDir(givenDir, programs.postgres);
	const cluster = join(dataDir, 'postgres');
	const log = join(dataDir, 'postgres.log');

	const version = /\d+/.exec(run(account, programs.postgres, ['--version']))?.[0];
	if (!existsSync(cluster)) createCluster(cluster, account, programs);
	const found = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
	if (found !== version) {
		throw new StartError(
			`${cluster} was made by PostgreSQL ${found} and this is ${version ?? 'another'}; pg_dump it with PostgreSQL ${found} and restore into a new DATA_DIR, or serve it from there and set DATABASE_URL.`
		);
	}
	const password = readFileSync(join(cluster, 'latchkey.password'), 'utf8');

	/** The postmaster of this cluster, ready for connections; started unless there is one. */
	async function reach(port?: number): Promise<Postmaster> {
		const patience = Date.now() + 60_000;
		const logged = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
		let failingSince: number | undefined;
		for (;;) {
			const postmaster = readPostmaster(cluster);
			if (postmaster && serves(postmaster.pid, cluster)) {
				if (postmaster.status === 'ready') return postmaster;
				if (Date.now() > patience) {
					throw new StartError(
						`PostgreSQL in ${cluster} is ${postmaster.status} for a minute already; see ${log}.`
					);
				}
				await sleep(20);
				continue;
			}
			const started = await startPostgres(port ?? (await findFreePort()), postmaster?.pid);
			if (started) return started;
			// Another process was faster, or backends of a killed postmaster are on their way out, or the port is taken.
			failingSince ??= Date.now();
			if (Date.now() - failingSince > 5000) {
				const reason = lastWords(readFileSync(log).subarray(logged).toString());
				throw new StartError(`PostgreSQL in ${cluster} does not start: ${reason} (see ${log})`);
			}
			await sleep(100);
		}
	}

	/** Resolves when it is ready or gone; `stalePid` is what a postmaster.pid left behind names. */
	async function startPostgres(port: number, stalePid?: number): Promise<Postmaster | undefined> {
		const out = openSync(log, 'a', 0o600);
		if (statSync(log).size > 10_000_000) truncateSync(log);
		const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
		const child = launch(account, programs.postgres, ['-D', cluster, '-p', String(port), ...options], {
			// In a session of its own, so that Ctrl-C reaches the app alone, which stops it in order.
			detached: true,
			stdio: ['ignore', out, out],
			// PostgreSQL believes in a stale postmaster.pid while any process has that pid, except its own ancestors;
			// it goes on to check that no backend is left in the cluster.
			env: { PG_GRANDPARENT_PID: stalePid === undefined ? undefined : String(stalePid) }
		});
		closeSync(out);
		child.unref();
		child.once('error', () => undefined);
		while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
			const postmaster = readPostmaster(cluster);
			if (postmaster?.pid === child.pid && postmaster.status === 'ready') return postmaster;
			await sleep(10);
		}
		return undefined;
	}

	/** The lock that makes this process the one that holds DATA_DIR, or undefined when the postmaster went away. */
	async function takeLock(port: number, onLost: () => void) {
		const sql = postgres({
			host: '127.0.0.1',
			port,
			// Not the app's database, which could otherwise be no template for another one.
			database: 'postgres',
			username: role,
			password,
			max: 1,
			idle_timeout: undefined,
			max_lifetime: null,
			connect_timeout: 5,
			fetch_types: false,
			connection: { application_name: `latchkey ${process.pid}` },
			// Such as that it is about to stop; the driver would print it.
			onnotice: () => undefined,
			onclose: () => onLost()
		});
		try {
			// The backend of a process that was just killed may need a moment to notice.
			for (const patience = Date.now() + 2000; ; await sleep(50)) {
				const [lock] = await sql`SELECT pg_try_advisory_lock(1) AS taken`;
				if (lock?.taken) return sql;
				if (Date.now() < patience) continue;
				const [holder] = await sql`
					SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid)
					WHERE locktype = 'advisory' AND granted`;
				if (!holder) continue;
				const pid = String(holder.name).replace('latchkey ', '');
				throw new StartError(
					`DATA_DIR ${dataDir} is held by the Latchkey process ${pid}; stop that one, or choose another DATA_DIR.`
				);
			}
		} catch (error) {
			await sql.end({ timeout: 0 });
			if (error instanceof StartError) throw error;
			// 28…: the server is ours and the password isn't; everything else means that it is going away.
			if (String((error as { code?: string }).code).startsWith('28')) {
				throw new StartError(
					`${join(cluster, 'latchkey.password')} is not the password of the database beside it.`
				);
			}
			return undefined;
		}
	}

	let postmaster!: Postmaster;
	let lock: postgres.Sql | undefined;
	let closing = false;
	let recovery: Promise<void> | undefined;

	async function hold(port?: number) {
		for (const patience = Date.now() + 60_000; ; await sleep(50)) {
			postmaster = await reach(port);
			let state: 'taking' | 'held' | 'lost' = 'taking';
			const sql = await takeLock(postmaster.port, () => {
				if (state === 'held') recovery = recover(postmaster.port);
				state = 'lost';
			});
			if (sql && (state as string) !== 'lost') {
				if (port === undefined || port === postmaster.port) {
					state = 'held';
					lock = sql;
					return;
				}
				// Another process had started it elsewhere and left; the app's connections look for it at the old port.
				await stop(postmaster.pid, cluster);
			}
			await sql?.end({ timeout: 0 });
			if (Date.now() > patience)
				throw new StartError(`PostgreSQL in ${cluster} takes no connections; see ${log}.`);
		}
	}

	async function recover(port: number) {
		lock = undefined;
		if (closing) return;
		say('The database went away; starting it again.');
		const isOver = () => closing || lock !== undefined;
		while (!isOver()) {
			try {
				await hold(port);
				say('The database is back.');
			} catch (error) {
				say(`The database is still away: ${(error as Error).message}`);
				await sleep(1000);
			}
		}
	}

	await hold();

	/** The last resort, for ends that leave no time to wait: PostgreSQL shuts down in order by itself. */
	const onExit = () => {
		if (lock && serves(postmaster.pid, cluster)) process.kill(postmaster.pid, 'SIGINT');
	};
	process.once('exit', onExit);

	// Only whoever holds the lock may tell what others left behind from what others are making.
	for (const name of readdirSync(dataDir).filter((name) => /^postgres\..+\.tmp$/.test(name))) {
		rmSync(join(dataDir, name), { recursive: true, force: true });
	}

	let closed: Promise<void> | undefined;
	async function close() {
		closing = true;
		await recovery;
		// With the lock still in hand, so that nobody takes over a postmaster that is about to stop.
		if (lock) await stop(postmaster.pid, cluster);
		await lock?.end({ timeout: 0 });
		process.off('exit', onExit);
		opened.delete(givenDir);
	}

	try {
		return {
			url: `postgres://${role}:${password}@127.0.0.1:${postmaster.port}/latchkey`,
			appSecret: readAppSecret(join(dataDir, 'app-secret')),
			close: () => (closed ??= close())
		};
	} catch (error) {
		await close();
		throw error;
	}
}

function readAppSecret(file: string): string {
	if (!existsSync(file)) {
		// Whoever gets here holds the lock. Whole or not at all, since accounts depend on it.
		writeFileSync(`${file}.tmp`, randomBytes(32).toString('base64url'), { mode: 0o600, flush: true });
		renameSync(`${file}.tmp`, file);
		syncDirectory(dirname(file));
	}
	const secret = readFileSync(file, 'utf8').trim();
	if (secret.length < 32)
		throw new StartError(
			`${file} is damaged: it must hold at least 32 characters; restore it from a backup.`
		);
	return secret;
}

function readPostmaster(cluster: string): Postmaster | undefined {
	try {
		const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
		const pid = Number(lines[0]);
		return pid > 0 ? { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? 'starting' } : undefined;
	} catch {
		return undefined;
	}
}

/** Whether that process is the postmaster of this cluster, and not one that happens to have its pid. */
function serves(pid: number, cluster: string): boolean {
	try {
		process.kill(pid, 0);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
	}
	if (process.platform !== 'linux') {
		return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
			encoding: 'utf8'
		}).stdout.includes(`-D ${cluster} `);
	}
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster);
	} catch {
		return false;
	}
}

async function stop(pid: number, cluster: string) {
	if (!serves(pid, cluster)) return;
	// PostgreSQL's "fast": ends all connections, writes everything out.
	process.kill(pid, 'SIGINT');
	for (const patience = Date.now() + 8000; serves(pid, cluster) && Date.now() < patience;) await sleep(10);
}

function findFreePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer()
			.once('error', reject)
			.listen(0, '127.0.0.1', () => {
				const { port } = server.address() as { port: number };
				server.close(() => resolve(port));
			});
	});
}
