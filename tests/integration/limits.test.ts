import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { config } from '$lib/server/config';
import { network } from '$lib/server/limits/limits';
import { take } from '$lib/server/limits/queries';
import {
	callerWith,
	get,
	openBrowser,
	outcome,
	post,
	randomEmail,
	randomIp,
	randomPassword,
	serve,
	signUp,
	sql,
	tally,
	times
} from './harness';

/** A server with this module loaded first believes in many cores, and so has as many hashes under way at once as a large one. */
const manyCores = `
	import os from 'node:os';
	import { syncBuiltinESMExports } from 'node:module';
	os.availableParallelism = () => 16;
	syncBuiltinESMExports();`;

const strict = {
	RATE_LIMIT_SCALE: '1',
	NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(manyCores)}`
};

beforeEach(() => {
	config.rateLimitScale = 1;
});

/** As if this much time had gone by for whatever is counted under keys like this. */
const age = (key: string, interval: string) =>
	sql`update limit_hits set at = at - ${interval}::interval where key like ${key}`;

const newcomer = (details: Parameters<typeof signUp>[0] = {}) => {
	const ip = randomIp();
	const credentials = { email: randomEmail(), password: randomPassword(), ...details };
	return callerWith({ ip })
		.auth.signUp(credentials)
		.then((grant) => ({
			credentials,
			ip,
			grant,
			authorization: `Bearer ${grant.accessToken}`,
			api: callerWith({ authorization: `Bearer ${grant.accessToken}`, ip })
		}));
};

const wrong = (email: string, ip = randomIp()) =>
	outcome(callerWith({ ip }).auth.signIn({ email, password: 'wrong' }));

describe('guessing the password of one account', () => {
	test('fifty at once are five guesses, wherever they say they come from, and then even the right one waits', async () => {
		const { url } = await serve(strict);
		const { credentials, authorization, ip } = await newcomer();
		const { email, password } = credentials;
		const forwarded = () => ({ 'x-forwarded-for': `203.0.113.${randomBytes(1)[0]}, 10.0.0.1` });

		const answers = await Promise.all(
			times(50, () => post('auth.signIn', { email, password: 'wrong' }, { url, headers: forwarded() }))
		);
		expect(tally(answers.map(({ status, reason }) => `${status} ${reason}`))).toEqual({
			'401 bad_credentials': 5,
			'429 rate_limited': 45
		});
		for (const { status, headers, data } of answers) {
			if (status !== 429) continue;
			const seconds = Number(headers.get('retry-after'));
			expect(seconds).toBeGreaterThan(0);
			expect(seconds).toBeLessThanOrEqual(60);
			expect(data.retryAfter).toBe(seconds);
		}

		const right = await post('auth.signIn', { email, password }, { url, headers: forwarded() });
		expect(right).toMatchObject({ status: 429, reason: 'rate_limited' });
		// A session that is open already keeps working.
		expect((await get('auth.me', { url, headers: { authorization } })).status).toBe(200);
		// Another instance knows, and so does the form's door.
		expect(await outcome(callerWith({ ip }).auth.signIn(credentials))).toBe('rate_limited');
		await expect(openBrowser(credentials)).rejects.toMatchObject({ reason: 'rate_limited' });

		await age('failures of %', '61 seconds');
		expect((await post('auth.signIn', { email, password }, { url })).status).toBe(200);
	});

	test('a batch of twenty is five guesses as well, and each call has its own answer', async () => {
		const { url } = await serve(strict);
		const { credentials } = await newcomer();
		const path = times(20, () => 'auth.signIn').join(',');
		const input = Object.fromEntries(
			times(20, (index) => [index, { email: credentials.email, password: 'wrong' }])
		);
		const response = await fetch(`${url}/trpc/${path}?batch=1`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(input)
		});
		expect(response.status).toBe(207);
		expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
		const answers = (await response.json()) as { error: { data: { reason: string } } }[];
		expect(tally(answers.map(({ error }) => error.data.reason))).toEqual({
			bad_credentials: 5,
			rate_limited: 15
		});
	});

	test('it is the account that is guarded, from however many addresses the guesses come', async () => {
		const { credentials } = await newcomer();
		const reasons = await Promise.all(times(30, () => wrong(credentials.email)));
		expect(tally(reasons)).toEqual({ bad_credentials: 5, rate_limited: 25 });
	});

	test('an address without an account is answered alike', async () => {
		const { credentials } = await newcomer();
		const known: string[] = [];
		const unknown: string[] = [];
		const nobody = randomEmail();
		for (let i = 0; i < 8; i++) {
			known.push(await wrong(credentials.email));
			unknown.push(await wrong(nobody));
		}
		expect(unknown).toEqual(known);
		expect(tally(known)).toEqual({ bad_credentials: 5, rate_limited: 3 });
	});

	test('an attempt that was refused does not prolong the wait', async () => {
		const { credentials } = await newcomer();
		for (let i = 0; i < 5; i++) await wrong(credentials.email);
		await age('failures %', '40 seconds');
		for (let i = 0; i < 10; i++) expect(await wrong(credentials.email)).toBe('rate_limited');
		await age('failures %', '21 seconds');
		expect(await outcome(callerWith({ ip: randomIp() }).auth.signIn(credentials))).toBe('ok');
	});

	test('twenty in a quarter of an hour are enough, however patient they are', async () => {
		const { credentials } = await newcomer();
		for (let minute = 0; minute < 4; minute++) {
			const reasons = await Promise.all(times(6, () => wrong(credentials.email)));
			expect(tally(reasons)).toEqual({ bad_credentials: 5, rate_limited: 1 });
			await age('failures %', '61 seconds');
		}
		const refused = await callerWith({ ip: randomIp() })
			.auth.signIn(credentials)
			.catch((error: unknown) => error as { reason: string; details: { retryAfter: number } });
		if (!('details' in refused)) throw new Error('This was the twenty-first try');
		expect(refused.reason).toBe('rate_limited');
		expect(refused.details.retryAfter).toBeGreaterThan(10 * 60);
		expect(refused.details.retryAfter).toBeLessThanOrEqual(15 * 60);
		await age('failures %', '11 minutes');
		expect(await outcome(callerWith({ ip: randomIp() }).auth.signIn(credentials))).toBe('ok');
	});

	test('wrong codes and wrong passwords asked for again count together with them', async () => {
		const { credentials, api, authorization } = await newcomer();
		const guess = () =>
			callerWith({ authorization, ip: randomIp() }).account.delete({ currentPassword: 'no' });
		for (let i = 0; i < 3; i++) expect(await outcome(guess())).toBe('bad_credentials');
		for (let i = 0; i < 2; i++) expect(await wrong(credentials.email)).toBe('bad_credentials');
		expect(await wrong(credentials.email)).toBe('rate_limited');
		expect(await outcome(guess())).toBe('rate_limited');
		expect(await outcome(api.account.beginTwoFactor({ currentPassword: credentials.password }))).toBe(
			'rate_limited'
		);
		expect(await outcome(api.auth.me())).toBe('ok');
	});

	test('those who know it are never in each other’s way', async () => {
		const { url } = await serve(strict);
		const { credentials } = await newcomer();
		const { email, password } = credentials;
		const enter = async () => (await post('auth.signIn', { email, password }, { url })).reason;
		expect(tally(await Promise.all(times(20, enter)))).toEqual({ ok: 20 });
		for (let i = 0; i < 4; i++) await wrong(email);
		expect(tally(await Promise.all(times(4, enter)))).toEqual({ ok: 4 });
	});
});

describe('guessing from one address', () => {
	test('thirty failures a minute on however many accounts, and then the right password of another waits too', async () => {
		const { credentials } = await newcomer();
		const ip = randomIp();
		const reasons = await Promise.all(times(40, () => wrong(randomEmail(), ip)));
		expect(tally(reasons)).toEqual({ bad_credentials: 30, rate_limited: 10 });
		expect(await outcome(callerWith({ ip }).auth.signIn(credentials))).toBe('rate_limited');
		expect(await outcome(callerWith({ ip: randomIp() }).auth.signIn(credentials))).toBe('ok');
		await age(`failures from ${network(ip)}`, '61 seconds');
		expect(await outcome(callerWith({ ip }).auth.signIn(credentials))).toBe('ok');
	});

	test('behind a proxy its header says the address, and of IPv6 the /64 counts', async () => {
		// Three failures for each address, so that few hashes are enough.
		const { url } = await serve({ RATE_LIMIT_SCALE: '0.1', ADDRESS_HEADER: 'x-forwarded-for' });
		const from = async (address: string) => {
			const input = { email: randomEmail(), password: 'wrong' };
			return (await post('auth.signIn', input, { url, headers: { 'x-forwarded-for': address } })).reason;
		};
		for (const [addresses, neighbour, stranger] of [
			[
				['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:0DB8:0001:0002:ffff::3'],
				'2001:db8:1:2:a::b',
				'2001:db8:1:3::1'
			],
			[['192.0.2.1', '::ffff:192.0.2.1', '10.9.9.9, 192.0.2.1'], '192.0.2.1', '192.0.2.2']
		] as const) {
			for (const address of addresses) expect(await from(address)).toBe('bad_credentials');
			expect(await from(neighbour)).toBe('rate_limited');
			expect(await from(stranger)).toBe('bad_credentials');
		}
	});

	test('twenty sign-ups an hour', async () => {
		const ip = randomIp();
		const enter = () =>
			outcome(callerWith({ ip }).auth.signUp({ email: randomEmail(), password: randomPassword() }));
		expect(tally(await Promise.all(times(24, enter)))).toEqual({ ok: 20, rate_limited: 4 });
		await age(`sign-ups from ${network(ip)}`, '61 minutes');
		expect(await enter()).toBe('ok');
	});
});

test('three reset mails an hour for an address, whether or not somebody has it', async () => {
	const { credentials } = await newcomer();
	for (const email of [credentials.email, randomEmail()]) {
		const ask = () => outcome(callerWith({ ip: randomIp() }).auth.requestPasswordReset({ email }));
		expect(tally(await Promise.all(times(10, ask)))).toEqual({ ok: 3, rate_limited: 7 });
		expect(await ask()).toBe('rate_limited');
		await age('mails to %', '61 minutes');
		expect(await ask()).toBe('ok');
	}
});

describe('calls of all kinds', () => {
	test('are counted for each session, not for the account or the address', async () => {
		const { api, credentials, ip } = await newcomer();
		const other = await openBrowser(credentials);
		config.rateLimitScale = 0.1;
		const reasons = await Promise.all(times(100, () => outcome(api.auth.me())));
		expect(tally(reasons)).toEqual({ ok: 60, rate_limited: 40 });
		expect(await outcome(other.api.auth.me())).toBe('ok');
		expect(await outcome(callerWith({ ip }).auth.me())).toBe('unauthenticated');
		await expect(api.auth.me()).rejects.toMatchObject({
			reason: 'rate_limited',
			details: { retryAfter: expect.any(Number) as number }
		});
		await age('calls of %', '61 seconds');
		expect(await outcome(api.auth.me())).toBe('ok');
	});

	test('of somebody signed out are counted for the address', async () => {
		const ip = randomIp();
		config.rateLimitScale = 0.1;
		const calls = () => outcome(callerWith({ ip }).auth.refresh({ refreshToken: 'lkr_' }));
		expect(tally(await Promise.all(times(80, calls)))).toEqual({ refresh_invalid: 60, rate_limited: 20 });
	});

	test('are counted one by one inside a batch, and together on all instances', async () => {
		const { authorization } = await newcomer();
		const scale = { RATE_LIMIT_SCALE: '0.05' };
		const [one, other] = await Promise.all([serve(scale), serve(scale)]);
		const path = times(20, () => 'auth.me').join(',');
		const batch = async (url: string) => {
			const response = await fetch(`${url}/trpc/${path}?batch=1&input={}`, { headers: { authorization } });
			const answers = (await response.json()) as { error?: { data: { reason: string } } }[];
			return answers.map(({ error }) => error?.data.reason);
		};
		const answers = [await batch(one.url), await batch(other.url), await batch(one.url)].flat();
		expect(tally(answers)).toEqual({ ok: 30, rate_limited: 30 });
	});
});

describe('the shared store', () => {
	const limit = (key: string, most: number) => ({ key, most, seconds: 60 });

	test('gives away exactly what there is under a hundred parallel callers', async () => {
		const key = uuidv7();
		const waits = await Promise.all(times(100, () => take(uuidv7(), [limit(key, 7)], 1)));
		expect(waits.filter((wait) => wait === 0)).toHaveLength(7);
		for (const wait of waits) expect(wait).toBeLessThanOrEqual(60);
	});

	test('takes from each of several limits or from none, in whatever order they are named', async () => {
		const [a, b] = [uuidv7(), uuidv7()];
		const waits = await Promise.all(
			times(100, (index) => {
				const limits = [limit(a, 9), limit(b, 5)];
				return take(uuidv7(), index % 2 ? limits : limits.reverse(), 1);
			})
		);
		expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
		const rows = await sql<{ key: string; hits: number }[]>`
			select key, count(*)::int as hits from limit_hits where key in (${a}, ${b}) group by key`;
		expect(rows.map(({ hits }) => hits)).toEqual([5, 5]);
	});

	test('counts a scale too large for the database as no limit at all', async () => {
		const { api } = await newcomer();
		config.rateLimitScale = 1e9;
		expect(await outcome(api.auth.me())).toBe('ok');
	});
});
