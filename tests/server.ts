// The production server as a child process, as `npm start` runs it.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Empty means unset, and wins over what a `.env` file of the person at this machine says. */
const unset = Object.fromEntries(
	[
		...[
			'PORT',
			'HOST',
			'ORIGIN',
			'DATABASE_URL',
			'DATA_DIR',
			'APP_SECRET',
			'ACCESS_TOKEN_SECONDS',
			'TRASH_DAYS'
		],
		...['REFRESH_GRACE_SECONDS', 'SESSION_IDLE_SECONDS', 'SESSION_ABSOLUTE_SECONDS', 'SIGNUP', 'SMTP_URL'],
		...['MAIL_FROM', 'CORS_ORIGINS', 'METRICS_TOKEN', 'RATE_LIMIT_SCALE', 'LOG_LEVEL', 'ADDRESS_HEADER'],
		...['XFF_DEPTH', 'PROTOCOL_HEADER', 'HOST_HEADER', 'SHUTDOWN_TIMEOUT', 'BODY_SIZE_LIMIT']
	].map((name) => [name, ''])
);

export type Env = Record<string, string>;

/** What every test wants, beside the documented defaults. */
export const testEnv = { LOG_LEVEL: 'error', RATE_LIMIT_SCALE: '1000', SHUTDOWN_TIMEOUT: '1' } satisfies Env;

export type Server = {
	url: string;
	stop(): Promise<void>;
	/** As `kill -9` does. */
	kill(): Promise<void>;
};

/** A server with this environment, ready to answer. It ends with stop(), or with the process that started it. */
export async function startServer(env: Env, hear?: (line: string) => void): Promise<Server> {
	const port = env.PORT ?? String(await findFreePort());
	// What the server had to say about a failure, beside the failure.
	const say = hear ?? ((line: string) => process.stderr.write(`[server ${port}] ${line}\n`));
	const url = `http://127.0.0.1:${port}`;
	const child = spawn(process.execPath, ['--import', './tests/leash.js', 'src/start.js'], {
		cwd: root,
		env: {
			...process.env,
			...unset,
			...testEnv,
			TZ: 'Asia/Kathmandu',
			HOST: '127.0.0.1',
			PORT: port,
			ORIGIN: url,
			...env
		},
		stdio: 'pipe'
	});

	let output = '';
	const ended = once(child, 'close');
	const listening = new Promise<void>((resolve) => {
		for (const stream of [child.stdout, child.stderr]) {
			createInterface(stream).on('line', (line) => {
				if (line.startsWith('Latchkey is at ')) return resolve();
				output += `${line}\n`;
				say(line);
			});
		}
	});
	await Promise.race([listening, ended]);
	if (child.exitCode !== null || child.signalCode) throw new Error(`The server did not start.\n${output}`);

	return {
		url,
		async stop() {
			child.kill('SIGTERM');
			await ended;
		},
		async kill() {
			child.kill('SIGKILL');
			await ended;
		}
	};
}

/** Below the range from which the system itself takes ports, so that nobody is given it in the meantime. */
export async function findFreePort(): Promise<number> {
	for (;;) {
		const port = randomInt(10_000, 32_000);
		const probe = createServer();
		const free = await new Promise<boolean>((resolve) => {
			probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
		});
		if (!free) continue;
		probe.close();
		await once(probe, 'close');
		return port;
	}
}
