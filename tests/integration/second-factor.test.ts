import { afterEach, describe, expect, test, vi } from 'vitest';
import { secondFactor, signIn } from '$lib/server/auth/sign-in';
import { callerWith, outcome, signUp, sql, times } from './harness';
import { codeFor, withSecondFactor } from './totp';

type Credentials = { email: string; password: string };

afterEach(() => {
	vi.useRealTimers();
});

/** Stops the clock in the middle of a step, so that none ends between a code and its use. */
function holdTime() {
	const now = Math.floor(Date.now() / 30_000) * 30_000 + 15_000;
	vi.useFakeTimers({ toFake: ['Date'], now });
	return now;
}

async function enter(credentials: Credentials) {
	const grant = await callerWith().auth.signIn(credentials);
	if (grant.status !== 'second_factor') throw new Error('A second factor was expected');
	return grant;
}

const pass = (ticket: string, code: string) => outcome(callerWith().auth.secondFactor({ ticket, code }));

describe('enrolment', () => {
	test('asks for the password, counts from the first right code on, and gives ten recovery codes', async () => {
		holdTime();
		const { api, credentials } = await signUp();
		const currentPassword = credentials.password;
		expect(await outcome(api.account.beginTwoFactor())).toBe('reauth_required');
		expect(await outcome(api.account.beginTwoFactor({ currentPassword: 'wrong' }))).toBe('bad_credentials');
		expect(await outcome(api.account.confirmTwoFactor({ code: '123456' }))).toBe('two_factor_off');

		const { secret, otpauthUrl, qrSvg } = await api.account.beginTwoFactor({ currentPassword });
		const url = new URL(otpauthUrl);
		expect(url.protocol).toBe('otpauth:');
		expect(url.searchParams.get('secret')).toBe(secret);
		expect(url.searchParams.get('issuer')).toBe('Latchkey');
		expect(decodeURIComponent(url.pathname)).toContain(credentials.email);
		expect(qrSvg).toMatch(/^<svg [^>]*>.*<\/svg>$/);
		expect(qrSvg).not.toMatch(/script|on\w+=|href/i);

		// Until it is confirmed, nothing is asked for at the door.
		expect((await callerWith().auth.signIn(credentials)).status).toBe('ok');
		expect(await outcome(api.account.confirmTwoFactor({ code: codeFor(secret, 5) }))).toBe('bad_code');
		expect(await api.auth.me()).toMatchObject({ twoFactorEnabled: false });

		const { recoveryCodes } = await api.account.confirmTwoFactor({ code: codeFor(secret) });
		expect(new Set(recoveryCodes).size).toBe(10);
		expect(await api.auth.me()).toMatchObject({ twoFactorEnabled: true });
		expect((await callerWith().auth.signIn(credentials)).status).toBe('second_factor');
		expect(await outcome(api.account.beginTwoFactor({ currentPassword }))).toBe('two_factor_on');
		expect(await outcome(api.account.confirmTwoFactor({ code: codeFor(secret, 1) }))).toBe('two_factor_on');
	});

	test('begun again forgets the secret from before', async () => {
		holdTime();
		const { api, credentials } = await signUp();
		const currentPassword = credentials.password;
		const first = await api.account.beginTwoFactor({ currentPassword });
		const second = await api.account.beginTwoFactor({ currentPassword });
		expect(await outcome(api.account.confirmTwoFactor({ code: codeFor(first.secret) }))).toBe('bad_code');
		expect(await outcome(api.account.confirmTwoFactor({ code: codeFor(second.secret) }))).toBe('ok');
	});

	test('keeps neither the secret nor a recovery code in the clear', async () => {
		const { user, totp, recoveryCodes } = await withSecondFactor();
		const [row] = await sql<{ text: string }[]>`select users::text from users where id = ${user.id}`;
		expect(JSON.stringify(row)).not.toContain(totp);
		const rows = await sql`select code_hash from recovery_codes where user_id = ${user.id}`;
		expect(rows).toHaveLength(10);
		for (const code of recoveryCodes) expect(JSON.stringify(rows)).not.toContain(code);
	});
});

describe('a code', () => {
	test.each([
		[-2, 'bad_code'],
		[-1, 'ok'],
		[0, 'ok'],
		[1, 'ok'],
		[2, 'bad_code']
	])('of %i steps from now is %s', async (steps, expected) => {
		holdTime();
		const { credentials, totp } = await withSecondFactor();
		await sql`update users set last_totp_step = 0 where email = ${credentials.email}`;
		const { ticket } = await enter(credentials);
		expect(await pass(ticket, codeFor(totp, steps))).toBe(expected);
	});

	test('is not good again, nor is one from before it', async () => {
		holdTime();
		const { credentials, totp } = await withSecondFactor();
		const next = async (steps: number) => pass((await enter(credentials)).ticket, codeFor(totp, steps));
		// What confirmed the enrolment was the step before.
		expect(await next(-1)).toBe('bad_code');
		expect(await next(1)).toBe('ok');
		for (const steps of [1, 0, -1]) expect(await next(steps)).toBe('bad_code');
	});

	test('may be typed with spaces, and a recovery code in any way that people type', async () => {
		holdTime();
		const { credentials, totp, recoveryCodes } = await withSecondFactor();
		expect(await pass((await enter(credentials)).ticket, codeFor(totp).replace(/^.../, '$& '))).toBe('ok');
		const typed = recoveryCodes[0]!.toUpperCase().replaceAll('-', ' ');
		expect(await pass((await enter(credentials)).ticket, typed)).toBe('ok');
		expect(await pass((await enter(credentials)).ticket, typed)).toBe('bad_code');
	});

	test.each(['', ' ', '000000', '12345', 'x'.repeat(50), '１２３４５６', "' or 1=1 --", '\0\0\0\0\0\0'])(
		'%j is none',
		async (code) => {
			const { credentials } = await withSecondFactor();
			const { ticket } = await enter(credentials);
			expect(['bad_code', 'BAD_REQUEST']).toContain(await pass(ticket, code));
		}
	);
});

