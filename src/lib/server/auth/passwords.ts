import { availableParallelism } from 'node:os';
import { hash as argon2, hashRaw, verify as verifyArgon2 } from '@node-rs/argon2';
import { judgePassword } from '../../password-strength';
import { InvalidInput } from '../errors';
import { hmac, keyFor, randomSecret } from './secrets';

/** argon2id, which is the package's default algorithm. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * Each hash takes a core and 19 MiB for some 20 ms. However many sign-ins arrive at once, a core stays
 * free for everybody else, and memory stays bounded.
 */
const maxAtOnce = Math.max(1, availableParallelism() - 1);
let running = 0;
const waiting: (() => void)[] = [];

export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
	if (running < maxAtOnce) running++;
	else await new Promise<void>((resolve) => waiting.push(resolve));
	try {
		return await work();
	} finally {
		// The place is handed on, so that nobody who comes later can take it first.
		const next = waiting.shift();
		if (next) next();
		else running--;
	}
}

export const hashPassword = (password: string): Promise<string> => inTurn(() => argon2(password, parameters));

/** What an unknown address is checked against, so that it takes the time of a known one. */
let decoy: Promise<string> | undefined;

/** To be called `inTurn`. `null` stands for the password of an account that doesn't exist. */
export async function passwordMatches(hash: string | null, password: string): Promise<boolean> {
	const expected = hash ?? (await (decoy ??= argon2(randomSecret(), parameters)));
	const matches = await verifyArgon2(expected, password);
	return hash !== null && matches;
}

/** Whether the hash was made with less than what is asked for today. */
export function isOutdated(hash: string): boolean {
	const [, memory, time, lanes] = /\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(hash) ?? [];
	return (
		!hash.startsWith('$argon2id$v=19$') ||
		Number(memory) < parameters.memoryCost ||
		Number(time) < parameters.timeCost ||
		Number(lanes) < parameters.parallelism
	);
}

/** Refuses a password that could be guessed, in words. */
export async function requireStrength(
	field: string,
	password: string,
	user: { email: string; name?: string | null }
) {
	const { acceptable, reason, advice } = await judgePassword(password, user);
	if (!acceptable)
		throw new InvalidInput({ [field]: [[reason ?? 'This password is easy to guess.', ...advice].join(' ')] });
}

/**
 * To be called `inTurn`. Recovery codes are shorter than a random token, so a fast hash would not do. The salt is
 * the account's own instead of each code's, so that one hash finds the code among ten.
 */
export async function hashRecoveryCode(userId: string, code: string): Promise<string> {
	const salt = hmac(keyFor('recovery-code'), Buffer.from(userId)).subarray(0, 16);
	return (await hashRaw(code, { ...parameters, salt })).toString('base64url');
}
