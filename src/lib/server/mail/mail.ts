import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport, type NodemailerError } from 'nodemailer';
import { open, seal } from '../auth/secrets';
import { config } from '../config';
import { isDatabaseAway, type Transaction } from '../db/connect';
import { log } from '../log';
import * as queries from './queries';
import * as rules from './rules';

// Composing. Links are made of ORIGIN alone, so that no request can point them elsewhere.

export type Recipient = { id: string; email: string; timezone: string };

export const sendVerification = (user: Recipient, token: string, tx: Transaction): Promise<void> =>
	send(user, rules.verification({ link: `${config.origin}/verify/${token}` }), tx);

export const sendPasswordReset = (user: Recipient, token: string, tx: Transaction): Promise<void> =>
	send(user, rules.passwordReset({ link: `${config.origin}/reset/${token}` }), tx);

export function sendNewDevice(
	user: Recipient,
	{ device, ip, at }: { device: string; ip: string; at: Date },
	tx: Transaction
): Promise<void> {
	const securityLink = `${config.origin}/settings/security`;
	return send(user, rules.newDevice({ device, ip, at: rules.inWords(at, user.timezone), securityLink }), tx);
}

export function sendPasswordChanged(
	user: Recipient,
	{ at, ip }: { at: Date; ip?: string },
	tx: Transaction
): Promise<void> {
	const forgotLink = `${config.origin}/forgot`;
	return send(user, rules.passwordChanged({ at: rules.inWords(at, user.timezone), ip, forgotLink }), tx);
}

type Mail = rules.Letter & { to: string };

/** Somebody asked for a reset link. Whether there is an account is nobody's business at that moment. */
export type ResetRequest = { email: string; client: { ip: string; userAgent: string } };

type Content = { mail: Mail } | { resetRequest: ResetRequest };

/** The same work for every address: the mailer looks up, later, whether there is somebody to write to. */
export const enqueueResetRequest = (resetRequest: ResetRequest): Promise<void> =>
	queries.enqueue(null, sealContent({ resetRequest }));

/** Sealed, for a link in the clear would open an account to whoever reads the table or a backup of it. */
function send(user: Recipient, letter: rules.Letter, tx: Transaction): Promise<void> {
	return queries.enqueue(user.id, sealContent({ mail: { to: user.email, ...letter } }), tx);
}

const sealContent = (content: Content): Uint8Array => seal('mail', Buffer.from(JSON.stringify(content)));

function unseal(sealed: Uint8Array): Content {
	const content = open('mail', sealed);
	// Tried again like any other failure: an instance that has the right secret may be the next to take it.
	if (!content) throw new Error('The mail was sealed under another APP_SECRET');
	return JSON.parse(Buffer.from(content).toString()) as Content;
}

// Sending

/** Other instances' mails, and those whose next attempt is due; our own are sent when they are announced. */
const POLL_MS = 10_000;
/** Less than the shortest wait between attempts, after which somebody else may take the mail. */
const ATTEMPT_MS = 45_000;
/** How long a stopping server waits for the mail in hand. */
const PATIENCE_MS = 2_000;

/** Makes a mail of a request, in a transaction of its own that enqueues it. */
type ResetAnswer = (request: ResetRequest) => Promise<void>;

type Mailer = {
	answerReset: ResetAnswer;
	smtp: ReturnType<typeof connectSmtp> | null;
	stopping: boolean;
	/** Aborted when a stopping server can't wait any longer. */
	cutOff: AbortController;
	poll: NodeJS.Timeout;
	/** Counted, so that a round can tell whether it may have missed some. */
	announcements: number;
	round: Promise<void> | null;
};

let mailer: Mailer | null = null;

export function startMailer(answerReset: ResetAnswer): void {
	mailer = {
		answerReset,
		smtp: config.smtpUrl === undefined ? null : connectSmtp(config.smtpUrl),
		stopping: false,
		cutOff: new AbortController(),
		poll: setInterval(kickMailer, POLL_MS).unref(),
		announcements: 0,
		round: null
	};
	kickMailer();
}

