import { createHmac, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signingKey } from '$lib/server/auth/keys';
import { env, get, http, serve, signUp } from './harness';

type Refused = { error: { data: { code: string; httpStatus: number; reason?: string } } };

async function ask(headers: Record<string, string>, url = '/trpc/auth.me') {
	const response = await http(url, { headers });
	const { error } = (await response.json()) as Refused;
	return { status: response.status, reason: error.data.reason };
}

const base64url = (value: object | Buffer) =>
	(Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');

const parts = (jwt: string) => {
	const [header = '', payload = '', signature = ''] = jwt.split('.');
	const read = (part: string) =>
		JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
	return { header: read(header), payload: read(payload), raw: { header, payload, signature } };
};

test('no credential, and a cookie nobody gave out', async () => {
	expect(await ask({})).toEqual({ status: 401, reason: 'unauthenticated' });
	expect(await ask({ cookie: 'latchkey_session=made-up' })).toEqual({
		status: 401,
		reason: 'unauthenticated'
	});
});

test.each([
	'Bearer',
	'Bearer ',
	'Basic YTpi',
	'garbage',
	'Bearer a.b.c',
	'Bearer ...',
	`Bearer ${'x'.repeat(9000)}`
])('%.40s is no token', async (authorization) => {
	expect(await ask({ authorization })).toEqual({ status: 401, reason: 'token_invalid' });
});

test('a bad bearer is not made good by a good cookie', async () => {
	const { cookie } = await browserSession();
	expect((await http('/trpc/auth.me', { headers: { cookie } })).status).toBe(200);
	expect(await ask({ cookie, authorization: 'Bearer nonsense' })).toEqual({
		status: 401,
		reason: 'token_invalid'
	});
});

test('the case of the scheme does not matter', async () => {
	const { grant } = await signUp();
	const response = await http('/trpc/auth.me', { headers: { authorization: `bEaReR ${grant.accessToken}` } });
	expect(response.status).toBe(200);
});

describe('a forged token', () => {
	const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const signed = (header: object, payload: object) => {
		const data = `${base64url(header)}.${base64url(payload)}`;
		return `${data}.${base64url(sign('sha256', Buffer.from(data), { key: privateKey, dsaEncoding: 'ieee-p1363' }))}`;
	};

	test.each<[string, (jwt: string) => string | Promise<string>]>([
		['alg none', (jwt) => `${base64url({ alg: 'none', typ: 'JWT' })}.${parts(jwt).raw.payload}.`],
		['a key of somebody else', (jwt) => signed(parts(jwt).header, parts(jwt).payload)],
		['an unknown kid', (jwt) => signed({ ...parts(jwt).header, kid: randomUUID() }, parts(jwt).payload)],
		[
			'a kid that looks like a path',
			(jwt) => signed({ ...parts(jwt).header, kid: '../../etc/passwd' }, parts(jwt).payload)
		],
		[
			'a jwk of its own',
			(jwt) => signed({ ...parts(jwt).header, jwk: publicKey.export({ format: 'jwk' }) }, parts(jwt).payload)
		],
		...(['jku', 'x5u'] as const).map((name): [string, (jwt: string) => string] => [
			`a ${name} of its own`,
			(jwt) => signed({ ...parts(jwt).header, [name]: 'http://127.0.0.1:1/jwks' }, parts(jwt).payload)
		]),
		['crit', (jwt) => signed({ ...parts(jwt).header, crit: ['exp'] }, parts(jwt).payload)],
		['no kid', (jwt) => signed({ alg: 'ES256', typ: 'JWT' }, parts(jwt).payload)],
		['a kid that is no text', (jwt) => signed({ ...parts(jwt).header, kid: ['a'] }, parts(jwt).payload)],
		...['none', 'None', 'nOnE', 'ES384', 'RS256', '', null].map((alg): [string, (jwt: string) => string] => [
			`alg ${JSON.stringify(alg)} and a signature`,
			(jwt) => signed({ ...parts(jwt).header, alg }, parts(jwt).payload)
		]),
		[
			'a signature of nothing but zeros',
			(jwt) => `${parts(jwt).raw.header}.${parts(jwt).raw.payload}.${base64url(Buffer.alloc(64))}`
		],
		[
			'a signature in DER',
			(jwt) => {
				const { header, payload } = parts(jwt).raw;
				return `${header}.${payload}.${base64url(sign('sha256', Buffer.from(`${header}.${payload}`), privateKey))}`;
			}
		],
		[
			'a header that is no object',
			(jwt) => `${base64url(Buffer.from('7'))}.${jwt.split('.').slice(1).join('.')}`
		],
		['a line break', (jwt) => `${jwt.slice(0, 20)}%0A${jwt.slice(20)}`],
		[
			'HS256 over the public key',
			async (jwt) => {
				const { keys } = (await (await http('/.well-known/jwks.json')).json()) as { keys: object[] };
				const data = `${base64url({ ...parts(jwt).header, alg: 'HS256' })}.${parts(jwt).raw.payload}`;
				return `${data}.${createHmac('sha256', JSON.stringify(keys[0])).update(data).digest('base64url')}`;
			}
		],
		[
			'altered claims',
			(jwt) => {
				const { header, signature } = parts(jwt).raw;
				return `${header}.${base64url({ ...parts(jwt).payload, sub: randomUUID() })}.${signature}`;
			}
		],
		['padding', (jwt) => `${jwt}=`],
		[
			'another last character for the same bytes',
			(jwt) => {
				const next = (last: string) => String.fromCharCode(last.charCodeAt(0) + 1);
				return jwt.slice(0, -1) + next(jwt.slice(-1));
			}
		],
		['a truncated signature', (jwt) => jwt.slice(0, -2)],
		['a fourth part', (jwt) => `${jwt}.e30`]
	])('with %s is refused', async (_, forge) => {
		const { grant } = await signUp();
		const authorization = `Bearer ${await forge(grant.accessToken)}`;
		expect(await ask({ authorization })).toEqual({ status: 401, reason: 'token_invalid' });
	});

	describe('signed with the real key', () => {
		const real = (header: object, payload: object) => {
			const key = createPrivateKey({ key: Buffer.from(signingKey().pkcs8), format: 'der', type: 'pkcs8' });
			const data = `${base64url(header)}.${base64url(payload)}`;
			return `${data}.${base64url(sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }))}`;
		};
		type Change = { header?: object; payload?: object; reason?: string };

		test.each<[string, Change]>([
			['nothing else', { reason: 'ok' }],
			['another issuer', { payload: { iss: 'https://evil.example' } }],
			['no issuer', { payload: { iss: undefined } }],
			['another audience', { payload: { aud: 'another-api' } }],
			['several audiences', { payload: { aud: ['latchkey-api'] } }],
			['another type', { header: { typ: 'at+jwt' } }],
			['no type', { header: { typ: undefined } }],
			['an encoding', { header: { cty: 'JWT' } }],
			['b64 false', { header: { b64: false, crit: ['b64'] } }],
			['no exp', { payload: { exp: undefined } }],
			['an exp that is text', { payload: { exp: '9999999999' } }],
			['an exp that never comes', { payload: { exp: 1e300 } }],
			['an exp in the past', { payload: { exp: 1 }, reason: 'token_expired' }],
			['a sub that is no id', { payload: { sub: "' or 1=1" } }],
			['somebody else’s sub', { payload: { sub: randomUUID() }, reason: 'session_over' }],
			['a session that never was', { payload: { sid: randomUUID() }, reason: 'session_over' }],
			['a session that is no id', { payload: { sid: 7 } }]
		])('and %s', async (_, { header, payload, reason = 'token_invalid' }) => {
			const { grant } = await signUp();
			const is = parts(grant.accessToken);
			const token = real({ ...is.header, ...header }, { ...is.payload, ...payload });
			const answer = await get('auth.me', { headers: { authorization: `Bearer ${token}` } });
			expect(answer.reason ?? 'ok').toBe(reason);
			expect(answer.status).toBe(reason === 'ok' ? 200 : 401);
		});
	});

	test('is not a refresh token either', async () => {
		const { grant } = await signUp();
		expect(await ask({ authorization: `Bearer ${grant.refreshToken}` })).toEqual({
			status: 401,
			reason: 'token_invalid'
		});
	});
});

test('a token of another instance with another address is not for this one', async () => {
	const { grant } = await signUp();
	const other = await serve({ ORIGIN: 'http://other.example' });
	const response = await fetch(`${other.url}/trpc/auth.me`, {
		headers: { authorization: `Bearer ${grant.accessToken}` }
	});
	expect(response.status).toBe(401);
	expect(((await response.json()) as Refused).error.data.reason).toBe('token_invalid');
});

test('an expired token says so, unless it is forged too', async () => {
	const brief = await serve({ ACCESS_TOKEN_SECONDS: '1', ORIGIN: env.ORIGIN });
	const { credentials } = await signUp();
	const signIn = await fetch(`${brief.url}/trpc/auth.signIn`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ email: credentials.email, password: credentials.password })
	});
	const { result } = (await signIn.json()) as { result: { data: { accessToken: string } } };
	const authorization = `Bearer ${result.data.accessToken}`;
	await expect
		.poll(() => http('/trpc/auth.me', { headers: { authorization } }).then((r) => r.status))
		.toBe(401);
	expect(await ask({ authorization })).toEqual({ status: 401, reason: 'token_expired' });
	expect(await ask({ authorization: `${authorization.slice(0, -4)}AAAA` })).toEqual({
		status: 401,
		reason: 'token_invalid'
	});
});

