import { availableParallelism } from 'node:os';
import { hash as argon2, verify as argon2Verify } from '@node-rs/argon2';
import { randomSecret } from './secrets';

/** argon2id, which is the package's default algorithm. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * Each hash takes a core and 19 MiB for some 20 ms. However many sign-ins arrive at once, a core stays
 * free for everybody else, and memory stays bounded.
 */
const maxAtOnce = Math.max(1, availableParallelism() - 1);
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
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

/** Whether the password is the one that was hashed; `null` stands for an account that doesn't exist. */
export async function passwordMatches(hash: string | null, password: string): Promise<boolean> {
	const expected = hash ?? (await (decoy ??= hashPassword(randomSecret())));
	const matches = await inTurn(() => argon2Verify(expected, password));
	return hash !== null && matches;
}
