import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { config, ConfigError, loadConfig, readConfig, StartError, type Config } from './config.js';

const secret = 'x'.repeat(32);
const database = 'postgres://app:hunter2@db/latchkey';

test('an empty environment gives the documented defaults', () => {
	expect(readConfig({})).toEqual({
		port: 3000,
		host: '0.0.0.0',
		origin: 'http://localhost:3000',
		secure: false,
		databaseUrl: undefined,
		dataDir: resolve('data'),
		appSecret: undefined,
		accessTokenSeconds: 600,
		refreshGraceSeconds: 20,
		sessionIdleSeconds: 14 * 86_400,
		sessionAbsoluteSeconds: 90 * 86_400,
		trashDays: 30,
		signup: 'open',
		smtpUrl: undefined,
		mailFrom: 'Latchkey <no-reply@localhost>',
		corsOrigins: [],
		metricsToken: undefined,
		rateLimitScale: 1,
		logLevel: 'info',
		addressHeader: undefined,
		xffDepth: 1,
		protocolHeader: undefined,
		hostHeader: undefined,
		shutdownTimeout: 5,
		bodySizeLimit: '512K'
	});
});

test('an empty string means unset', () => {
	expect(readConfig({ PORT: '', ORIGIN: '', APP_SECRET: '', DATABASE_URL: '', CORS_ORIGINS: '' })).toEqual(
		readConfig({})
	);
});

