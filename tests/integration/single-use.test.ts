// What is good once is good once, however often and however fast it is sent.
import { request } from 'node:http';
import { expect, test } from 'vitest';
import {
	callerWith,
	env,
	http,
	openBrowser,
	outcome,
	randomEmail,
	randomPassword,
	signUp,
	sql,
	tally
} from './harness';
import { lettersTo, linkTo, sendMail } from './outbox';
import { codeFor, withSecondFactor } from './totp';

sendMail();

const twice = async (call: () => Promise<unknown>) =>
	tally(await Promise.all([outcome(call()), outcome(call())]));

const enter = async (credentials: { email: string; password: string }) => {
	const grant = await callerWith().auth.signIn(credentials);
	if (grant.status !== 'second_factor') throw new Error('A second factor was expected');
	return grant.ticket;
};

async function askForReset(email: string, atLeast = 1) {
	await callerWith().auth.requestPasswordReset({ email });
	return linkTo('reset', email, atLeast);
}

test('a verification link', async () => {
	const { credentials, api } = await signUp();
	expect(await api.auth.me()).toMatchObject({ emailVerified: false });
	const token = await linkTo('verify', credentials.email);
	expect(await twice(() => callerWith().auth.verifyEmail({ token }))).toEqual({ ok: 1, verify_invalid: 1 });
	expect(await api.auth.me()).toMatchObject({ emailVerified: true });
});

test('a reset link', async () => {
	const { credentials } = await signUp();
	const { email } = credentials;
	const token = await askForReset(email);
	const passwords = [randomPassword(), randomPassword()] as const;
	const outcomes = await Promise.all(
		passwords.map((password) => outcome(callerWith().auth.resetPassword({ token, password })))
	);
	expect(tally(outcomes)).toEqual({ ok: 1, reset_invalid: 1 });
	const [won, lost] = outcomes[0] === 'ok' ? passwords : [passwords[1], passwords[0]];
	expect(await outcome(callerWith().auth.signIn({ email, password: won }))).toBe('ok');
	expect(await outcome(callerWith().auth.signIn({ email, password: lost }))).toBe('bad_credentials');
	expect(await outcome(callerWith().auth.signIn(credentials))).toBe('bad_credentials');
});

test('of several reset links the newest, until it is an hour old', async () => {
	const { credentials } = await signUp();
	const { email } = credentials;
	const older = await askForReset(email);
	const newer = await askForReset(email, 2);
	const password = randomPassword();
	expect(newer).not.toBe(older);
	expect(await outcome(callerWith().auth.resetPassword({ token: older, password }))).toBe('reset_invalid');

	const [link] = await sql`select expires_at from mail_links where purpose = 'reset'
		and user_id = (select id from users where email = ${email})`;
	const minutes = ((link!.expires_at as Date).getTime() - Date.now()) / 60_000;
	expect(Math.round(minutes)).toBe(60);
	await sql`update mail_links set expires_at = now() - interval '1 second'
		where user_id = (select id from users where email = ${email})`;
	expect(await outcome(callerWith().auth.resetPassword({ token: newer, password }))).toBe('reset_invalid');
	expect(await outcome(callerWith().auth.signIn(credentials))).toBe('ok');
});

test('a reset link survives a new password that is refused, and dies with one that was changed elsewhere', async () => {
	const { credentials, api } = await signUp();
	const token = await askForReset(credentials.email);
	await expect(callerWith().auth.resetPassword({ token, password: 'password1' })).rejects.toMatchObject({
		fields: { password: [expect.any(String)] }
	});
	const newPassword = randomPassword();
	await api.account.changePassword({ currentPassword: credentials.password, newPassword });
	expect(await outcome(callerWith().auth.resetPassword({ token, password: randomPassword() }))).toBe(
		'reset_invalid'
	);
});

