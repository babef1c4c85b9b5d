import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { authenticate } from '$lib/server/auth/authenticate';
import { follow } from '$lib/server/events/live';
import { startListening } from '$lib/server/events/news';
import {
	callerWith,
	env,
	http,
	openBrowser,
	outcome,
	randomPassword,
	serve,
	signUp,
	sql,
	times
} from './harness';
import { linkTo, sendMail } from './outbox';

const DAY = 86_400_000;

sendMail();
beforeAll(startListening);

afterEach(() => {
	vi.useRealTimers();
});

const setDate = (now: number) => vi.useFakeTimers({ toFake: ['Date'], now });

const refresh = (refreshToken: string) => callerWith().auth.refresh({ refreshToken });

describe('a session ends by itself', () => {
	test('when it was not used for fourteen days', async () => {
		const { credentials, grant } = await signUp();
		const [used, idle] = [await openBrowser(credentials), await openBrowser(credentials)];
		const start = Date.now();
		for (const day of [13, 26, 39]) {
			setDate(start + day * DAY);
			expect(await outcome(used.api.auth.me())).toBe('ok');
		}
		expect(await outcome(idle.api.auth.me())).toBe('session_over');
		expect(await outcome(refresh(grant.refreshToken))).toBe('session_over');
	});

	test('after ninety days, however much it was used, with all that hangs on it', async () => {
		const { credentials, grant } = await signUp();
		const { api } = await openBrowser(credentials);
		const start = Date.now();
		let { refreshToken } = grant;
		for (let day = 10; day < 90; day += 10) {
			setDate(start + day * DAY);
			expect(await outcome(api.auth.me())).toBe('ok');
			({ refreshToken } = await refresh(refreshToken));
		}
		setDate(start + 90 * DAY - 60_000);
		const last = await refresh(refreshToken);
		expect(Date.parse(last.refreshTokenExpiresAt)).toBeLessThanOrEqual(start + 90 * DAY + 1000);
		// No access token outlives the session either, by what it says itself.
		expect(Date.parse(last.accessTokenExpiresAt)).toBeLessThanOrEqual(start + 90 * DAY + 1000);
		const bearer = callerWith({ authorization: `Bearer ${last.accessToken}` });
		expect(await outcome(bearer.auth.me())).toBe('ok');

		setDate(start + 90 * DAY + 1000);
		expect(await outcome(api.auth.me())).toBe('session_over');
		expect(['session_over', 'token_expired']).toContain(await outcome(bearer.auth.me()));
		expect(await outcome(refresh(last.refreshToken))).toBe('session_over');
	});

	test('after as little time as the environment says', async () => {
		const { url } = await serve({ SESSION_IDLE_SECONDS: '1', SESSION_ABSOLUTE_SECONDS: '2' });
		const { credentials, user } = await signUp();
		const response = await fetch(`${url}/login`, {
			method: 'POST',
			redirect: 'manual',
			headers: { origin: env.ORIGIN, 'content-type': 'application/x-www-form-urlencoded' },
			body: new URLSearchParams(credentials)
		});
		const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
		const [row] = await sql<{ life: number }[]>`
			select extract(epoch from expires_at - created_at)::float as life from sessions
			where user_id = ${user.id} and kind = 'browser'`;
		expect(row!.life).toBeCloseTo(1, 1);
		const startedAt = Date.now();
		const me = async () => (await fetch(`${url}/trpc/auth.me`, { headers: { cookie } })).status;
		await expect.poll(me, { interval: 50, timeout: 10_000 }).toBe(401);
		expect(Date.now() - startedAt).toBeLessThan(4_000);
	});
});

test('that it is in use is noted without a write for each request', async () => {
	const { credentials } = await signUp();
	const { api, sessionId } = await openBrowser(credentials);
	const version = async () =>
		(await sql`select xmin::text from sessions where id = ${sessionId}`)[0]!.xmin as string;
	const lastSeen = async () => {
		const session = (await api.account.sessions()).find(({ current }) => current);
		return Date.parse(session!.lastSeenAt);
	};
	const [before, seen] = [await version(), await lastSeen()];
	for (let i = 0; i < 30; i++) await api.auth.me();
	expect(await version()).toBe(before);
	setDate(Date.now() + 2 * 60_000);
	await api.auth.me();
	expect(await version()).not.toBe(before);
	expect(await lastSeen()).toBeGreaterThan(seen + 60_000);
});

