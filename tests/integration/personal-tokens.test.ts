import { expect, test } from 'vitest';
import { appRouter } from '$lib/server/trpc/router';
import { callerWith, get, http, openBrowser, outcome, signUp, sql } from './harness';

type Scope = 'tasks:read' | 'tasks:write';

async function withToken(scopes: Scope[], expiresInDays = 30) {
	const account = await signUp();
	const { id, token } = await account.api.account.createToken({
		currentPassword: account.credentials.password,
		name: 'Script',
		scopes,
		expiresInDays
	});
	const authorization = `Bearer ${token}`;
	return { ...account, id, token, authorization, byToken: callerWith({ authorization }) };
}

const procedures = Object.entries<unknown>(appRouter._def.procedures).map(([path, procedure]) => ({
	path,
	type: (procedure as { _def: { type: 'query' | 'mutation' | 'subscription' } })._def.type
}));

/** These ask nobody who they are. */
const publicPaths = new Set([
	'auth.signUp',
	'auth.signIn',
	'auth.secondFactor',
	'auth.refresh',
	'auth.requestPasswordReset',
	'auth.resetPassword',
	'auth.verifyEmail'
]);

/** The contract's rule: these five, by what they do, and `auth.me`; nothing else. */
function mayUse(path: string, type: string, scopes: Scope[]): boolean {
	if (path === 'auth.me' || publicPaths.has(path)) return true;
	if (!/^(tasks|projects|labels|filters|events)\./.test(path)) return false;
	return scopes.includes(type === 'mutation' ? 'tasks:write' : 'tasks:read');
}

const callAt = (caller: ReturnType<typeof callerWith>, path: string, input: unknown) => {
	const [router = '', procedure = ''] = path.split('.');
	const group = (caller as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>)[
		router
	]!;
	return group[procedure]!(input);
};

test.each<[Scope[]]>([[['tasks:read']], [['tasks:write']], [['tasks:read', 'tasks:write']]])(
	'a token for %j reaches what the contract says, of all procedures that there are',
	async (scopes) => {
		const { byToken } = await withToken(scopes);
		expect(procedures.length).toBeGreaterThan(30);
		for (const { path, type } of procedures) {
			const reason = await outcome(callAt(byToken, path, {}));
			const reached = reason !== 'insufficient_scope';
			expect({ path, reached }).toEqual({ path, reached: mayUse(path, type, scopes) });
		}
	}
);

test('every procedure that is not public asks for a credential', async () => {
	for (const { path } of procedures) {
		const reason = await outcome(callAt(callerWith(), path, {}));
		expect({ path, asks: reason === 'unauthenticated' }).toEqual({ path, asks: !publicPaths.has(path) });
	}
});

test('it is refused over HTTP with 403, where it reaches not far enough', async () => {
	await http('/healthz');
	const { authorization } = await withToken(['tasks:read']);
	expect(await get('tasks.list', { headers: { authorization } })).toMatchObject({ status: 200 });
	expect(await get('auth.me', { headers: { authorization } })).toMatchObject({ status: 200 });
	expect(await get('account.sessions', { headers: { authorization } })).toMatchObject({
		status: 403,
		reason: 'insufficient_scope',
		data: { code: 'FORBIDDEN' }
	});
	const created = await http('/trpc/tasks.create', {
		method: 'POST',
		headers: { authorization, 'content-type': 'application/json' },
		body: JSON.stringify({ title: 'No' })
	});
	expect(created.status).toBe(403);
});

test('it is made for the password, shown once, and kept as a hash', async () => {
	const { api, credentials } = await signUp();
	const wanted = { name: 'Script', scopes: ['tasks:read' as const], expiresInDays: 30 };
	expect(await outcome(api.account.createToken(wanted))).toBe('reauth_required');
	expect(await outcome(api.account.createToken({ ...wanted, currentPassword: 'wrong' }))).toBe(
		'bad_credentials'
	);
	const { id, token } = await api.account.createToken({ ...wanted, currentPassword: credentials.password });
	expect(token).toMatch(/^lkp_[\w-]{43}$/);

	const [listed, ...others] = await api.account.tokens();
	expect(others).toEqual([]);
	expect(listed).toMatchObject({ id, name: 'Script', scopes: ['tasks:read'], lastUsedAt: null });
	const days = (Date.parse(listed!.expiresAt) - Date.parse(listed!.createdAt)) / 86_400_000;
	expect(days).toBeCloseTo(30, 3);
	expect(JSON.stringify(listed)).not.toContain(token.slice(4, 20));
	const [row] = await sql<{ text: string }[]>`select t::text as text from personal_tokens t where id = ${id}`;
	expect(row!.text).not.toContain(token.slice(4));
});

test('it can’t be made, listed or revoked by another token, nor revoked by another account', async () => {
	const { byToken, id } = await withToken(['tasks:read', 'tasks:write']);
	expect(await outcome(byToken.account.revokeToken({ id }))).toBe('insufficient_scope');
	const eve = await signUp();
	expect(await outcome(eve.api.account.revokeToken({ id }))).toBe('not_found');
	expect(await outcome(byToken.tasks.list())).toBe('ok');
});

test('revoked, it is over at once, and once only', async () => {
	const { byToken, api, id } = await withToken(['tasks:read']);
	expect(await outcome(byToken.tasks.list())).toBe('ok');
	expect(await outcome(api.account.revokeToken({ id }))).toBe('ok');
	expect(await outcome(byToken.tasks.list())).toBe('token_invalid');
	expect(await outcome(api.account.revokeToken({ id }))).toBe('not_found');
	expect(await api.account.tokens()).toEqual([]);
});

test('it expires', async () => {
	const { byToken, id } = await withToken(['tasks:read'], 1);
	await sql`update personal_tokens set expires_at = now() + interval '1 minute' where id = ${id}`;
	expect(await outcome(byToken.tasks.list())).toBe('ok');
	await sql`update personal_tokens set expires_at = now() - interval '1 second' where id = ${id}`;
	expect(await outcome(byToken.tasks.list())).toBe('token_expired');
});

test('its last use is kept, without a write for each', async () => {
	const { byToken, api, id } = await withToken(['tasks:read']);
	const version = async () =>
		(await sql`select xmin::text from personal_tokens where id = ${id}`)[0]!.xmin as string;
	await byToken.tasks.list();
	const [used] = await api.account.tokens();
	expect(Date.now() - Date.parse(used!.lastUsedAt ?? '')).toBeLessThan(10_000);
	const before = await version();
	for (let i = 0; i < 10; i++) await byToken.tasks.list();
	expect(await version()).toBe(before);
	await sql`update personal_tokens set last_used_at = last_used_at - interval '2 minutes' where id = ${id}`;
	await byToken.tasks.list();
	const [again] = await api.account.tokens();
	expect(Date.now() - Date.parse(again!.lastUsedAt ?? '')).toBeLessThan(10_000);
});

test('it outlives sessions, and a changed password', async () => {
	const { byToken, api, credentials } = await withToken(['tasks:read']);
	const browser = await openBrowser(credentials);
	await browser.api.account.revokeOtherSessions();
	expect(await outcome(api.auth.me())).toBe('session_over');
	expect(await outcome(byToken.tasks.list())).toBe('ok');
});

test.each(['lkp_', 'lkp_short', `lkp_${'A'.repeat(43)}`, `LKP_${'A'.repeat(43)}`, `lkp_${'é'.repeat(43)}`])(
	'%s is none',
	async (token) => {
		expect(await outcome(callerWith({ authorization: `Bearer ${encodeURI(token)}` }).tasks.list())).toBe(
			'token_invalid'
		);
	}
);
