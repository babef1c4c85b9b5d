// The production build, made when the one at hand is not of these sources.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartError } from './lib/server/config.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'build');

/** What a build is made of. */
export const inputs = [
	'src',
	'static',
	'drizzle',
	'package.json',
	'package-lock.json',
	'svelte.config.js',
	'tsconfig.json',
	'vite.config.ts'
];

/**
 * A fingerprint of all that goes into a build, by content: a checkout of older files has newer times.
 * svelte.config.js makes it the version of the app, so every finished build carries the one it is of.
 */
export function sourceVersion() {
	const hash = createHash('sha256');
	/** @param {string} path */
	const add = (path) => {
		if (statSync(path).isDirectory()) {
			for (const name of readdirSync(path).sort()) add(join(path, name));
		} else if (!/\.test\.\w+$/.test(path)) {
			const content = readFileSync(path);
			hash.update(`${relative(root, path)}\n${content.length}\n`).update(content);
		}
	};
	for (const input of inputs.map((name) => join(root, name)).filter(existsSync)) add(input);
	return hash.digest('hex').slice(0, 16);
}

/** @param {string} directory */
function builtVersion(directory) {
	try {
		// handler.js is among the last files that a build writes.
		readFileSync(join(directory, 'handler.js'));
		return JSON.parse(readFileSync(join(directory, 'client/_app/version.json'), 'utf8')).version;
	} catch {
		return undefined;
	}
}

/** @param {number} pid */
function isGone(pid) {
	try {
		return !process.kill(pid, 0);
	} catch (error) {
		return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
	}
}

/** @param {string} program */
function findProgram(program) {
	const name = /** @type {string} */ (/^(@\w+\/)?\w+/.exec(program)?.[0]);
	try {
		return createRequire(import.meta.url)
			.resolve(`${name}/package.json`)
			.replace('package.json', program.slice(name.length + 1));
	} catch {
		return undefined;
	}
}

/**
 * Builds beside the build at hand and swaps in a whole one, so that neither an end in the middle nor
 * another start at the same time leaves half of one.
 * @param {AbortSignal} signal
 */
export async function ensureBuild(signal) {
	const vite = findProgram('vite/bin/vite.js');
	const kit = findProgram('@sveltejs/kit/svelte-kit.js');
	if (!vite || !kit || !existsSync(join(root, 'src/app.html'))) {
		// A production install: there is nothing here to build with, or from.
		if (builtVersion(built)) return;
		throw new StartError(
			'There is no build, and nothing to make one with; run npm ci && npm run build in a full checkout.'
		);
	}
	const version = sourceVersion();
	if (builtVersion(built) === version) return;

	const workshops = join(root, '.svelte-kit/workshops');
	const workshop = join(workshops, String(process.pid));
	const made = join(workshop, 'build');
	mkdirSync(workshops, { recursive: true });
	for (const pid of readdirSync(workshops)) {
		if (pid === String(process.pid) || isGone(Number(pid)))
			rmSync(join(workshops, pid), { recursive: true, force: true });
	}
	mkdirSync(workshop);
	try {
		// Vite wants the file that tsconfig.json extends, and npm's --ignore-scripts has left it out.
		if (!existsSync(join(root, '.svelte-kit/tsconfig.json'))) await run([kit, 'sync'], {}, signal);
		await run([vite, 'build'], { LATCHKEY_WORKSHOP: workshop }, signal);
		if (builtVersion(made) === builtVersion(built)) return;
		try {
			renameSync(built, join(workshop, 'old'));
		} catch (error) {
			if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
		}
		try {
			renameSync(made, built);
		} catch (error) {
			// Another start has just put its own there.
			if (builtVersion(built) !== version) throw error;
		}
	} finally {
		rmSync(workshop, { recursive: true, force: true });
	}
}

/**
 * @param {string[]} command
 * @param {Record<string, string>} env
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function run(command, env, signal) {
	return new Promise((resolve, reject) => {
		let output = '';
		const child = spawn(process.execPath, command, {
			cwd: root,
			env: { ...process.env, NODE_ENV: 'production', ...env },
			stdio: ['ignore', 'pipe', 'pipe'],
			signal
		});
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
		// An abort is an error too; the end comes in any case, and until then it may write.
		child
			.once('error', () => undefined)
			.once('close', (code) => {
				if (code === 0) return resolve();
				if (!signal.aborted) process.stderr.write(output);
				reject(new StartError('The build failed; what it said is above.'));
			});
	});
}
