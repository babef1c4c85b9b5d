// Nobody learns from an answer, or from its time, whether an address has an account.
import { expect, test } from 'vitest';
import { openBrowser, post, randomEmail, serve, signUp, times, type Answer } from './harness';

type Sample = { ms: number; answer: Answer };
type Ask = () => Promise<Answer>;

const ROUND = 50;
const MOST_ROUNDS = 6;

/**
 * Asks both in turn until their medians are within a tenth of each other. On a busy machine fifty samples
 * may not be enough for that; noise goes away with more of them, and a difference does not.
 */
async function compare(known: Ask, unknown: Ask) {
	const samples: { known: Sample[]; unknown: Sample[] } = { known: [], unknown: [] };
	const take = async (ask: Ask, into: Sample[]) => {
		const startedAt = performance.now();
		const answer = await ask();
		into.push({ ms: performance.now() - startedAt, answer });
	};
	for (const ask of [known, unknown, known, unknown]) await ask();
	for (let round = 1; ; round++) {
		for (let i = 0; i < ROUND; i++) {
			const turns = [() => take(known, samples.known), () => take(unknown, samples.unknown)];
			for (const turn of i % 2 ? turns : turns.reverse()) await turn();
		}
		const [a, b] = [median(samples.known), median(samples.unknown)];
		const apart = Math.abs(a - b) / Math.min(a, b);
		if (apart <= 0.1 || round === MOST_ROUNDS) {
			const answers = (list: Sample[]) => new Set(list.map(({ answer }) => essence(answer)));
			return { apart, known: answers(samples.known), unknown: answers(samples.unknown), medians: [a, b] };
		}
	}
}

const median = (samples: Sample[]) =>
	samples.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(samples.length / 2)]!;

/** All of an answer but what differs from one request to the next. */
function essence({ status, headers, text }: Answer): string {
	const requestId = headers.get('x-request-id') ?? '';
	const rest = [...headers].filter(([name]) => !['x-request-id', 'date', 'retry-after'].includes(name));
	return JSON.stringify([
		status,
		rest.sort(),
		text.replaceAll(requestId, '').replace(/"retryAfter":\d+/, '')
	]);
}

async function expectAlike(known: Ask, unknown: Ask) {
	const compared = await compare(known, unknown);
	expect(compared.known.size).toBe(1);
	expect(compared.unknown).toEqual(compared.known);
	expect(
		compared.apart,
		`medians ${compared.medians.map((ms) => ms.toFixed(2)).join(' and ')} ms`
	).toBeLessThan(0.1);
	return [...compared.known][0];
}

test('a wrong password and an unknown address', async () => {
	const { credentials } = await signUp();
	const answer = await expectAlike(
		() => post('auth.signIn', { email: credentials.email, password: 'wrong' }),
		() => post('auth.signIn', { email: randomEmail(), password: 'wrong' })
	);
	expect(answer).toContain('bad_credentials');
}, 60_000);

test('too many wrong passwords, and as many for an unknown address', async () => {
	const { url } = await serve({ RATE_LIMIT_SCALE: '1', ADDRESS_HEADER: 'x-address' });
	const { credentials } = await signUp();
	let calls = 0;
	const guess = (email: string) => () => {
		// The sixth wrong guess in a minute is refused for the account, before the address has had its thirty.
		const headers = { 'x-address': `192.0.2.${Math.floor(calls++ / 30) % 250}` };
		return post('auth.signIn', { email, password: 'wrong' }, { url, headers });
	};
	const [known, unknown] = [guess(credentials.email), guess(randomEmail())];
	for (let i = 0; i < 5; i++) await Promise.all([known(), unknown()]);
	expect(await expectAlike(known, unknown)).toContain('rate_limited');
}, 60_000);

test('asking for a reset link', async () => {
	const people = await Promise.all(times(4, () => signUp()));
	let asked = 0;
	const answer = await expectAlike(
		() => post('auth.requestPasswordReset', { email: people[asked++ % 4]!.credentials.email }),
		() => post('auth.requestPasswordReset', { email: randomEmail() })
	);
	expect(answer).toMatch(/^\[200,/);
}, 60_000);

test('an account with a second factor says so only to whoever has the password', async () => {
	const { credentials } = await signUp();
	const { api } = await openBrowser(credentials);
	await api.account.beginTwoFactor({ currentPassword: credentials.password });
	const wrong = await post('auth.signIn', { email: credentials.email, password: 'wrong' });
	const unknown = await post('auth.signIn', { email: randomEmail(), password: 'wrong' });
	expect(essence(wrong)).toBe(essence(unknown));
});
