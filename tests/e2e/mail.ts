// What arrives, as the server writes it down where there is no SMTP_URL.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from './fixtures';

const outbox = process.env.OUTBOX!;

/** The path that the newest of at least so many mails to this address links to. */
export async function linkTo(kind: 'reset' | 'verify', email: string, atLeast = 1): Promise<string> {
	const links = () =>
		readdirSync(outbox)
			.filter((name) => name.endsWith('.eml'))
			.sort()
			.map((name) => readFileSync(join(outbox, name), 'utf8').replaceAll('=\r\n', '').replaceAll('=3D', '='))
			.filter((mail) => mail.includes(`To: ${email}`))
			.flatMap((mail) => new RegExp(`/${kind}/[\\w-]+`).exec(mail)?.[0] ?? []);
	await expect.poll(() => links().length).toBeGreaterThanOrEqual(atLeast);
	return links().at(-1)!;
}
