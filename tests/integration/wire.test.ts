import { expect, test } from 'vitest';
import { http, randomEmail, randomPassword, serve, signUp } from './harness';

type Refused = { error: { message: string; data: Record<string, unknown> } };

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
	http(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

test('bad input is refused with the field named, and nothing is written', async () => {
	const { api, authorization } = await signUp();
	const cases: [string, object, string][] = [
		['tasks.create', { title: '' }, 'title'],
		['tasks.create', { title: '   ' }, 'title'],
		['tasks.create', { title: 'x'.repeat(501) }, 'title'],
		['tasks.create', { title: 'a\0b' }, 'title'],
		['tasks.create', {}, 'title'],
		['tasks.create', { title: 7 }, 'title'],
		['tasks.create', { title: 'x', id: 'nope' }, 'id'],
		['tasks.create', { title: 'x', notes: 'x'.repeat(20_001) }, 'notes'],
		['tasks.create', { title: 'x', priority: 5 }, 'priority'],
		['tasks.create', { title: 'x', due: { date: '2026-02-30' } }, 'due.date'],
		['tasks.create', { title: 'x', due: { date: '2026-02-03', time: '24:00' } }, 'due.time'],
		['tasks.create', { title: 'x', owner: 'me' }, 'owner'],
		['tasks.update', { id: crypto.randomUUID(), version: 2 ** 31 }, 'version'],
		['auth.signUp', { email: 'nobody', password: randomPassword() }, 'email'],
		['auth.signUp', { email: randomEmail(), password: 'short' }, 'password'],
		['auth.signUp', { email: randomEmail(), password: 'x'.repeat(129) }, 'password'],
		['auth.signUp', { email: randomEmail(), password: randomPassword(), timezone: 'Mars/Base' }, 'timezone']
	];
	for (const [path, input, field] of cases) {
		const response = await post(`/trpc/${path}`, JSON.stringify(input), { authorization });
		const { error } = (await response.json()) as Refused;
		expect({ path, input, status: response.status, fields: Object.keys(error.data.fields ?? {}) }).toEqual({
			path,
			input,
			status: 400,
			fields: [field]
		});
		expect(error.data).toMatchObject({ code: 'BAD_REQUEST', httpStatus: 400, path });
	}
	expect((await api.tasks.list()).items).toEqual([]);
});

test('a cursor that is not of this list is named', async () => {
	const { api } = await signUp();
	for (const cursor of ['', 'garbage', Buffer.from('2026-99-99T00:00:00.000Z x').toString('base64url')]) {
		await expect(api.tasks.list({ cursor })).rejects.toMatchObject({
			fields: { cursor: [expect.any(String)] }
		});
	}
});

test('a batch has at most twenty calls', async () => {
	const { authorization } = await signUp();
	const path = Array.from({ length: 21 }, () => 'auth.me').join(',');
	const response = await http(`/trpc/${path}?batch=1&input={}`, { headers: { authorization } });
	expect(response.status).toBe(400);
	const [first] = (await response.json()) as Refused[];
	expect(first?.error.data).toMatchObject({ reason: 'batch_too_large' });
	const twenty = path.slice('auth.me,'.length);
	expect((await http(`/trpc/${twenty}?batch=1&input={}`, { headers: { authorization } })).status).toBe(200);
});

test.each([
	['/trpc/nothing.here', 404],
	['/trpc/,,,', 404],
	['/trpc/__proto__', 404],
	['/trpc/auth', 404],
	['/trpc/auth.me?connectionParams=%7B', 400],
	['/trpc/%', 400],
	['/nothing', 404]
])('%s is answered with %i, and never with a stack', async (path, status) => {
	const response = await http(path);
	expect(response.status).toBe(status);
	const text = await response.text();
	expect(text).not.toMatch(/node_modules|\bat .*\.js:|stack/i);
});

test.each([
	['not JSON', '{"email":', 400],
	['deep JSON', '['.repeat(50_000), 400],
	['an array', '[]', 400],
	['nothing', '', 400],
	['a megabyte', JSON.stringify({ email: 'a@example.com', password: 'x'.repeat(2 ** 20) }), 400]
])('a body that is %s is refused', async (_, body, status) => {
	const response = await post('/trpc/auth.signIn', body);
	expect(response.status).toBe(status);
	const { error } = (await response.json()) as Refused;
	expect(error.data).toMatchObject({ httpStatus: status, requestId: response.headers.get('x-request-id') });
	expect(error.data).not.toHaveProperty('stack');
});

test('another content type is refused, with the request named', async () => {
	const response = await post('/trpc/auth.signIn', 'a=b', {
		'content-type': 'application/x-www-form-urlencoded'
	});
	expect(response.status).toBe(415);
	const { error } = (await response.json()) as Refused;
	expect(error.data.requestId).toBe(response.headers.get('x-request-id'));
});

test('a stale version is refused with the task as it is now', async () => {
	const { api } = await signUp();
	const { id } = await api.tasks.create({ title: 'First' });
	const current = await api.tasks.update({ id, version: 1, title: 'Second' });
	await expect(api.tasks.update({ id, version: 1, title: 'Third' })).rejects.toMatchObject({
		reason: 'version_conflict',
		details: { current }
	});
	expect(await api.tasks.update({ id, title: 'Fourth' })).toMatchObject({ title: 'Fourth', version: 3 });
});

test('completing, deleting and restoring say the same however often they are said', async () => {
	const { api } = await signUp();
	const { id } = await api.tasks.create({ title: 'Again and again' });
	const once = await api.tasks.setCompleted({ id, completed: true });
	expect(await api.tasks.setCompleted({ id, completed: true })).toEqual(once);
	expect((await api.tasks.list({ completed: true })).items).toEqual([once]);
	expect((await api.tasks.list()).items).toEqual([]);

	expect(await api.tasks.delete({ id })).toEqual({ ok: true });
	expect(await api.tasks.delete({ id })).toEqual({ ok: true });
	await expect(api.tasks.get({ id })).rejects.toMatchObject({ reason: 'not_found' });
	const restored = await api.tasks.restore({ id });
	expect(await api.tasks.restore({ id })).toEqual(restored);
});

test('an address is one account, however it is written', async () => {
	const { credentials } = await signUp();
	await expect(signUp({ email: ` ${credentials.email.toUpperCase()} ` })).rejects.toMatchObject({
		reason: 'email_taken'
	});
});

test('every answer carries what a browser needs to be careful', async () => {
	const { authorization } = await signUp();
	for (const path of [
		'/login',
		'/healthz',
		'/readyz',
		'/trpc/auth.me',
		'/nothing',
		'/.well-known/jwks.json'
	]) {
		const { headers } = await http(path, { headers: path.startsWith('/trpc') ? { authorization } : {} });
		expect(headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/);
		expect(headers.get('x-content-type-options'), path).toBe('nosniff');
		expect(headers.get('referrer-policy'), path).toBe('same-origin');
		expect(headers.get('permissions-policy'), path).toContain('camera=()');
		const policy = headers.get('content-security-policy') ?? '';
		expect(policy, path).toContain("frame-ancestors 'none'");
		expect(policy.split(';').find((part) => part.includes('script-src')) ?? '', path).not.toContain(
			'unsafe-inline'
		);
		expect(headers.get('strict-transport-security'), path).toBeNull();
		expect(headers.get('cache-control'), path).toBe(
			path.endsWith('jwks.json') ? 'public, max-age=300' : 'no-store'
		);
	}
});

test('behind https, cookies are Secure and bound to the host, and the browser is told to stay with it', async () => {
	const origin = 'https://tasks.example.org';
	const server = await serve({ ORIGIN: origin });
	const { credentials } = await signUp();
	const response = await fetch(`${server.url}/login`, {
		method: 'POST',
		redirect: 'manual',
		headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
		body: new URLSearchParams({ email: credentials.email, password: credentials.password }).toString()
	});
	const [cookie] = response.headers.getSetCookie();
	expect(cookie).toMatch(/^__Host-latchkey_session=[^;]+;/);
	expect(cookie).toMatch(/; Secure/);
	expect(cookie).not.toMatch(/domain=/i);
	expect(response.headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
});
