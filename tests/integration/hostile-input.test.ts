// Whatever arrives, the answer is one that was thought of: never a 5xx, a stack or a sentence of somebody else's.
import { request } from 'node:http';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { appRouter } from '$lib/server/trpc/router';
import { callerWith, env, http, openBrowser, outcome, post, randomEmail, signUp, times } from './harness';

type Procedure = { _def: { type: string; inputs: z.ZodType[] } };
const procedures = Object.entries<unknown>(appRouter._def.procedures).map(
	([path, procedure]) => [path, (procedure as Procedure)._def] as const
);

/** Strings that have broken something somewhere. */
const hostileText = fc.oneof(
	fc.constantFrom(
		...[
			'',
			' ',
			'\0',
			'a\0b',
			'\ud800',
			'a\udfff',
			'\u202e',
			'\ufeff',
			"'; drop table users; --",
			'$1',
			'%00'
		],
		...['__proto__', 'constructor', '{"$gt":""}', '../../etc/passwd', '0', '-1', 'NaN', 'null', '\r\nX: y'],
		...[
			'2026-02-30',
			'0000-01-01',
			'-0001-01-01',
			'9999-12-31',
			'24:00',
			'23:59',
			'P1D',
			'Etc/Unknown',
			'EST'
		],
		...['lkp_', 'lkr_', 'a.b.c', '9'.repeat(400), 'ß'.repeat(300), '👩‍👩‍👧‍👦'.repeat(40)],
		...[
			'x'.repeat(5_000),
			Buffer.from(`0000-01-01T00:00:00.000Z ${crypto.randomUUID()}`).toString('base64url'),
			Buffer.from(`9999-12-31T23:59:59.999Z ${crypto.randomUUID()}`).toString('base64url'),
			crypto.randomUUID(),
			'ffffffff-ffff-ffff-ffff-ffffffffffff'
		]
	),
	fc.string({ unit: 'binary', maxLength: 60 }),
	fc.string({ unit: 'grapheme', maxLength: 60 })
);

const hostileNumber = fc.constantFrom(
	0,
	-0,
	1,
	-1,
	2,
	4,
	200,
	201,
	1e9,
	2 ** 31,
	2 ** 53,
	-(2 ** 53),
	1e308,
	0.5
);

const anything = fc.oneof(
	hostileText,
	hostileNumber,
	fc.boolean(),
	fc.constant(null),
	fc.jsonValue({ maxDepth: 4 })
);

type Schema = {
	type?: string;
	format?: string;
	enum?: unknown[];
	const?: unknown;
	properties?: Record<string, Schema>;
	items?: Schema;
	anyOf?: Schema[];
	allOf?: Schema[];
};

/** Values that look enough like what is asked for to get past the first check, and are hostile for the rest. */
function nearly(schema: Schema): fc.Arbitrary<unknown> {
	const right = (): fc.Arbitrary<unknown> => {
		if (schema.enum) return fc.constantFrom(...schema.enum);
		if (schema.const !== undefined) return fc.constant(schema.const);
		if (schema.anyOf) return fc.oneof(...schema.anyOf.map(nearly));
		if (schema.properties) {
			const fields = Object.entries(schema.properties).map(([name, field]) => [name, nearly(field)]);
			return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
				requiredKeys: []
			});
		}
		if (schema.type === 'array') return fc.array(nearly(schema.items ?? {}), { maxLength: 4 });
		if (schema.type === 'boolean') return fc.boolean();
		if (schema.type === 'integer' || schema.type === 'number') return fc.oneof(hostileNumber, fc.nat(250));
		if (schema.format === 'uuid') return fc.uuid();
		if (schema.format === 'email') return fc.emailAddress();
		if (schema.format === 'date')
			return fc.oneof(
				fc.constantFrom('0000-01-01', '0001-01-01', '9999-12-31', '2024-02-29'),
				fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10))
			);
		return hostileText;
	};
	return fc.oneof({ weight: 5, arbitrary: right() }, { weight: 1, arbitrary: anything });
}

function inputOf(definition: Procedure['_def']): fc.Arbitrary<unknown> {
	const schemas = definition.inputs.map(
		(input) => z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Schema
	);
	return schemas.length === 0 ? anything : nearly(schemas.at(-1)!);
}

function callAt(caller: ReturnType<typeof callerWith>, path: string, input: unknown): Promise<unknown> {
	const [router = '', name = ''] = path.split('.');
	const group = (caller as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>)[
		router
	]!;
	return group[name]!(input);
}

let account: Awaited<ReturnType<typeof signUp>>;
let browser: Awaited<ReturnType<typeof openBrowser>>;
beforeAll(async () => {
	await http('/healthz');
	account = await signUp();
	browser = await openBrowser(account.credentials);
});

