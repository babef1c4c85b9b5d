// What `npm run keys:rotate` runs. It retires the key that signs; whichever instance hears of that first makes the
// next one, and without any the next start does. Tokens of the old key verify until they expire.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { ensureBuild } from './build.js';
import { loadConfig, StartError } from './lib/server/config.js';

/** @typedef {import('./lib/server/config.js').Config} Config */

try {
	await rotate(loadConfig());
} catch (error) {
	// The build has its own copy of the class, so it is known by its name.
	console.error(error instanceof Error && error.name === 'StartError' ? error.message : error);
	process.exitCode = 1;
}

/** @param {Config} config */
async function rotate(config) {
	if (config.databaseUrl) return retire(config.databaseUrl);
	const running = embeddedUrl(config.dataDir);
	if (running && (await answers(running))) return retire(running);

	// Nobody has the embedded database up, so this process does for a moment: `init` of hooks.server.ts opens it.
	Object.assign(process.env, { NODE_ENV: 'production', ORIGIN: config.origin, LOG_LEVEL: 'error' });
	await ensureBuild(new AbortController().signal);
	await import(new URL('../build/handler.js', import.meta.url).href);
	try {
		await retire(/** @type {string} */ (embeddedUrl(config.dataDir)));
	} finally {
		// @ts-expect-error not among the events of Node itself
		process.emit('sveltekit:shutdown', 'SIGTERM');
	}
}

/** @param {string} url */
async function retire(url) {
	const sql = connect(url);
	try {
		await sql.begin(async (tx) => {
			// As in replaceSigningKey() of auth/queries.ts.
			await tx`select pg_advisory_xact_lock(4716002)`;
			await tx`update signing_keys set retired_at = now() where retired_at is null`;
			await tx`select pg_notify('latchkey', '{"type":"keys_changed"}')`;
		});
		for (const patience = Date.now() + 5000; Date.now() < patience; await sleep(50)) {
			const [key] = await sql`select kid from signing_keys where retired_at is null`;
			if (key) return console.log(`Tokens are signed with the new key ${key.kid} from now on.`);
		}
		console.log(
			'The signing key is retired. No server is running, so the next one to start makes a new key.'
		);
	} catch (error) {
		if (/** @type {{ code?: string }} */ (error).code === '42P01') {
			throw new StartError('There is no signing key in this database yet; start Latchkey on it first.');
		}
		throw error;
	} finally {
		await sql.end();
	}
}

/** @param {string} url */
function connect(url) {
	return postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined });
}

/** @param {string} url */
async function answers(url) {
	const sql = connect(url);
	try {
		await sql`select 1`;
		return true;
	} catch {
		return false;
	} finally {
		await sql.end();
	}
}

/**
 * Where the embedded database of this directory is, if it is running; see db/embedded.ts.
 * @param {string} dataDir
 */
function embeddedUrl(dataDir) {
	const cluster = join(dataDir, 'postgres');
	try {
		const password = readFileSync(join(cluster, 'latchkey.password'), 'utf8');
		const port = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[3];
		return `postgres://latchkey:${password}@127.0.0.1:${port}/latchkey`;
	} catch {
		return undefined;
	}
}