describe('right values', () => {
	test.each<[Record<string, string>, Partial<Config>]>([
		[{ PORT: '8080' }, { port: 8080, origin: 'http://localhost:8080' }],
		[{ PORT: '80' }, { origin: 'http://localhost' }],
		[{ HOST: '::1' }, { host: '::1' }],
		[{ ORIGIN: 'https://tasks.example.org' }, { origin: 'https://tasks.example.org', secure: true }],
		[{ ORIGIN: 'https://Tasks.example.org:443/' }, { origin: 'https://tasks.example.org' }],
		[{ ORIGIN: 'http://[::1]:3000' }, { origin: 'http://[::1]:3000', secure: false }],
		[{ ORIGIN: 'https://tasks.example.org' }, { mailFrom: 'Latchkey <no-reply@tasks.example.org>' }],
		[
			{ DATABASE_URL: database, APP_SECRET: secret },
			{ databaseUrl: database, appSecret: secret }
		],
		[{ DATA_DIR: '/var/lib/latchkey/' }, { dataDir: '/var/lib/latchkey' }],
		[{ DATA_DIR: 'elsewhere' }, { dataDir: resolve('elsewhere') }],
		[
			{ ACCESS_TOKEN_SECONDS: '1', REFRESH_GRACE_SECONDS: '1' },
			{ accessTokenSeconds: 1, refreshGraceSeconds: 1 }
		],
		[
			{ SESSION_IDLE_SECONDS: '5', SESSION_ABSOLUTE_SECONDS: '9' },
			{ sessionIdleSeconds: 5, sessionAbsoluteSeconds: 9 }
		],
		[{ SIGNUP: 'closed' }, { signup: 'closed' }],
		[
			{ SMTP_URL: 'smtps://u:p@mail.example.org:465/?pool=true' },
			{ smtpUrl: 'smtps://u:p@mail.example.org:465/?pool=true' }
		],
		[{ MAIL_FROM: 'tasks@example.org' }, { mailFrom: 'tasks@example.org' }],
		[
			{ CORS_ORIGINS: 'https://a.example.org, http://localhost:5173/' },
			{ corsOrigins: ['https://a.example.org', 'http://localhost:5173'] }
		],
		[{ RATE_LIMIT_SCALE: '0.5' }, { rateLimitScale: 0.5 }],
		[{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
		[
			{ ADDRESS_HEADER: 'X-Forwarded-For', XFF_DEPTH: '2' },
			{ addressHeader: 'X-Forwarded-For', xffDepth: 2 }
		],
		[{ SHUTDOWN_TIMEOUT: '0' }, { shutdownTimeout: 0 }],
		[{ BODY_SIZE_LIMIT: '2M' }, { bodySizeLimit: '2M' }]
	])('%j', (env, expected) => {
		expect(readConfig(env)).toMatchObject(expected);
	});
});

describe('a wrong value is refused in one line that names the variable and says what would be right', () => {
	test.each<[Record<string, string>, string]>([
		[{ PORT: 'abc' }, 'PORT is "abc"; it must be a whole number from 1 to 65535.'],
		[{ PORT: '0' }, 'a whole number from 1 to 65535'],
		[{ PORT: '65536' }, 'a whole number from 1 to 65535'],
		[{ PORT: '3e3' }, 'PORT is "3e3"'],
		[{ HOST: 'a b' }, 'an address or host name'],
		[{ ORIGIN: 'tasks.example.org' }, 'ORIGIN is "tasks.example.org"; it must be an http or https origin'],
		[{ ORIGIN: 'ftp://tasks.example.org' }, 'an http or https origin'],
		[{ ORIGIN: 'https://tasks.example.org/app' }, 'without a path'],
		[{ ORIGIN: 'https://tasks.example.org?' }, 'without a path'],
		[{ ORIGIN: 'https://me@tasks.example.org' }, 'without a path'],
		[{ DATABASE_URL: 'mysql://db', APP_SECRET: secret }, 'a postgres:// address'],
		[{ DATABASE_URL: database }, 'APP_SECRET is not set; with DATABASE_URL'],
		[{ APP_SECRET: 'x'.repeat(31) }, 'APP_SECRET is not valid; it must be at least 32 characters'],
		[{ ACCESS_TOKEN_SECONDS: '0' }, 'a whole number from 1'],
		[{ ACCESS_TOKEN_SECONDS: '1.5' }, 'a whole number from 1'],
		[{ REFRESH_GRACE_SECONDS: '-1' }, 'a whole number from 1'],
		[{ SESSION_IDLE_SECONDS: '14d' }, 'a whole number from 1'],
		[{ SESSION_ABSOLUTE_SECONDS: ' 9' }, 'a whole number from 1'],
		[{ TRASH_DAYS: '0' }, 'a whole number from 1'],
		[{ SIGNUP: 'yes' }, 'SIGNUP is "yes"; it must be one of open, closed.'],
		[{ SMTP_URL: 'mail.example.org:25' }, 'SMTP_URL is not valid; it must be an address such as smtp://'],
		[{ MAIL_FROM: 'Latchkey' }, 'a sender such as'],
		[{ MAIL_FROM: 'a@b.org\r\nBcc: c@d.org' }, 'MAIL_FROM is "a@b.org\\r\\nBcc: c@d.org"'],
		[{ CORS_ORIGINS: '*' }, 'origins separated by commas'],
		[{ CORS_ORIGINS: 'https://a.example.org,' }, 'origins separated by commas'],
		[{ METRICS_TOKEN: 'two words' }, 'METRICS_TOKEN is not valid'],
		[{ RATE_LIMIT_SCALE: '0' }, 'a number above 0'],
		[{ LOG_LEVEL: 'verbose' }, 'one of trace, debug, info'],
		[{ ADDRESS_HEADER: 'X Forwarded' }, 'the name of a header'],
		[{ XFF_DEPTH: '0' }, 'a whole number from 1'],
		[{ SHUTDOWN_TIMEOUT: 'soon' }, 'a whole number from 0'],
		[{ BODY_SIZE_LIMIT: 'lots' }, 'a number of bytes']
	])('%j', (env, line) => {
		let thrown: unknown;
		try {
			readConfig(env);
		} catch (error) {
			thrown = error;
		}
		expect(thrown).toBeInstanceOf(ConfigError);
		const { message } = thrown as StartError;
		expect(message).toContain(line);
		expect(message.startsWith(message.includes('APP_SECRET') ? 'APP_SECRET' : Object.keys(env)[0]!)).toBe(
			true
		);
		expect(message).not.toContain('\n');
	});

	test('a secret is never repeated', () => {
		expect(() => readConfig({ DATABASE_URL: 'mysql://app:hunter2@db', APP_SECRET: secret })).toThrow(
			/^(?!.*hunter2).*DATABASE_URL/
		);
		expect(() => readConfig({ SMTP_URL: 'hunter2' })).toThrow(/^(?!.*hunter2)/);
	});
});

test('loadConfig sets what others import', () => {
	expect(loadConfig({ PORT: '4321' })).toBe(config);
	expect(config.port).toBe(4321);
});