const isRefused = (reason: string) =>
	!/INTERNAL_SERVER_ERROR|^[A-Z]\w*Error|database_unavailable/.test(reason);

describe('random input', () => {
	const isPublic = async (path: string) =>
		(await outcome(callAt(callerWith(), path, {}))) !== 'unauthenticated';
	/** These hash, which takes its time. */
	const slow = /auth\.(signUp|signIn|resetPassword)|Password|TwoFactor|createToken|delete|regenerate/;
	const runs = (path: string) => ({ numRuns: slow.test(path) ? 25 : 60 });

	test.each(procedures)('without a credential to %s', async (path, definition) => {
		const open = await isPublic(path);
		await fc.assert(
			fc.asyncProperty(inputOf(definition), async (input) => {
				const reason = await outcome(callAt(callerWith(), path, input));
				expect(isRefused(reason), reason).toBe(true);
				if (!open) expect(reason).toBe('unauthenticated');
			}),
			open ? runs(path) : { numRuns: 5 }
		);
	});

	// What would end the account or the session that the others need.
	const destructive = new Set(['account.delete', 'auth.signOut', 'account.revokeOtherSessions']);

	test.each(procedures.filter(([path, { type }]) => !destructive.has(path) && type !== 'subscription'))(
		'with a session to %s',
		async (path, definition) => {
			const { password } = account.credentials;
			await fc.assert(
				fc.asyncProperty(inputOf(definition), fc.boolean(), async (input, knowsPassword) => {
					const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
					// Only ever changed to itself, so that the next run still knows the password.
					const right = path === 'account.changePassword' ? { newPassword: password } : {};
					const kept =
						isObject && knowsPassword && slow.test(path)
							? { ...input, currentPassword: password, ...right }
							: input;
					const reason = await outcome(callAt(browser.api, path, kept));
					expect(isRefused(reason), `${reason} for ${JSON.stringify(kept)}`).toBe(true);
					if (path === 'account.changePassword' && reason === 'ok')
						browser = await openBrowser(account.credentials);
				}),
				runs(path)
			);
		}
	);

	test('over HTTP to every public procedure', async () => {
		for (const [path, definition] of procedures) {
			if (definition.type !== 'mutation' || !(await isPublic(path))) continue;
			await fc.assert(
				fc.asyncProperty(inputOf(definition), async (input) => {
					const { status, text, headers } = await post(path, input);
					expect(status).toBeLessThan(500);
					expect(headers.get('x-request-id')).not.toBeNull();
					expect(text).not.toMatch(/node_modules|\bat .+:\d+:\d+|select |insert /);
				}),
				{ numRuns: 15 }
			);
		}
	});

	test('over HTTP with a body that is anything', async () => {
		const body = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 200 }));
		await fc.assert(
			fc.asyncProperty(
				body,
				fc.constantFrom('auth.signIn', 'auth.refresh', 'tasks.create'),
				async (body, path) => {
					const response = await http(`/trpc/${path}`, {
						method: 'POST',
						headers: { 'content-type': 'application/json' },
						body: typeof body === 'string' ? body : Buffer.from(body)
					});
					expect(response.status).toBeGreaterThanOrEqual(400);
					expect(response.status).toBeLessThan(500);
					expect(await response.text()).not.toMatch(/node_modules|stack|SyntaxError/);
				}
			),
			{ numRuns: 60 }
		);
	});

	test('as a query, a batch or a path', async () => {
		const piece = fc.constantFrom(
			'auth.me',
			'tasks.list',
			'auth.signIn',
			'nothing',
			'__proto__',
			'constructor',
			''
		);
		await fc.assert(
			fc.asyncProperty(
				fc.array(piece, { minLength: 1, maxLength: 22 }),
				fc.oneof(fc.json(), fc.string()),
				fc.constantFrom('', '1', '0', 'true'),
				async (path, input, batch) => {
					const url = `/trpc/${path.join()}?batch=${batch}&input=${encodeURIComponent(input.toWellFormed())}`;
					const response = await http(url);
					expect(response.status).toBeLessThan(500);
					expect(await response.text()).not.toMatch(/node_modules|stack/);
				}
			),
			{ numRuns: 80 }
		);
	});
});

/** A request as no HTTP library would make it. */
function rawRequest(path: string, headers: Record<string, string | string[]>, method = 'GET') {
	const { port } = new URL(env.ORIGIN);
	return new Promise<{ status: number; text: string }>((resolve, reject) => {
		const asked = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
			let text = '';
			response.setEncoding('utf8').on('data', (part: string) => (text += part));
			response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
		});
		asked.on('error', reject).end();
	});
}

