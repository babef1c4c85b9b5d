import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import postgres from 'postgres';
import { uuidv7 } from 'uuidv7';
import { build } from 'vite';
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { seal } from '$lib/server/auth/secrets';
import { config } from '$lib/server/config';
import { connect, db, disconnect, transaction } from '$lib/server/db/connect';
import { log } from '$lib/server/log';
import * as mail from '$lib/server/mail/mail';
import { countWaiting, enqueue } from '$lib/server/mail/queries';
import { env } from './harness';

const sql = postgres(env.DATABASE_URL, { max: 1 });
let user: mail.Recipient;

beforeEach(async () => {
	user = { id: uuidv7(), email: `${uuidv7()}@example.com`, timezone: 'Europe/Berlin' };
	await sql`insert into users (id, email, password_hash, timezone) values (${user.id}, ${user.email}, '', ${user.timezone})`;
});

afterEach(async () => {
	await mail.stopMailer();
	await sql`delete from mail_queue`;
	config.smtpUrl = undefined;
	vi.restoreAllMocks();
});

afterAll(() => sql.end());

/** A promise, and what fulfils it. (Node 20 has no Promise.withResolvers.) */
function gate() {
	let open: () => void = () => undefined;
	const opened = new Promise<undefined>((resolve) => (open = () => resolve(undefined)));
	return { opened, open };
}

type Answer = string | undefined | Promise<string | undefined>;

