import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { expect, test } from 'vitest';
import { env, http, randomEmail, randomPassword, remote, serve, signUp } from './harness';

const json = { 'content-type': 'application/json' };

test('an account is made and used over HTTP', async () => {
	const email = randomEmail();
	const body = JSON.stringify({ email, password: randomPassword(), name: 'Ada' });
	const signedUp = await http('/trpc/auth.signUp', { method: 'POST', headers: json, body });
	expect(signedUp.status).toBe(200);
	expect(signedUp.headers.get('set-cookie')).toBeNull();
	expect(signedUp.headers.get('cache-control')).toBe('no-store');
	const { result } = (await signedUp.json()) as { result: { data: { accessToken: string; status: string } } };
	expect(result.data.status).toBe('ok');

	const api = remote({ authorization: `Bearer ${result.data.accessToken}` });
	expect(await api.auth.me.query()).toMatchObject({ email, name: 'Ada', timezone: 'UTC' });

	const task = await api.tasks.create.mutate({
		title: '  Buy milk  ',
		due: { date: '2026-12-24', time: '17:30' }
	});
	expect(task).toMatchObject({ title: 'Buy milk', priority: 4, due: { date: '2026-12-24', time: '17:30' } });
	expect(await api.tasks.list.query()).toEqual({ items: [task], nextCursor: null });
});

test('without a credential there is an answer, but nothing in it', async () => {
	const response = await http('/trpc/tasks.list');
	expect(response.status).toBe(401);
	expect(await response.json()).toMatchObject({
		error: { data: { reason: 'unauthenticated', requestId: response.headers.get('x-request-id') } }
	});
});

test('procedures called without HTTP and over it see the same account', async () => {
	const { api, authorization, grant } = await signUp();
	const task = await api.tasks.create({ title: 'Seen by both' });
	const overHttp = remote({ authorization });
	expect(await overHttp.tasks.get.query({ id: task.id })).toEqual(task);

	await overHttp.auth.signOut.mutate();
	await expect(api.tasks.get({ id: task.id })).rejects.toMatchObject({ reason: 'session_over' });
	await expect(remote().auth.refresh.mutate({ refreshToken: grant.refreshToken })).rejects.toMatchObject({
		data: { httpStatus: 401, reason: 'session_over' }
	});
});

test('anyone can verify an access token with the published keys', async () => {
	const { grant, user } = await signUp();
	const keys = await http('/.well-known/jwks.json');
	expect(keys.headers.get('cache-control')).toMatch(/^public, max-age=\d+/);
	const { payload, protectedHeader } = await jwtVerify(
		grant.accessToken,
		createLocalJWKSet((await keys.json()) as JSONWebKeySet),
		{ issuer: env.ORIGIN, audience: 'latchkey-api', algorithms: ['ES256'], typ: 'JWT' }
	);
	expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: expect.any(String) as string });
	expect(payload).toMatchObject({ sub: user.id, email: user.email, sid: grant.sessionId });
	expect(payload.exp! - payload.iat!).toBe(600);
});

test('a second instance shares everything but its environment', async () => {
	const { authorization, user } = await signUp();
	const closed = await serve({ SIGNUP: 'closed' });
	const me = await fetch(`${closed.url}/trpc/auth.me`, { headers: { authorization } });
	expect(await me.json()).toMatchObject({ result: { data: { id: user.id } } });

	const body = JSON.stringify({ email: randomEmail(), password: randomPassword() });
	const refused = await fetch(`${closed.url}/trpc/auth.signUp`, { method: 'POST', headers: json, body });
	expect(refused.status).toBe(403);
	expect(await refused.json()).toMatchObject({ error: { data: { reason: 'signup_closed' } } });
});