test('the list says which one asks, and the devices in words', async () => {
	const { credentials, api, grant } = await signUp();
	const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
	await callerWith({ userAgent: firefox, ip: '192.0.2.1' }).auth.signIn(credentials);
	await callerWith().auth.signIn({ ...credentials, device: 'The <b>car</b>' });
	const { api: browser, sessionId } = await openBrowser(credentials);

	const sessions = await api.account.sessions();
	expect(sessions.map(({ device }) => device)).toEqual(
		expect.arrayContaining(['Firefox on Linux', 'The <b>car</b>'])
	);
	expect(sessions.find(({ device }) => device === 'Firefox on Linux')).toMatchObject({
		kind: 'api',
		ip: '192.0.2.1',
		userAgent: firefox,
		current: false
	});
	expect(sessions.filter(({ current }) => current).map(({ id }) => id)).toEqual([grant.sessionId]);
	expect((await browser.account.sessions()).find(({ current }) => current)).toMatchObject({
		id: sessionId,
		kind: 'browser'
	});
	for (const session of sessions) {
		expect(Object.keys(session).sort()).toEqual(
			['createdAt', 'current', 'device', 'expiresAt', 'id', 'ip', 'kind', 'lastSeenAt', 'userAgent'].sort()
		);
	}
});

test('one’s own can be ended from another, and nobody else’s', async () => {
	const { credentials, api, grant } = await signUp();
	const other = await openBrowser(credentials);
	const eve = await signUp();
	expect(await outcome(eve.api.account.revokeSession({ id: grant.sessionId }))).toBe('not_found');
	expect(await outcome(eve.api.account.revokeSession({ id: crypto.randomUUID() }))).toBe('not_found');
	expect(await outcome(other.api.account.revokeSession({ id: grant.sessionId }))).toBe('ok');
	expect(await outcome(api.auth.me())).toBe('session_over');
	expect(await outcome(other.api.account.revokeSession({ id: grant.sessionId }))).toBe('not_found');
	expect(await outcome(other.api.auth.me())).toBe('ok');
});

test('all others can be ended at once', async () => {
	const { credentials, api, grant } = await signUp();
	const others = await Promise.all(times(4, () => openBrowser(credentials)));
	expect(await others[0]!.api.account.revokeOtherSessions()).toEqual({ revoked: 4 });
	expect(await others[0]!.api.account.revokeOtherSessions()).toEqual({ revoked: 0 });
	for (const { api } of others.slice(1)) expect(await outcome(api.auth.me())).toBe('session_over');
	expect(await outcome(api.auth.me())).toBe('session_over');
	expect(await outcome(refresh(grant.refreshToken))).toBe('session_over');
	expect(await others[0]!.api.account.sessions()).toHaveLength(1);
});

describe('a new password', () => {
	test('puts a browser’s session under a new secret, and ends the others', async () => {
		const { credentials, api } = await signUp();
		const cookies: (string | null)[] = [];
		const { cookie } = await openBrowser(credentials);
		const browser = callerWith({ cookie, onCookie: (secret) => cookies.push(secret) });
		const newPassword = randomPassword();
		const change = (input: object) => outcome(browser.account.changePassword({ newPassword, ...input }));
		expect(await change({})).toBe('reauth_required');
		expect(await change({ currentPassword: 'wrong' })).toBe('bad_credentials');
		const answer = await browser.account.changePassword({
			currentPassword: credentials.password,
			newPassword
		});
		expect(answer).toEqual({ ok: true });

		expect(cookies).toHaveLength(1);
		expect(cookies[0]).not.toBe(cookie);
		expect(await outcome(browser.auth.me())).toBe('unauthenticated');
		expect(await outcome(callerWith({ cookie: cookies[0]! }).auth.me())).toBe('ok');
		expect(await outcome(api.auth.me())).toBe('session_over');
		expect(await outcome(callerWith().auth.signIn(credentials))).toBe('bad_credentials');
		expect(await outcome(openBrowser({ ...credentials, password: newPassword }))).toBe('ok');
	});

	test('gives a program a new refresh token, and the old one is dead', async () => {
		const { credentials, api, grant } = await signUp();
		const answer = await api.account.changePassword({
			currentPassword: credentials.password,
			newPassword: randomPassword()
		});
		expect(await outcome(api.auth.me())).toBe('ok');
		const next = await refresh(answer.refreshToken ?? '');
		expect(next.sessionId).toBe(grant.sessionId);
		expect(await outcome(refresh(grant.refreshToken))).toBe('refresh_reused');
	});

	test('that is guessable is refused, and changes nothing', async () => {
		const { credentials, api } = await signUp({ name: 'Ada Lovelace' });
		for (const newPassword of ['password', 'adalovelace', credentials.email, 'aaaaaaaaaaaa', 'qwertyuiop'])
			await expect(
				api.account.changePassword({ currentPassword: credentials.password, newPassword })
			).rejects.toMatchObject({ fields: { newPassword: [expect.any(String)] } });
		const { email, password } = credentials;
		expect(await outcome(callerWith().auth.signIn({ email, password }))).toBe('ok');
	});
});

