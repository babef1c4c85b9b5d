// `npm test`: runs every check, whatever became of the others, and adds up what they found. Its last line
// reads `N passed, N failed`. With the name of a part it runs that part alone.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** @typedef {{ passed: number, failed: number }} Totals */
/** @typedef {{ code: number | null, output: string }} Ended */

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, 'tests/results');
/** A part that takes longer is stuck. */
const patience = 10 * 60_000;

/** @type {Record<string, () => Promise<Totals>>} */
const parts = {
	format: () => check('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
	lint: () => synced(() => check('eslint/bin/eslint.js', '--max-warnings', '0', '.')),
	types: () => synced(() => check('svelte-check/bin/svelte-check', '--fail-on-warnings')),
	build: () => check('vite/bin/vite.js', 'build', '--logLevel', 'warn'),
	unit: () => vitest('unit'),
	integration: () => vitest('integration'),
	faults: () => vitest('faults'),
	e2e: async () => {
		const { code, output } = await run(['tests/browser.js'], {}, 'pipe');
		if (code !== 0) return { passed: 0, failed: 1 };
		return suite('e2e', ['@playwright/test/cli.js', 'test'], countPlaywright, {
			CHROMIUM_PATH: output.trim()
		});
	}
};

const [wanted] = process.argv.slice(2);
const chosen =
	wanted === undefined ? Object.keys(parts) : wanted === 'integration' ? [wanted, 'faults'] : [wanted];
if (!chosen.every((name) => name in parts)) {
	console.error(`There is no part ${wanted}; there are ${Object.keys(parts).join(', ')}.`);
	process.exit(2);
}

// Everything temporary goes in here, so that nothing is left behind, whatever was killed.
const scratch = mkdtempSync(join(tmpdir(), 'latchkey-test-'));
// PostgreSQL refuses to run as root, and has to get in as somebody else.
chmodSync(scratch, 0o755);
mkdirSync(results, { recursive: true });

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
const interrupted = new AbortController();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
	process.on(signal, () => {
		// npm passes on the Ctrl-C that the terminal has sent to everyone.
		if (!interrupted.signal.aborted) stop();
		interrupted.abort();
	});
}

const totals = { passed: 0, failed: 0 };
/** @type {string[]} */
const summary = [];
for (const name of chosen) {
	if (interrupted.signal.aborted) break;
	console.log(`\n— ${name}`);
	const startedAt = performance.now();
	const part = await /** @type {() => Promise<Totals>} */ (parts[name])();
	totals.passed += part.passed;
	totals.failed += part.failed;
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
	summary.push(
		`${name.padEnd(12)}${seconds.padStart(6)} s${String(part.passed).padStart(6)} passed${String(part.failed).padStart(6)} failed`
	);
}

await endStragglers();
rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
console.log(`\n${summary.join('\n')}\n\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = interrupted.signal.aborted ? 130 : totals.failed > 0 ? 1 : 0;

/**
 * Something that is right or wrong as a whole.
 * @param {string} program
 * @param {...string} args
 */
async function check(program, ...args) {
	const { code } = await run([join('node_modules', program), ...args]);
	return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/**
 * ESLint and svelte-check read the types that Kit generates for each route.
 * @param {() => Promise<Totals>} work
 */
async function synced(work) {
	const sync = await check('@sveltejs/kit/svelte-kit.js', 'sync');
	return sync.failed ? sync : work();
}

/** @param {string} project */
function vitest(project) {
	const reporters = [
		'--reporter=default',
		'--reporter=json',
		`--outputFile.json=${join(results, `${project}.json`)}`
	];
	return suite(project, ['vitest/vitest.mjs', 'run', '--project', project, ...reporters], countVitest);
}

/**
 * Something that counts, and writes down what in a file.
 * @param {string} name
 * @param {[program: string, ...args: string[]]} command
 * @param {(report: any) => Totals} count
 * @param {Record<string, string>} env
 */
async function suite(name, [program, ...args], count, env = {}) {
	const file = join(results, `${name}.json`);
	rmSync(file, { force: true });
	const { code } = await run([join('node_modules', program), ...args], env);
	let counted = { passed: 0, failed: 0 };
	try {
		counted = count(JSON.parse(readFileSync(file, 'utf8')));
	} catch {
		console.error(`${name} ended without a report.`);
	}
	// Having failed without a failed test, or having found no tests, is a failure too.
	if (counted.failed === 0 && (code !== 0 || counted.passed === 0)) counted.failed = 1;
	return counted;
}

/** @param {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: { status: string }[] }[] }} report */
function countVitest({ numPassedTests, numFailedTests, testResults }) {
	// A file that can't be loaded has no tests that could fail.
	const broken = testResults.filter(
		(file) => file.status === 'failed' && !file.assertionResults.some((result) => result.status === 'failed')
	);
	return { passed: numPassedTests, failed: numFailedTests + broken.length };
}

/** @param {{ stats: { expected: number, unexpected: number, flaky: number }, errors: unknown[] }} report */
function countPlaywright({ stats, errors }) {
	return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length };
}

/**
 * Node on a program, to its end; then also the end of all that it left running.
 * @param {string[]} command
 * @param {Record<string, string>} env
 * @param {'inherit' | 'pipe'} stdout
 * @returns {Promise<Ended>}
 */
function run(command, env = {}, stdout = 'inherit') {
	return new Promise((resolve) => {
		let output = '';
		const child = spawn(process.execPath, command, {
			cwd: root,
			env: { ...process.env, TZ: 'Asia/Kathmandu', TMPDIR: scratch, ...env },
			stdio: ['ignore', stdout, 'inherit'],
			// In a process group of its own, which can be ended as one.
			detached: true
		});
		running = child;
		child.stdout?.setEncoding('utf8').on('data', (text) => (output += String(text)));
		const timer = setTimeout(() => {
			console.error(`${basename(command[0] ?? '')} is stuck; ending it.`);
			stop();
		}, patience);
		child.once('exit', () => {
			clearTimeout(timer);
			kill(-(child.pid ?? 0), 'SIGKILL');
		});
		child.once('close', (code) => {
			running = undefined;
			resolve({ code, output });
		});
	});
}

/** Lets what is running clean up after itself, and kills it when it doesn't. */
function stop() {
	const child = running;
	if (!child) return;
	child.kill('SIGINT');
	setTimeout(() => kill(-(child.pid ?? 0), 'SIGKILL'), 15_000).unref();
}

/**
 * @param {number | undefined} pid A negative one stands for a whole process group.
 * @param {NodeJS.Signals} signal
 */
function kill(pid, signal) {
	try {
		if (pid) process.kill(pid, signal);
	} catch {
		// It has ended by itself.
	}
}

/**
 * What is in a session of its own, such as an embedded PostgreSQL, outlives the part that started it when that
 * is killed. All of them have the path of `scratch` in their command line or their environment.
 */
async function endStragglers() {
	for (let round = 0; ; round++) {
		const { stdout } = spawnSync('ps', ['axeww', '-o', 'pid=,args='], { encoding: 'utf8', maxBuffer: 1e9 });
		const left = stdout.split('\n').filter((line) => line.includes(scratch));
		if (left.length === 0 || round === 100) return;
		// To PostgreSQL this means to stop at once; killed, it would leave shared memory behind.
		for (const line of left) kill(Number.parseInt(line, 10), round < 50 ? 'SIGQUIT' : 'SIGKILL');
		await sleep(100);
	}
}