/** Resolves when the mail in hand has been sent. The others wait for the next start, or another instance. */
export async function stopMailer(): Promise<void> {
	if (!mailer) return;
	const { poll, round, cutOff, smtp } = mailer;
	mailer.stopping = true;
	mailer = null;
	clearInterval(poll);
	const impatience = setTimeout(() => cutOff.abort(), PATIENCE_MS);
	await round;
	clearTimeout(impatience);
	smtp?.close();
}

/** Says that mail was enqueued, after the commit. It goes out at once, and nobody waits for it. */
export function kickMailer(): void {
	if (!mailer) return;
	mailer.announcements++;
	mailer.round ??= sendDue(mailer);
}

/** One mail after the other, until none is due. It never rejects: a database that is away comes back. */
async function sendDue(mailer: Mailer): Promise<void> {
	try {
		let heard: number;
		do {
			heard = mailer.announcements;
			while (await sendNext(mailer));
		} while (heard !== mailer.announcements);
	} catch (error) {
		if (isDatabaseAway(error)) log.warn({ err: error }, 'database_unavailable');
		else log.error({ err: error }, 'unexpected_error');
	} finally {
		mailer.round = null;
	}
}

async function sendNext(mailer: Mailer): Promise<boolean> {
	if (mailer.stopping) return false;
	const mail = await queries.claim();
	if (!mail) return false;
	const about = { mail: mail.id, attempt: mail.attempts };
	try {
		const content = unseal(mail.sealedContent);
		if ('mail' in content) await deliver(mail, content.mail, mailer);
		else await mailer.answerReset(content.resetRequest);
	} catch (error) {
		if (mail.attempts < queries.MAX_ATTEMPTS) {
			log.warn({ ...about, ...describeFailure(error) }, 'mail_delayed');
			return true;
		}
		log.error({ ...about, ...describeFailure(error) }, 'mail_failed');
	}
	// Whoever dies before this has the mail sent once more, under the same Message-ID. The other order loses mails.
	await queries.remove(mail.id);
	return true;
}

async function deliver(
	mail: queries.ClaimedMail,
	{ to, ...letter }: Mail,
	{ smtp, cutOff }: Mailer
): Promise<void> {
	const message = {
		from: config.mailFrom,
		to: { name: '', address: to },
		...letter,
		// The same at each attempt, so that a mail that comes twice is known for one.
		messageId: `<${mail.id}@${new URL(config.origin).hostname}>`,
		date: new Date(mail.createdAt),
		headers: { 'Auto-Submitted': 'auto-generated' },
		disableFileAccess: true,
		disableUrlAccess: true
	};
	if (smtp) {
		const signal = AbortSignal.any([cutOff.signal, AbortSignal.timeout(ATTEMPT_MS)]);
		await smtp.sendMail({ ...message, signal });
		log.info({ mail: mail.id, attempt: mail.attempts }, 'mail_sent');
	} else {
		const { message: content } = await eml.sendMail(message);
		const file = await writeToOutbox(`${mail.createdAt.replaceAll(':', '-')}-${mail.id}`, content as Buffer);
		log.info({ mail: mail.id, file }, 'mail_written');
	}
}

const connectSmtp = (url: string) => createTransport({ url });

const eml = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

/** All of the file is there, or nothing; after a crash the same name is written again, and there is still one. */
async function writeToOutbox(name: string, content: Buffer): Promise<string> {
	const outbox = join(config.dataDir, 'outbox');
	await mkdir(outbox, { recursive: true, mode: 0o700 });
	const file = join(outbox, `${name}.eml`);
	await writeFile(`${file}.part`, content, { mode: 0o600, flush: true });
	await rename(`${file}.part`, file);
	return file;
}

/** What the log may say: a server's answer can quote the address that it refuses, and a filter the link. */
function describeFailure(error: unknown) {
	const { code, command, response, message } = error as NodemailerError;
	const status = /^\d{3}([ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response ?? '')?.[0];
	return {
		code,
		command,
		status,
		message: response === undefined && code !== 'EENVELOPE' ? message : undefined
	};
}