test('a link is for what it was made for', async () => {
	const { credentials } = await signUp();
	const verify = await linkTo('verify', credentials.email);
	const reset = await askForReset(credentials.email);
	const password = randomPassword();
	expect(await outcome(callerWith().auth.resetPassword({ token: verify, password }))).toBe('reset_invalid');
	expect(await outcome(callerWith().auth.verifyEmail({ token: reset }))).toBe('verify_invalid');
	expect(await outcome(callerWith().auth.verifyEmail({ token: verify }))).toBe('ok');
});

test('a reset ends every session, personal token and sign-in under way, and the second factor still applies', async () => {
	const { credentials, api, grant, totp } = await withSecondFactor();
	const browser = await openTwoFactorBrowser(credentials, totp);
	const { token: personal } = await api.account.createToken({
		currentPassword: credentials.password,
		name: 'Script',
		scopes: ['tasks:read'],
		expiresInDays: 1
	});
	const ticket = await enter(credentials);
	const token = await askForReset(credentials.email);
	const password = randomPassword();
	await callerWith().auth.resetPassword({ token, password });

	expect(await outcome(api.auth.me())).toBe('session_over');
	expect(await outcome(browser.auth.me())).toBe('session_over');
	expect(await outcome(callerWith().auth.refresh({ refreshToken: grant.refreshToken }))).toBe('session_over');
	expect(await outcome(callerWith({ authorization: `Bearer ${personal}` }).tasks.list())).toBe(
		'token_invalid'
	);
	await sql`update users set last_totp_step = 0 where email = ${credentials.email}`;
	expect(await outcome(callerWith().auth.secondFactor({ ticket, code: codeFor(totp) }))).toBe(
		'ticket_expired'
	);

	const again = await enter({ email: credentials.email, password });
	expect(await outcome(callerWith().auth.secondFactor({ ticket: again, code: codeFor(totp) }))).toBe('ok');
	expect(lettersTo(credentials.email).join()).toContain('Your Latchkey password was changed');
});

async function openTwoFactorBrowser(credentials: { email: string; password: string }, totp: string) {
	const { secondFactor, signIn } = await import('$lib/server/auth/sign-in');
	const door = { kind: 'browser', client: { ip: '127.0.0.1', userAgent: 'integration tests' } } as const;
	const pending = await signIn(credentials, door);
	if (!('ticket' in pending)) throw new Error('A second factor was expected');
	const { secret } = await secondFactor({ ticket: pending.ticket, code: codeFor(totp) }, door);
	return callerWith({ cookie: secret ?? '' });
}

test('a step of the second factor, with one ticket or with two', async () => {
	const { credentials, totp } = await withSecondFactor();
	const one = await enter(credentials);
	expect(
		await twice(() => callerWith().auth.secondFactor({ ticket: one, code: codeFor(totp) }))
	).toMatchObject({ ok: 1 });

	await sql`update users set last_totp_step = 0 where email = ${credentials.email}`;
	const tickets = await Promise.all([enter(credentials), enter(credentials)]);
	const outcomes = await Promise.all(
		tickets.map((ticket) => outcome(callerWith().auth.secondFactor({ ticket, code: codeFor(totp) })))
	);
	expect(tally(outcomes)).toEqual({ ok: 1, bad_code: 1 });
	const code = codeFor(totp);
	expect(await outcome(callerWith().auth.secondFactor({ ticket: await enter(credentials), code }))).toBe(
		'bad_code'
	);
});

test('a recovery code, with one ticket or with two', async () => {
	const { credentials, recoveryCodes } = await withSecondFactor();
	const [first = '', second = ''] = recoveryCodes;
	const ticket = await enter(credentials);
	const outcomes = await twice(() => callerWith().auth.secondFactor({ ticket, code: first }));
	expect(outcomes).toMatchObject({ ok: 1 });

	const tickets = await Promise.all([enter(credentials), enter(credentials)]);
	const together = await Promise.all(
		tickets.map((ticket) => outcome(callerWith().auth.secondFactor({ ticket, code: second })))
	);
	expect(tally(together)).toEqual({ ok: 1, bad_code: 1 });
	expect(
		await outcome(callerWith().auth.secondFactor({ ticket: await enter(credentials), code: first }))
	).toBe('bad_code');
});