describe('a sign-in ticket', () => {
	test('dies after five wrong codes, also when they come at once', async () => {
		holdTime();
		const { credentials, totp } = await withSecondFactor();
		const { ticket } = await enter(credentials);
		const reasons = await Promise.all(times(12, () => pass(ticket, codeFor(totp, 9))));
		expect(reasons.filter((reason) => reason === 'bad_code')).toHaveLength(5);
		expect(reasons.filter((reason) => reason === 'ticket_expired')).toHaveLength(7);
		expect(await pass(ticket, codeFor(totp))).toBe('ticket_expired');
		expect(await pass((await enter(credentials)).ticket, codeFor(totp))).toBe('ok');
	});

	test('lasts five minutes', async () => {
		holdTime();
		const { credentials, totp, user } = await withSecondFactor();
		const { ticket, expiresAt } = await enter(credentials);
		expect((Date.parse(expiresAt) - Date.now()) / 60_000).toBe(5);
		await sql`update sign_in_tickets set expires_at = now() - interval '1 second' where user_id = ${user.id}`;
		expect(await pass(ticket, codeFor(totp))).toBe('ticket_expired');
	});

	test('is for the door at which it was given out, and for nobody else', async () => {
		const { credentials, totp } = await withSecondFactor();
		const client = { ip: '127.0.0.1', userAgent: 'integration tests' };
		const { ticket } = await enter(credentials);
		const browser = { kind: 'browser', client } as const;
		expect(await outcome(secondFactor({ ticket, code: codeFor(totp) }, browser))).toBe('ticket_expired');
		const pending = await signIn(credentials, browser);
		if (!('ticket' in pending)) throw new Error('A second factor was expected');
		expect(await pass(pending.ticket, codeFor(totp))).toBe('ticket_expired');
		for (const made of ['', 'garbage', ticket.slice(1), `${ticket}=`])
			expect(await pass(made, codeFor(totp))).toBe('ticket_expired');
		expect(await pass(ticket, codeFor(totp))).toBe('ok');
	});

	test('opens nothing by itself', async () => {
		const { credentials } = await withSecondFactor();
		const { ticket } = await enter(credentials);
		expect(await outcome(callerWith({ authorization: `Bearer ${ticket}` }).auth.me())).toBe('token_invalid');
		expect(await outcome(callerWith({ cookie: ticket }).auth.me())).toBe('unauthenticated');
		expect(await outcome(callerWith().auth.refresh({ refreshToken: ticket }))).toBe('refresh_invalid');
	});
});

test('regenerated recovery codes take the place of the old ones, for the password', async () => {
	const { api, credentials, recoveryCodes } = await withSecondFactor();
	expect(await outcome(api.account.regenerateRecoveryCodes())).toBe('reauth_required');
	const fresh = await api.account.regenerateRecoveryCodes({ currentPassword: credentials.password });
	expect(new Set([...fresh.recoveryCodes, ...recoveryCodes]).size).toBe(20);
	expect(await pass((await enter(credentials)).ticket, recoveryCodes[0]!)).toBe('bad_code');
	expect(await pass((await enter(credentials)).ticket, fresh.recoveryCodes[0]!)).toBe('ok');
	expect(await api.account.recoveryCodesLeft()).toBe(9);
});

test('switched off for the password, it leaves nothing behind', async () => {
	const { api, credentials, user, totp } = await withSecondFactor();
	const { ticket } = await enter(credentials);
	const currentPassword = credentials.password;
	expect(await outcome(api.account.disableTwoFactor())).toBe('reauth_required');
	expect(await outcome(api.account.disableTwoFactor({ currentPassword }))).toBe('ok');
	expect(await outcome(api.account.disableTwoFactor({ currentPassword }))).toBe('two_factor_off');
	expect(await outcome(api.account.regenerateRecoveryCodes({ currentPassword }))).toBe('two_factor_off');
	expect((await callerWith().auth.signIn(credentials)).status).toBe('ok');
	expect(await pass(ticket, codeFor(totp))).toBe('ticket_expired');
	const [row] = await sql`select sealed_totp_secret, two_factor_since from users where id = ${user.id}`;
	expect(row).toEqual({ sealed_totp_secret: null, two_factor_since: null });
	expect(await sql`select 1 from recovery_codes where user_id = ${user.id}`).toHaveLength(0);
});