describe('malformed headers', () => {
	test.each([
		'%',
		'latchkey_session=%',
		'latchkey_session=%E0%A4%A',
		'latchkey_session',
		'=latchkey_session',
		'latchkey_session=a; latchkey_session=b',
		';;;===;;;',
		'__proto__=1; latchkey_session=x; constructor=2',
		'latchkey_session="quoted"',
		'latchkey_session=\xff\xfe',
		`latchkey_session=${'x'.repeat(7_000)}`,
		times(300, (index) => `c${index}=${index}`).join('; ')
	])('a cookie such as %.40j is none of ours', async (cookie) => {
		for (const path of ['/trpc/auth.me', '/login', '/inbox']) {
			const { status, text } = await rawRequest(path, { cookie });
			expect({ path, status }).toEqual({
				path,
				status: { '/trpc/auth.me': 401, '/login': 200 }[path] ?? 303
			});
			expect(text).not.toMatch(/node_modules/);
		}
	});

	test('a broken cookie beside a good one does no harm', async () => {
		const cookie = `a=%; b=%E0%A4%A; latchkey_session=${browser.cookie}; c`;
		expect((await rawRequest('/trpc/auth.me', { cookie })).status).toBe(200);
	});

	test.each<[Record<string, string | string[]>]>([
		[{ authorization: 'Bearer \xff\xfe' }],
		[{ authorization: `Bearer ${'.'.repeat(7_000)}` }],
		[{ authorization: ['Bearer a', 'Bearer b'] }],
		[{ authorization: `Bearer ${Buffer.from('{').toString('base64url')}.e30.e30` }],
		[{ authorization: `Bearer ${Buffer.from('[[[[').toString('base64url')}.bnVsbA.AAAA` }],
		[{ 'user-agent': '\xff'.repeat(2_000), authorization: 'x' }],
		[{ 'x-forwarded-for': "'; drop table users", authorization: 'x' }],
		[{ 'x-forwarded-proto': 'gopher', 'x-forwarded-host': '[', authorization: 'x' }],
		[{ origin: 'null', authorization: 'x' }],
		[{ 'trpc-accept': '\xff', authorization: 'x' }],
		[{ 'last-event-id': '\xff', authorization: 'x' }]
	])('%.60j gets 401 and nothing else', async (headers) => {
		const { status, text } = await rawRequest('/trpc/auth.me', headers);
		expect(status).toBe(401);
		expect(text).toContain('token_invalid');
	});

	test('a host that is none of ours changes nothing', async () => {
		for (const host of ['evil.example', '[::1', 'a b', '']) {
			const { status } = await rawRequest('/trpc/auth.me', { host });
			expect([400, 401]).toContain(status);
		}
	});
});

describe('too much of something', () => {
	test('a password of a megabyte is refused before it costs anything', async () => {
		const password = 'x'.repeat(2 ** 20);
		const startedAt = performance.now();
		for (const [path, input] of [
			['auth.signIn', { email: randomEmail(), password }],
			['auth.signUp', { email: randomEmail(), password }],
			['auth.resetPassword', { token: 'x', password }]
		] as const) {
			const { status } = await post(path, input);
			expect([400, 413]).toContain(status);
			expect(await outcome(callAt(callerWith(), path, input))).toBe('BAD_REQUEST');
		}
		expect(performance.now() - startedAt).toBeLessThan(5_000);
	});

	test.each(['[', '{"a":', '[{"json":'])('JSON that is deep in %s is refused', async (part) => {
		for (const body of [part.repeat(20_000), '['.repeat(50_000) + ']'.repeat(50_000)]) {
			const response = await http('/trpc/auth.signIn', {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body
			});
			expect(response.status).toBe(400);
			expect(await response.text()).not.toMatch(/stack|RangeError/);
		}
	});

	test('passwords may be long, in any script, and are taken exactly as typed', async () => {
		const fire = '🔥 слон 象 '.repeat(9).trim();
		const { credentials } = await signUp({ password: `${fire} 7tz` });
		const { email } = credentials;
		const signIn = (password: string) => outcome(callerWith().auth.signIn({ email, password }));
		expect(await signIn(credentials.password)).toBe('ok');
		for (const other of [credentials.password.trimEnd() + ' ', credentials.password.toUpperCase(), fire])
			expect(await signIn(other)).toBe('bad_credentials');
		const spaced = await signUp({ password: ' e\u0301 \0 leading and trailing ' });
		const near = [spaced.credentials.password.trim(), spaced.credentials.password.normalize('NFC')];
		for (const password of near)
			expect(await outcome(callerWith().auth.signIn({ ...spaced.credentials, password }))).toBe(
				'bad_credentials'
			);
		expect(await outcome(callerWith().auth.signIn(spaced.credentials))).toBe('ok');
	});
});
