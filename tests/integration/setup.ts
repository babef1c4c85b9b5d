// Runs before each test file: gives it a database that nobody else sees, as hooks.server.ts would open it.
import { mkdirSync } from 'node:fs';
import postgres from 'postgres';
import { afterAll, inject } from 'vitest';
import { loadKeys } from '$lib/server/auth/keys';
import { setAppSecret } from '$lib/server/auth/secrets';
import { loadConfig } from '$lib/server/config';
import { connect, disconnect } from '$lib/server/db/connect';
import { setLogLevel } from '$lib/server/log';
import { env, sql, stopServers } from './harness';

const templateUrl = new URL(inject('templateUrl'));
const [template, copy] = [templateUrl, new URL(env.DATABASE_URL)].map((url) => url.pathname.slice(1)) as [
	string,
	string
];
// A database that somebody is connected to can be no template.
const admin = postgres(new URL('/postgres', templateUrl).href, { max: 1, onnotice: () => undefined });

await admin`create database ${admin(copy)} template ${admin(template)}`;
mkdirSync(env.DATA_DIR);
loadConfig(env);
setLogLevel();
setAppSecret(env.APP_SECRET);
connect(env.DATABASE_URL);
await loadKeys();

afterAll(async () => {
	await stopServers();
	await disconnect();
	await sql.end();
	await admin`drop database ${admin(copy)} with (force)`;
	await admin.end();
});