test('a sign-in ticket, with two codes that are both right', async () => {
	const { credentials, recoveryCodes, user } = await withSecondFactor();
	const ticket = await enter(credentials);
	const outcomes = await Promise.all(
		recoveryCodes.slice(0, 2).map((code) => outcome(callerWith().auth.secondFactor({ ticket, code })))
	);
	expect(tally(outcomes)).toEqual({ ok: 1, ticket_expired: 1 });
	const left = await sql`select 1 from recovery_codes where user_id = ${user.id}`;
	expect(left).toHaveLength(9);
});

test('the old password, by which two sessions ask for a new one', async () => {
	const { credentials, api } = await signUp();
	const other = await openBrowser(credentials);
	const change = (caller: typeof api) => {
		const newPassword = randomPassword();
		return outcome(
			caller.account.changePassword({ currentPassword: credentials.password, newPassword })
		).then((reason) => ({ reason, newPassword }));
	};
	const changes = await Promise.all([change(api), change(other.api)]);
	expect(tally(changes.map(({ reason }) => (reason === 'ok' ? 'ok' : 'refused')))).toEqual({
		ok: 1,
		refused: 1
	});
	const { newPassword } = changes.find(({ reason }) => reason === 'ok')!;
	expect(await outcome(callerWith().auth.signIn({ email: credentials.email, password: newPassword }))).toBe(
		'ok'
	);
});

test('an account, made twice at once', async () => {
	const credentials = { email: randomEmail(), password: randomPassword() };
	expect(await twice(() => callerWith().auth.signUp(credentials))).toEqual({ ok: 1, email_taken: 1 });
});

test('a ticket begun with the old password is worth nothing once there is a new one', async () => {
	const { credentials, totp, user } = await withSecondFactor();
	// The sign-in has seen that the password is right, and is about to write its ticket when the password changes.
	const racing = await sql.reserve();
	await racing`begin`;
	await racing`lock table sign_in_tickets in share mode`;
	const pending = callerWith().auth.signIn(credentials);
	const settled = pending.then(
		(grant) => (grant.status === 'second_factor' ? grant.ticket : ''),
		() => null
	);
	await expect
		.poll(async () => (await sql`select 1 from pg_locks where not granted`).length, { timeout: 5_000 })
		.toBeGreaterThan(0);
	await racing`update users set password_hash = 'changed' where id = ${user.id}`.catch(() => undefined);
	await racing`commit`;
	racing.release();
	const ticket = await settled;
	await sql`update users set last_totp_step = 0 where id = ${user.id}`;
	if (ticket !== null)
		expect(await outcome(callerWith().auth.secondFactor({ ticket, code: codeFor(totp) }))).not.toBe('ok');
});

test('no link leads anywhere but to ORIGIN, whatever host a request names', async () => {
	await http('/healthz');
	const { credentials } = await signUp();
	const { port } = new URL(env.ORIGIN);
	const ask = (headers: Record<string, string>) =>
		new Promise<number>((resolve, reject) => {
			const asked = request(
				{
					port,
					host: '127.0.0.1',
					path: '/trpc/auth.requestPasswordReset',
					method: 'POST',
					headers: { 'content-type': 'application/json', ...headers }
				},
				(response) => response.resume().on('end', () => resolve(response.statusCode ?? 0))
			);
			asked.on('error', reject).end(JSON.stringify({ email: credentials.email }));
		});
	const evil = 'evil.example';
	const disguises: Record<string, string>[] = [
		{ host: evil },
		{ host: evil, 'x-forwarded-host': evil, 'x-forwarded-proto': 'https', forwarded: `host=${evil}` },
		{ host: `${evil}:80`, origin: `http://${evil}`, referer: `http://${evil}/` }
	];
	for (const headers of disguises) expect(await ask(headers)).toBe(200);
	await linkTo('reset', credentials.email, 3);
	for (const letter of lettersTo(credentials.email)) {
		expect(letter).not.toContain(evil);
		for (const [link] of letter.matchAll(/https?:\/\/[^\s"<]+/g))
			expect(link.startsWith(env.ORIGIN)).toBe(true);
	}
});
