import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { config } from '$lib/server/config';
import { callerWith, openBrowser, outcome, post, randomPassword, signUp, sql, tally, times } from './harness';
import { linkTo, sendMail } from './outbox';

sendMail();

beforeEach(() => {
	config.refreshGraceSeconds = 20;
});

const refresh = (refreshToken: string) => callerWith().auth.refresh({ refreshToken });

/** As if the grace of the last refresh were over. */
const graceIsOver = (sessionId: string) =>
	sql`update sessions set refreshed_at = refreshed_at - interval '21 seconds' where id = ${sessionId}`;

const eventsOf = async (userId: string, type: string) =>
	(await sql`select id from audit_events where user_id = ${userId} and type = ${type}`).length;

const bearer = (accessToken: string) => callerWith({ authorization: `Bearer ${accessToken}` });

test('twenty parallel uses give one successor and sign nobody out', async () => {
	const { grant, user } = await signUp();
	const { refreshToken, sessionId } = grant;
	const answers = await Promise.all(times(20, () => post('auth.refresh', { refreshToken })));
	expect(tally(answers.map(({ status }) => String(status)))).toEqual({ 200: 20 });
	const successors = new Set(answers.map(({ data }) => data.refreshToken));
	expect(successors.size).toBe(1);
	expect([...successors][0]).toMatch(/^lkr_/);
	expect(successors.has(refreshToken)).toBe(false);
	for (const { data } of answers) {
		expect(data).toMatchObject({ status: 'ok', sessionId, tokenType: 'Bearer' });
		expect(decodeJwt(data.accessToken as string).sid).toBe(sessionId);
	}
	for (const token of [grant.accessToken, ...answers.map(({ data }) => data.accessToken as string)])
		expect(await outcome(bearer(token).auth.me())).toBe('ok');
	expect(await eventsOf(user.id, 'token_refreshed')).toBe(1);
	expect(await eventsOf(user.id, 'refresh_reused')).toBe(0);

	// The successor is good for one more step, for all of them together.
	const next = await Promise.all(times(5, () => refresh([...successors][0] as string)));
	expect(new Set(next.map((grant) => grant.refreshToken)).size).toBe(1);
	expect(await eventsOf(user.id, 'token_refreshed')).toBe(2);
});

test('within the grace the answer is repeated, with the session it had', async () => {
	const { grant, user } = await signUp();
	const first = await refresh(grant.refreshToken);
	const again = await refresh(grant.refreshToken);
	expect(again).toMatchObject({ refreshToken: first.refreshToken, sessionId: first.sessionId });
	expect(again.refreshTokenExpiresAt).toBe(first.refreshTokenExpiresAt);
	expect(await eventsOf(user.id, 'token_refreshed')).toBe(1);
});

test('a replay after the grace ends the session, its successor and its tokens, and is recorded once', async () => {
	const { grant, user } = await signUp();
	const next = await refresh(grant.refreshToken);
	await graceIsOver(grant.sessionId);
	const replays = await Promise.all(times(10, () => outcome(refresh(grant.refreshToken))));
	expect(replays).toContain('refresh_reused');
	for (const reason of replays) expect(['refresh_reused', 'session_over']).toContain(reason);
	expect(await outcome(refresh(next.refreshToken))).toBe('session_over');
	expect(await outcome(refresh(grant.refreshToken))).toBe('session_over');
	for (const token of [grant.accessToken, next.accessToken])
		expect(await outcome(bearer(token).auth.me())).toBe('session_over');
	expect(await eventsOf(user.id, 'refresh_reused')).toBe(1);
	expect(await eventsOf(user.id, 'token_refreshed')).toBe(1);
});

test('only the direct predecessor has a grace', async () => {
	const { grant } = await signUp();
	const second = await refresh(grant.refreshToken);
	const third = await refresh(second.refreshToken);
	expect(await outcome(refresh(grant.refreshToken))).toBe('refresh_reused');
	expect(await outcome(refresh(third.refreshToken))).toBe('session_over');
});

test('the other sessions of the account are left alone', async () => {
	const { grant, credentials } = await signUp();
	const other = await callerWith().auth.signIn(credentials);
	if (other.status !== 'ok') throw new Error('No second factor was set up');
	await refresh(grant.refreshToken);
	await graceIsOver(grant.sessionId);
	expect(await outcome(refresh(grant.refreshToken))).toBe('refresh_reused');
	expect(await outcome(refresh(other.refreshToken))).toBe('ok');
});