test('signing out ends the cookie, the token and the refresh token at once', async () => {
	const { grant, authorization, api } = await signUp();
	await api.auth.signOut();
	expect(await ask({ authorization })).toEqual({ status: 401, reason: 'session_over' });
	const refreshed = await http('/trpc/auth.refresh', {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ refreshToken: grant.refreshToken })
	});
	expect(refreshed.status).toBe(401);

	const { cookie } = await browserSession();
	await http('/logout', { method: 'POST', headers: { cookie, origin: env.ORIGIN } });
	expect(await ask({ cookie })).toEqual({ status: 401, reason: 'session_over' });
});

test('only the cookie can be turned into a token', async () => {
	const { api } = await signUp();
	await expect(api.auth.issueToken()).rejects.toMatchObject({ reason: 'cookie_required' });

	const { cookie } = await browserSession();
	const issued = await http('/trpc/auth.issueToken', {
		method: 'POST',
		headers: { cookie, origin: env.ORIGIN, 'content-type': 'application/json' }
	});
	const { result } = (await issued.json()) as {
		result: { data: { accessToken: string; tokenType: string } };
	};
	expect(result.data.tokenType).toBe('Bearer');
	const me = await http('/trpc/auth.me', { headers: { authorization: `Bearer ${result.data.accessToken}` } });
	expect(me.status).toBe(200);
});

/** A session as the sign-up form opens it. */
async function browserSession() {
	const { credentials } = await signUp();
	const response = await http('/login', {
		method: 'POST',
		headers: { origin: env.ORIGIN, 'content-type': 'application/x-www-form-urlencoded' },
		body: new URLSearchParams({ email: credentials.email, password: credentials.password }).toString()
	});
	expect(response.status).toBe(303);
	const cookie = response.headers.getSetCookie().find((line) => line.startsWith('latchkey_session='));
	expect(cookie).toMatch(/; HttpOnly/i);
	expect(cookie).toMatch(/; SameSite=Lax/i);
	expect(cookie).toMatch(/; Path=\//i);
	return { cookie: cookie?.split(';')[0] ?? '' };
}