/** As much of SMTP as a mailer needs. `interfere` may answer a line (the message, for its final dot) otherwise. */
async function startSmtp(interfere: (line: string) => Answer = () => undefined) {
	const arrived: string[] = [];
	const server = createServer((socket) => {
		const say = (line: string) => socket.write(`${line}\r\n`);
		const converse = async () => {
			say('220 here');
			let message: string[] | null = null;
			for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
				if (message && line !== '.') {
					message.push(line.replace(/^\./, ''));
				} else if (message) {
					const whole = message.join('\r\n');
					message = null;
					const answer = await interfere(whole);
					if (answer === undefined) arrived.push(whole);
					say(answer ?? '250 taken');
				} else {
					const answer = await interfere(line);
					if (answer === undefined && line === 'DATA') message = [];
					say(answer ?? (line === 'DATA' ? '354 go on' : line === 'QUIT' ? '221 bye' : '250 fine'));
				}
			}
		};
		// A mailer that was killed is no news.
		converse().catch(() => undefined);
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	onTestFinished(() => void server.close());
	return { arrived, url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A message as its reader sees it. */
function read(message: string) {
	const [head, ...rest] = message.split('\r\n\r\n') as [string, ...string[]];
	const headers = new Map(
		head
			.replace(/\r\n\s+/g, ' ')
			.split('\r\n')
			.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)])
	);
	const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')![1]!;
	const parts = rest
		.join('\r\n\r\n')
		.split(`--${boundary}`)
		.map((part) => {
			const end = part.indexOf('\r\n\r\n');
			const content = part.slice(end + 4).replace(/\r\n$/, '');
			if (!part.slice(0, end).includes('quoted-printable')) return content;
			const bytes = content
				.replace(/=\r\n/g, '')
				.replace(/=(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
			return Buffer.from(bytes, 'latin1').toString();
		});
	return { headers, id: headers.get('message-id'), text: parts[1]!, html: parts[2]! };
}

/** As if the time of the next attempt had come. */
async function makeDue() {
	await sql`update mail_queue set due_at = now()`;
	mail.kickMailer();
}

const reset = (token = 'the-token') => transaction((tx) => mail.sendPasswordReset(user, token, tx));

const logged = (...levels: ('info' | 'warn' | 'error')[]) => {
	const spies = levels.map((level) => vi.spyOn(log, level).mockReturnValue(undefined));
	return () => spies.flatMap((spy) => spy.mock.calls as unknown as [object, string][]);
};

describe('a mail', () => {
	test('is sealed while it waits, and says everything in text and in HTML', async () => {
		const smtp = await startSmtp();
		const lines = logged('info', 'warn', 'error');
		config.smtpUrl = smtp.url;
		await reset();
		const [row] = await sql`select * from mail_queue`;
		for (const secret of ['the-token', user.email, 'password']) {
			expect((row!.sealed_content as Buffer).toString('latin1')).not.toContain(secret);
		}

		mail.startMailer(() => Promise.resolve());
		await expect.poll(countWaiting).toBe(0);
		expect(smtp.arrived).toHaveLength(1);
		const { headers, text, html } = read(smtp.arrived[0]!);
		expect(Object.fromEntries(headers)).toMatchObject({
			from: config.mailFrom,
			to: user.email,
			subject: 'Reset your Latchkey password',
			'message-id': `<${row!.id as string}@127.0.0.1>`,
			'auto-submitted': 'auto-generated'
		});
		const toTheSecond = Math.floor((row!.created_at as Date).getTime() / 1000) * 1000;
		expect(Date.parse(headers.get('date')!)).toBe(toTheSecond);
		for (const part of [text, html]) expect(part).toContain(`${config.origin}/reset/the-token`);
		expect(lines().map(([, word]) => word)).toEqual(['mail_sent']);
		expect(JSON.stringify(lines())).not.toMatch(/the-token|@|Reset/);
	});

	test('goes out as soon as it is announced, in the words of each occasion', async () => {
		const smtp = await startSmtp();
		config.smtpUrl = smtp.url;
		mail.startMailer(() => Promise.resolve());
		const at = new Date('2026-11-20T12:05:00Z');
		const said = async (send: Parameters<typeof transaction>[0]) => {
			const before = smtp.arrived.length;
			await transaction(send);
			mail.kickMailer();
			await expect.poll(() => smtp.arrived.length, { timeout: 5_000 }).toBe(before + 1);
			return read(smtp.arrived.at(-1)!).text;
		};
		expect(await said((tx) => mail.sendVerification(user, 'a-token', tx))).toContain(
			`\r\n${config.origin}/verify/a-token\r\n`
		);
		const newDevice = await said((tx) =>
			mail.sendNewDevice(user, { device: 'Ada’s <phone>', ip: '192.0.2.7', at }, tx)
		);
		for (const fact of ['Ada’s <phone>', '192.0.2.7', 'at 13:05 (Europe/Berlin)', '/settings/security']) {
			expect(newDevice).toContain(fact);
		}
		const changed = await said((tx) => mail.sendPasswordChanged(user, { at }, tx));
		expect(changed).toContain('at 13:05 (Europe/Berlin)');
		expect(changed).toContain(`\r\n${config.origin}/forgot\r\n`);
	});

	test('of a transaction that fails is none', async () => {
		const failing = transaction(async (tx) => {
			await mail.sendPasswordReset(user, 'the-token', tx);
			throw new Error('later');
		});
		await expect(failing).rejects.toThrow('later');
		expect(await countWaiting()).toBe(0);
	});

	test('keeps its lines that begin with a dot', async () => {
		const smtp = await startSmtp();
		config.smtpUrl = smtp.url;
		const text = 'one\n.\n..\n.two\nMAIL FROM:<x@example.com>\n';
		const content = { mail: { to: user.email, subject: 'Dots', text, html: '<p>dots</p>' } };
		await enqueue(user.id, seal('mail', Buffer.from(JSON.stringify(content))), db);
		mail.startMailer(() => Promise.resolve());
		await expect.poll(() => smtp.arrived.length).toBe(1);
		expect(read(smtp.arrived[0]!).text).toBe(text.replaceAll('\n', '\r\n'));
	});
});

describe('a mail that can’t be sent', () => {
	test('is tried again, later and later', async () => {
		let refusals = 2;
		const refusal = () => `450 4.2.1 <${user.email}> not now, see https://mail.example.com/the-token`;
		const smtp = await startSmtp((line) =>
			line.startsWith('RCPT') && refusals-- > 0 ? refusal() : undefined
		);
		const warnings = logged('warn');
		config.smtpUrl = smtp.url;
		await reset();
		mail.startMailer(() => Promise.resolve());
		for (const [failures, minutes] of [
			[1, 1],
			[2, 5]
		] as const) {
			await expect.poll(() => warnings().length).toBe(failures);
			const [row] =
				await sql`select attempts, round(extract(epoch from due_at - now()) / 60)::int as minutes from mail_queue`;
			expect(row).toEqual({ attempts: failures, minutes });
			await makeDue();
		}
		await expect.poll(countWaiting).toBe(0);
		expect(smtp.arrived).toHaveLength(1);
		expect(warnings().map(([, word]) => word)).toEqual(['mail_delayed', 'mail_delayed']);
		expect(warnings()[0]![0]).toMatchObject({ attempt: 1, command: 'RCPT TO', status: '450 4.2.1' });
		expect(JSON.stringify(warnings())).not.toMatch(/example\.com|the-token/);
	});

	test('waits while there is no server', async () => {
		const smtp = await startSmtp();
		const warnings = logged('warn');
		config.smtpUrl = 'smtp://127.0.0.1:1';
		await reset();
		mail.startMailer(() => Promise.resolve());
		await expect.poll(() => warnings().length).toBe(1);
		expect(warnings()[0]).toMatchObject([
			{ message: expect.stringContaining('ECONNREFUSED') as string },
			'mail_delayed'
		]);
		await mail.stopMailer();

		config.smtpUrl = smtp.url;
		mail.startMailer(() => Promise.resolve());
		await makeDue();
		await expect.poll(() => smtp.arrived.length).toBe(1);
	});

	test('is given up after eight attempts, and the log says so', async () => {
		const smtp = await startSmtp((line) => (line.startsWith('RCPT') ? '550 5.1.1 no such user' : undefined));
		const errors = logged('error');
		config.smtpUrl = smtp.url;
		await reset();
		await sql`update mail_queue set attempts = 7`;
		mail.startMailer(() => Promise.resolve());
		await expect.poll(countWaiting).toBe(0);
		expect(errors()).toMatchObject([[{ attempt: 8, status: '550 5.1.1' }, 'mail_failed']]);
		expect(smtp.arrived).toEqual([]);
	});

	test('holds up no other', async () => {
		const smtp = await startSmtp((line) =>
			line.includes(user.email) && line.startsWith('RCPT') ? '450 no' : undefined
		);
		logged('warn');
		config.smtpUrl = smtp.url;
		await reset();
		await transaction((tx) => mail.sendPasswordReset({ ...user, email: 'other@example.com' }, 'other', tx));
		mail.startMailer(() => Promise.resolve());
		await expect.poll(countWaiting).toBe(1);
		expect(read(smtp.arrived[0]!).headers.get('to')).toBe('other@example.com');
	});
});

describe('the outbox', () => {
	const outbox = () => join(config.dataDir, 'outbox');

	test('has each mail as a message of its own, for its owner’s eyes, in the order of time', async () => {
		const lines = logged('info');
		await reset('first');
		await reset('second');
		const rows = await sql`select id from mail_queue order by id`;
		mail.startMailer(() => Promise.resolve());
		await expect.poll(countWaiting).toBe(0);

		const files = readdirSync(outbox()).sort();
		expect(files).toEqual(
			rows.map(
				({ id }) =>
					expect.stringMatching(
						new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[-\\d.]+Z-${id as string}\\.eml$`)
					) as string
			)
		);
		const messages = files.map((file) => readFileSync(join(outbox(), file), 'utf8'));
		expect(messages[0]).not.toMatch(/[^\r]\n/);
		expect(messages[0]).toContain(`\r\n${config.origin}/reset/first\r\n`);
		expect(read(messages[1]!).html).toContain(`${config.origin}/reset/second`);
		expect(read(messages[1]!).headers.get('to')).toBe(user.email);
		for (const file of files) expect(statSync(join(outbox(), file)).mode & 0o777).toBe(0o600);
		expect(statSync(outbox()).mode & 0o777).toBe(0o700);

		expect(lines()).toEqual(
			files.map((file, at) => [{ mail: rows[at]!.id as string, file: join(outbox(), file) }, 'mail_written'])
		);
	});
});

describe('the mailer', () => {
	test('finishes the mail in hand before it ends, and leaves the others', async () => {
		const held = gate();
		const inHand = vi.fn(() => held.opened);
		const smtp = await startSmtp((line) => (line.includes('\r\n') ? inHand() : undefined));
		config.smtpUrl = smtp.url;
		await reset();
		await reset();
		mail.startMailer(() => Promise.resolve());
		await expect.poll(() => inHand.mock.calls.length).toBe(1);
		const stopped = mail.stopMailer();
		mail.kickMailer();
		held.open();
		await stopped;
		expect(smtp.arrived).toHaveLength(1);
		expect(await sql`select attempts from mail_queue`).toMatchObject([{ attempts: 0 }]);
	});

	test('ends all the same when the server does not answer, and keeps the mail', async () => {
		const silence = vi.fn(() => new Promise<undefined>(() => undefined));
		config.smtpUrl = (await startSmtp(silence)).url;
		const warnings = logged('warn');
		await reset();
		mail.startMailer(() => Promise.resolve());
		await expect.poll(() => silence.mock.calls.length).toBe(1);
		await mail.stopMailer();
		expect(warnings()).toMatchObject([[{ attempt: 1, code: 'EABORT' }, 'mail_delayed']]);
		expect(await sql`select attempts from mail_queue`).toMatchObject([{ attempts: 1 }]);
	});

	test('outlives a database that goes away', async () => {
		const smtp = await startSmtp();
		const lines = logged('warn', 'error');
		config.smtpUrl = smtp.url;
		mail.startMailer(() => Promise.resolve());
		await reset();
		await disconnect();
		mail.kickMailer();
		await expect.poll(() => lines().map(([, word]) => word)).toEqual(['database_unavailable']);

		connect(env.DATABASE_URL);
		mail.kickMailer();
		await expect.poll(() => smtp.arrived.length).toBe(1);
	});
});

describe('mailers in processes of their own', () => {
	const place = join(config.dataDir, 'mailer');
	let built: Promise<unknown> | undefined;

	async function bundle() {
		const server = resolve('src/lib/server');
		const program = `
			import { setAppSecret } from '${server}/auth/secrets';
			import { loadConfig } from '${server}/config';
			import { connect } from '${server}/db/connect';
			import { startMailer } from '${server}/mail/mail';
			const config = loadConfig();
			setAppSecret(config.appSecret);
			connect(config.databaseUrl);
			startMailer();`;
		mkdirSync(place);
		symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
		writeFileSync(join(place, 'package.json'), '{ "type": "module" }');
		writeFileSync(join(place, 'main.js'), program);
		const ssr = join(place, 'main.js');
		await build({ configFile: false, logLevel: 'error', build: { ssr, outDir: join(place, 'built') } });
	}

	async function startProcess(smtpUrl: string) {
		await (built ??= bundle());
		const child = spawn(process.execPath, [join(place, 'built/main.js')], {
			env: { ...process.env, ...env, SMTP_URL: smtpUrl },
			stdio: ['ignore', 'ignore', 'inherit']
		});
		const ended = once(child, 'exit');
		const kill = async () => {
			child.kill('SIGKILL');
			await ended;
		};
		onTestFinished(kill);
		return kill;
	}

	test('share the work and send nothing twice', async () => {
		const both = gate();
		let greetings = 0;
		// Nobody goes on until both have a mail in hand.
		const smtp = await startSmtp((line) => {
			if (!line.startsWith('EHLO')) return undefined;
			if (++greetings === 2) both.open();
			return both.opened;
		});
		for (let i = 0; i < 40; i++) await reset();
		await Promise.all([startProcess(smtp.url), startProcess(smtp.url)]);
		await expect.poll(countWaiting, { timeout: 15_000 }).toBe(0);
		expect(smtp.arrived).toHaveLength(40);
		expect(new Set(smtp.arrived.map((message) => read(message).id)).size).toBe(40);
	});

	test('may be killed with a mail in hand, which another one sends', async () => {
		const seen: string[] = [];
		const smtp = await startSmtp((line) => {
			if (!line.includes('\r\n')) return undefined;
			seen.push(line);
			// The first is taken, but its sender never hears of it.
			return seen.length === 1 ? new Promise(() => undefined) : undefined;
		});
		await reset();
		const kill = await startProcess(smtp.url);
		await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(1);
		await kill();
		expect(await countWaiting()).toBe(1);

		config.smtpUrl = smtp.url;
		mail.startMailer(() => Promise.resolve());
		await makeDue();
		await expect.poll(countWaiting).toBe(0);
		// Whoever gets both can tell that they are one.
		expect(read(smtp.arrived[0]!).id).toBe(read(seen[0]!).id);
		expect(read(smtp.arrived[0]!).text).toBe(read(seen[0]!).text);
	});
});