describe('a race with the end of the session revives nothing', () => {
	const ends: Record<string, (account: Awaited<ReturnType<typeof signUp>>) => Promise<unknown>> = {
		'signing out': ({ api }) => api.auth.signOut(),
		'being revoked': async ({ grant, credentials }) =>
			(await openBrowser(credentials)).api.account.revokeSession({ id: grant.sessionId }),
		'deleting the account': ({ api, credentials }) =>
			api.account.delete({ currentPassword: credentials.password })
	};

	test.each(Object.entries(ends))('%s', async (_, end) => {
		for (let round = 0; round < 25; round++) {
			const account = await signUp();
			const { refreshToken, accessToken } = account.grant;
			const attempts = times(6, () => refresh(refreshToken).catch(() => null));
			// At a different moment each time.
			const before = attempts.splice(0, round % 6);
			await Promise.race([...before, Promise.resolve()]);
			await end(account);
			const late = await outcome(refresh(refreshToken));
			expect(late).toBe('session_over');
			const granted = (await Promise.all([...before, ...attempts])).filter((grant) => grant !== null);
			for (const token of [accessToken, ...granted.map((grant) => grant.accessToken)])
				expect(await outcome(bearer(token).auth.me())).toBe('session_over');
			for (const token of new Set(granted.map((grant) => grant.refreshToken)))
				expect(await outcome(refresh(token))).toBe('session_over');
		}
	});

	test('an end that commits between the look and the step', async () => {
		const { grant, user } = await signUp();
		const ending = await sql.reserve();
		await ending`begin`;
		await ending`update sessions set ended_at = now() where id = ${grant.sessionId}`;
		const refreshing = outcome(refresh(grant.refreshToken));
		await expect
			.poll(async () => (await sql`select 1 from pg_locks where not granted`).length, { timeout: 5_000 })
			.toBe(1);
		await ending`commit`;
		ending.release();
		expect(await refreshing).toBe('session_over');
		expect(await eventsOf(user.id, 'token_refreshed')).toBe(0);
	});

	test('a new password', async () => {
		const { credentials, user } = await signUp();
		await callerWith().auth.requestPasswordReset({ email: credentials.email });
		const token = await linkTo('reset', credentials.email);
		const sessions = await Promise.all(times(5, () => callerWith().auth.signIn(credentials)));
		const tokens = sessions.map((grant) => (grant.status === 'ok' ? grant.refreshToken : ''));
		const [, ...granted] = await Promise.all([
			callerWith().auth.resetPassword({ token, password: randomPassword() }),
			// Around and around until the session ends beneath them.
			...tokens.map(async (first) => {
				let latest = first;
				for (;;) {
					try {
						latest = (await refresh(latest)).refreshToken;
					} catch {
						return latest;
					}
				}
			})
		]);
		for (const token of granted) expect(await outcome(refresh(token))).toBe('session_over');
		const open = await sql`select id from sessions where user_id = ${user.id} and ended_at is null`;
		expect(open).toHaveLength(0);
	});
});

test.each(['', 'lkr_', 'garbage', 'lkr_AAAA', `lkr_${'A'.repeat(70)}`, `lkr_${'\0'.repeat(70)}`, '\ud800'])(
	'%j is no refresh token',
	async (token) => {
		expect(await outcome(refresh(token))).toBe('refresh_invalid');
	}
);

test('an altered one is no refresh token, nor is one with more or less to it', async () => {
	const { grant } = await signUp();
	const { refreshToken: token } = grant;
	for (let index = 0; index < token.length; index += 3) {
		const altered = token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1);
		expect(await outcome(refresh(altered))).toBe('refresh_invalid');
	}
	for (const other of [`${token}=`, `${token}A`, ` ${token}`, token.slice(0, -1)])
		expect(await outcome(refresh(other))).toBe('refresh_invalid');
	expect(await outcome(refresh(token))).toBe('ok');
});

test('a refresh token dies with its session, however old', async () => {
	const { grant } = await signUp();
	await sql`update sessions set expires_at = now() - interval '1 second' where id = ${grant.sessionId}`;
	expect(await outcome(refresh(grant.refreshToken))).toBe('session_over');
	await sql`delete from sessions where id = ${grant.sessionId}`;
	expect(await outcome(refresh(grant.refreshToken))).toBe('session_over');
});

test('using it makes the session last, within its absolute life', async () => {
	const { grant } = await signUp();
	await sql`update sessions set created_at = created_at - interval '80 days', expires_at = now() + interval '1 day'
		where id = ${grant.sessionId}`;
	const next = await refresh(grant.refreshToken);
	const days = (Date.parse(next.refreshTokenExpiresAt) - Date.now()) / 86_400_000;
	expect(days).toBeGreaterThan(9.9);
	expect(days).toBeLessThan(10);
});
