import { isIPv6 } from 'node:net';
import { uuidv7 } from 'uuidv7';
import { config } from '../config';
import { Refusal } from '../errors';
import * as queries from './queries';
import type { Limit } from './queries';

const MINUTE = 60;
const HOUR = 3600;

/** What PostgreSQL's integer holds. */
const NO_LIMIT = 2 ** 31 - 1;

const limit = (key: string, most: number, seconds: number): Limit => ({
	key,
	seconds,
	most: Math.min(Math.max(1, Math.floor(most * config.rateLimitScale)), NO_LIMIT)
});

/** Failures at the doors: sign-in, second factor and password checks share one budget for each account. */
export const failures = (accountKey: string, ip: string): Limit[] => [
	limit(`failures of ${accountKey}`, 5, MINUTE),
	limit(`failures of ${accountKey}`, 20, 15 * MINUTE),
	limit(`failures from ${network(ip)}`, 30, MINUTE)
];

export const signUps = (ip: string): Limit[] => [limit(`sign-ups from ${network(ip)}`, 20, HOUR)];

export const mailsTo = (accountKey: string): Limit[] => [limit(`mails to ${accountKey}`, 3, HOUR)];

const calls = (caller: string): Limit => limit(`calls of ${caller}`, 600, MINUTE);

/** Whoever has an IPv6 address has the whole /64 of it. */
export function network(ip: string): string {
	if (!isIPv6(ip)) return ip;
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
	if (mapped) return mapped;
	const [head = '', tail] = ip.replace(/%.*$/, '').toLowerCase().split('::');
	const front = head === '' ? [] : head.split(':');
	const missing = tail === undefined ? 0 : 8 - front.length - (tail === '' ? 0 : tail.split(':').length);
	const groups = [...front, ...Array<string>(missing).fill('0'), ...(tail ? tail.split(':') : [])];
	return `${groups
		.slice(0, 4)
		.map((group) => parseInt(group, 16).toString(16))
		.join(':')}::/64`;
}

/** Takes one from each, or refuses. Returns how to give it back, for limits that count failures only. */
export async function take(limits: Limit[]): Promise<() => Promise<void>> {
	const attempt = uuidv7();
	const retryAfter = await queries.take(attempt, limits, 1);
	if (retryAfter > 0) throw new Refusal('rate_limited', { retryAfter });
	return () => queries.giveBack(attempt);
}

/**
 * The general limit would cost a write for each call. So an instance takes a thirtieth of it at a time
 * from the shared store, and spends that in memory.
 */
type Purse = { left: number; until: number; refill: Promise<void> | null };
const purses = new Map<string, Purse>();

export async function countCall(caller: string): Promise<void> {
	let purse = purses.get(caller);
	if (!purse) purses.set(caller, (purse = { left: 0, until: 0, refill: null }));
	for (;;) {
		if (purse.left > 0 && purse.until > Date.now()) {
			purse.left--;
			return;
		}
		// Calls that arrive together wait for one refill.
		await (purse.refill ??= refill(caller, purse).finally(() => (purse.refill = null)));
	}
}

async function refill(caller: string, purse: Purse): Promise<void> {
	const whole = calls(caller);
	const portion = Math.max(1, Math.floor(whole.most / 30));
	const retryAfter = await queries.take(uuidv7(), [whole], portion);
	if (retryAfter > 0) throw new Refusal('rate_limited', { retryAfter });
	purse.left = portion;
	purse.until = Date.now() + MINUTE * 1000;
}

/** Forgets the callers who have gone. */
export function sweepPurses(): void {
	for (const [caller, purse] of purses) {
		if (purse.until <= Date.now() && !purse.refill) purses.delete(caller);
	}
}