/** An open subscription, and what it said until it was closed. */
async function subscribe(url: string, headers: Record<string, string>) {
	const response = await fetch(`${url}/trpc/events.subscribe?input=%7B%7D`, {
		headers: { accept: 'text/event-stream', ...headers }
	});
	let text = '';
	let open = true;
	const read = async () => {
		const decoder = new TextDecoder();
		for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
			text += decoder.decode(chunk);
	};
	const closed = read()
		.catch(() => undefined)
		.finally(() => (open = false));
	await expect.poll(() => text, { timeout: 5_000 }).toContain('connected');
	return { closed, isOpen: () => open, said: () => text };
}

describe('on another instance everything that hangs on a session ends within a second', () => {
	type Account = Awaited<ReturnType<typeof signUp>>;
	const ends: Record<string, (account: Account) => Promise<unknown>> = {
		'of signing out': ({ api }) => api.auth.signOut(),
		'of its being ended elsewhere': async ({ credentials, grant }) =>
			(await openBrowser(credentials)).api.account.revokeSession({ id: grant.sessionId }),
		'of all others being ended': async ({ credentials }) =>
			(await openBrowser(credentials)).api.account.revokeOtherSessions(),
		'of a new password': async ({ credentials }) =>
			(await openBrowser(credentials)).api.account.changePassword({
				currentPassword: credentials.password,
				newPassword: randomPassword()
			}),
		'of a reset password': async ({ credentials }) => {
			await callerWith().auth.requestPasswordReset({ email: credentials.email });
			const token = await linkTo('reset', credentials.email);
			await callerWith().auth.resetPassword({ token, password: randomPassword() });
		},
		'of a stolen refresh token': async ({ grant }) => {
			await refresh((await refresh(grant.refreshToken)).refreshToken);
			await outcome(refresh(grant.refreshToken));
		},
		'of the account’s deletion': ({ api, credentials }) =>
			api.account.delete({ currentPassword: credentials.password })
	};

	test.each(Object.entries(ends))('%s', async (_, end) => {
		await http('/healthz');
		const url = env.ORIGIN;
		const account = await signUp();
		const { authorization, grant } = account;
		const stream = await subscribe(url, { authorization });
		const me = async () => (await fetch(`${url}/trpc/auth.me`, { headers: { authorization } })).status;
		expect(await me()).toBe(200);
		expect(stream.isOpen()).toBe(true);
		await end(account);
		const endedAt = performance.now();
		expect(await me()).toBe(401);
		expect(await outcome(refresh(grant.refreshToken))).toBe('session_over');
		await stream.closed;
		expect(performance.now() - endedAt).toBeLessThan(1_000);
		expect(stream.said()).toContain('session_over');
	});

	test('of a browser’s signing out, and of a personal token’s being revoked', async () => {
		await http('/healthz');
		const url = env.ORIGIN;
		const { credentials, api } = await signUp();
		const { cookie, api: browser } = await openBrowser(credentials);
		const { id, token } = await api.account.createToken({
			currentPassword: credentials.password,
			name: 'Script',
			scopes: ['tasks:read'],
			expiresInDays: 1
		});
		const [byCookie, byToken, bystander] = await Promise.all([
			subscribe(url, { cookie: `latchkey_session=${cookie}` }),
			subscribe(url, { authorization: `Bearer ${token}` }),
			subscribe(url, { authorization: `Bearer ${(await signUp()).grant.accessToken}` })
		]);
		await Promise.all([browser.auth.signOut(), api.account.revokeToken({ id })]);
		const endedAt = performance.now();
		await Promise.all([byCookie.closed, byToken.closed]);
		expect(performance.now() - endedAt).toBeLessThan(1_000);
		expect(bystander.isOpen()).toBe(true);
	});

	test('and a subscription without a right to it is refused', async () => {
		await http('/healthz');
		const response = await fetch(`${env.ORIGIN}/trpc/events.subscribe?input=%7B%7D`, {
			headers: { accept: 'text/event-stream' }
		});
		expect(await response.text()).toContain('unauthenticated');
	});
});

test('a subscription that opens while its session ends is not left open', async () => {
	const { credentials } = await signUp();
	await Promise.all(
		times(40, async (index) => {
			const { cookie, api } = await openBrowser(credentials);
			const auth = await authenticate({
				request: new Request(env.ORIGIN),
				cookies: { get: () => cookie } as never
			});
			if (!auth.user) throw new Error('Signed out already');
			const end = () => api.auth.signOut();
			const before = index % 2 ? end() : undefined;
			const stream = outcome(follow(auth, null, AbortSignal.timeout(5_000)).next());
			await (before ?? end());
			expect(await stream).toBe('session_over');
		})
	);
});
