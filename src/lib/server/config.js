// The environment, validated once. Plain JavaScript, because src/start.js reads it before there is a build.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/**
 * Why Latchkey cannot start, in one line for the person who started it; anything else that is thrown is a bug.
 * Compare by name: start.js and the build each have a copy of this class.
 */
export class StartError extends Error {
	/** @override */
	name = 'StartError';
}

export class ConfigError extends StartError {}

/**
 * One variable: `parse` returns its value, or undefined when it isn't what it `must` be.
 * @template T
 * @param {string} must
 * @param {(value: string) => T | undefined} parse
 */
function variable(must, parse) {
	return z.string().transform((value, context) => {
		const parsed = parse(value);
		if (parsed !== undefined) return parsed;
		context.issues.push({ code: 'custom', message: must, input: value });
		return z.NEVER;
	});
}

/**
 * @param {number} least
 * @param {number} most
 */
function wholeNumber(least, most) {
	return variable(`a whole number from ${least} to ${most}`, (value) =>
		/^\d{1,10}$/.test(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined
	);
}

/**
 * @param {string} must
 * @param {RegExp} pattern
 */
function text(must, pattern) {
	return variable(must, (value) => (pattern.test(value) ? value : undefined));
}

/**
 * @template {string} T
 * @param {...T} choices
 */
function oneOf(...choices) {
	return variable(`one of ${choices.join(', ')}`, (value) => choices.find((choice) => choice === value));
}

/** @param {string} value */
function parseOrigin(value) {
	if (!/^https?:\/\/[^?#]+$/i.test(value) || !URL.canParse(value)) return undefined;
	const url = new URL(value);
	return url.href === `${url.origin}/` ? url.origin : undefined;
}

/** @param {string} value */
function parseOrigins(value) {
	const origins = value.split(',').map((part) => parseOrigin(part.trim()));
	return origins.every((origin) => origin !== undefined) ? origins : undefined;
}

// 68 years: what PostgreSQL's integer holds.
const seconds = () => wholeNumber(1, 2_147_483_647);
const headerName = () => text('the name of a header', /^[\w!#$%&'*+.^`|~-]+$/);

const variables = z.object({
	PORT: wholeNumber(1, 65_535).default(3000),
	HOST: text('an address or host name to listen on', /^[\w.:%-]+$/).default('0.0.0.0'),
	ORIGIN: variable(
		'an http or https origin without a path, such as https://tasks.example.org',
		parseOrigin
	).optional(),
	DATABASE_URL: text('a postgres:// address', /^postgres(ql)?:\/\/\S+$/).optional(),
	DATA_DIR: variable('a directory', (value) => resolve(value)).default(() => resolve('data')),
	APP_SECRET: text('at least 32 characters (openssl rand -hex 32 makes some)', /^.{32,}$/su).optional(),
	ACCESS_TOKEN_SECONDS: seconds().default(600),
	REFRESH_GRACE_SECONDS: seconds().default(20),
	SESSION_IDLE_SECONDS: seconds().default(1_209_600),
	SESSION_ABSOLUTE_SECONDS: seconds().default(7_776_000),
	TRASH_DAYS: wholeNumber(1, 36_500).default(30),
	SIGNUP: oneOf('open', 'closed').default('open'),
	SMTP_URL: text(
		'an address such as smtp://user:password@mail.example.org:587',
		/^smtps?:\/\/[^\s/]+\/?(\?\S*)?$/
	).optional(),
	MAIL_FROM: text(
		'a sender such as Latchkey <tasks@example.org>',
		/^([^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/
	).optional(),
	CORS_ORIGINS: variable(
		'origins separated by commas, such as https://a.example.org,https://b.example.org',
		parseOrigins
	).default(() => []),
	METRICS_TOKEN: text(
		'printable ASCII without spaces, as it travels in a header',
		/^[\x21-\x7e]+$/
	).optional(),
	RATE_LIMIT_SCALE: variable('a number above 0', (value) =>
		/^\d+(\.\d+)?$/.test(value) && Number(value) > 0 && Number.isFinite(Number(value))
			? Number(value)
			: undefined
	).default(1),
	LOG_LEVEL: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent').default('info'),
	ADDRESS_HEADER: headerName().optional(),
	XFF_DEPTH: wholeNumber(1, 100).default(1),
	PROTOCOL_HEADER: headerName().optional(),
	HOST_HEADER: headerName().optional(),
	// adapter-node's own 30 is longer than docker and systemd are willing to wait.
	SHUTDOWN_TIMEOUT: wholeNumber(0, 3600).default(5),
	BODY_SIZE_LIMIT: text(
		'a number of bytes such as 512K or 2M, or Infinity',
		/^(\d{1,12}[KMG]?|Infinity)$/i
	).default('512K')
});

const secrets = new Set(['DATABASE_URL', 'APP_SECRET', 'SMTP_URL', 'METRICS_TOKEN']);

/** @typedef {ReturnType<typeof readConfig>} Config */

/** @param {Record<string, string | undefined>} env */
export function readConfig(env) {
	const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
	const result = variables.safeParse(given);
	if (!result.success) {
		const { path, message } = /** @type {z.core.$ZodIssue} */ (result.error.issues[0]);
		const name = String(path[0]);
		const found = secrets.has(name) ? 'not valid' : JSON.stringify(given[name]);
		throw new ConfigError(`${name} is ${found}; it must be ${message}.`);
	}
	const v = result.data;
	if (v.DATABASE_URL && !v.APP_SECRET) {
		throw new ConfigError(
			'APP_SECRET is not set; with DATABASE_URL it must be at least 32 characters (openssl rand -hex 32 makes some), the same on every instance.'
		);
	}
	const origin = v.ORIGIN ?? new URL(`http://localhost:${v.PORT}`).origin;
	return {
		port: v.PORT,
		host: v.HOST,
		origin,
		/** Whether people reach Latchkey over https. */
		secure: origin.startsWith('https:'),
		databaseUrl: v.DATABASE_URL,
		dataDir: v.DATA_DIR,
		appSecret: v.APP_SECRET,
		accessTokenSeconds: v.ACCESS_TOKEN_SECONDS,
		refreshGraceSeconds: v.REFRESH_GRACE_SECONDS,
		sessionIdleSeconds: v.SESSION_IDLE_SECONDS,
		sessionAbsoluteSeconds: v.SESSION_ABSOLUTE_SECONDS,
		trashDays: v.TRASH_DAYS,
		signup: v.SIGNUP,
		smtpUrl: v.SMTP_URL,
		mailFrom: v.MAIL_FROM ?? `Latchkey <no-reply@${new URL(origin).hostname}>`,
		corsOrigins: v.CORS_ORIGINS,
		metricsToken: v.METRICS_TOKEN,
		rateLimitScale: v.RATE_LIMIT_SCALE,
		logLevel: v.LOG_LEVEL,
		addressHeader: v.ADDRESS_HEADER,
		xffDepth: v.XFF_DEPTH,
		protocolHeader: v.PROTOCOL_HEADER,
		hostHeader: v.HOST_HEADER,
		shutdownTimeout: v.SHUTDOWN_TIMEOUT,
		bodySizeLimit: v.BODY_SIZE_LIMIT
	};
}

/** Set by loadConfig(), which runs before anything reads it. */
export let config = /** @type {Config} */ (/** @type {unknown} */ (undefined));

/**
 * What the environment says wins over a `.env` file in the current directory.
 * @param {Record<string, string | undefined>} env
 */
export function loadConfig(env = process.env) {
	if (env === process.env && existsSync('.env')) process.loadEnvFile('.env');
	config = readConfig(env);
	return config;
}
