// The mails of this file's database, as they arrive where there is no SMTP_URL.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { answerResetRequest } from '$lib/server/auth/links';
import { kickMailer, startMailer, stopMailer } from '$lib/server/mail/mail';
import { env } from './harness';

const outbox = join(env.DATA_DIR, 'outbox');

/** Has this file's own procedures send what they enqueue, as a server does. */
export function sendMail(): void {
	beforeAll(() => startMailer(answerResetRequest));
	afterAll(stopMailer);
}

/** What was written to this address so far, oldest first. */
export function lettersTo(email: string): string[] {
	mkdirSync(outbox, { recursive: true });
	return readdirSync(outbox)
		.filter((name) => name.endsWith('.eml'))
		.sort()
		.map((name) => readFileSync(join(outbox, name), 'utf8').replace(/=\r\n/g, '').replace(/=3D/g, '='))
		.filter((letter) => letter.includes(`To: ${email}`));
}

/** The token in the newest of at least so many links of this kind. */
export async function linkTo(kind: 'reset' | 'verify', email: string, atLeast = 1): Promise<string> {
	const tokens = () =>
		lettersTo(email).flatMap((letter) => new RegExp(`/${kind}/([\\w-]{43})\\r\\n`).exec(letter)?.[1] ?? []);
	return vi.waitFor(
		() => {
			kickMailer();
			const written = tokens();
			if (written.length < atLeast) throw new Error(`There are ${written.length} such mails to ${email}`);
			return written.at(-1)!;
		},
		{ timeout: 15_000, interval: 20 }
	);
}
