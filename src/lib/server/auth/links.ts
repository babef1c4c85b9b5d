import { deleteTokens } from '../account/queries';
import * as audit from '../audit/queries';
import { transaction, type Transaction } from '../db/connect';
import { Refusal } from '../errors';
import { mailsTo, take } from '../limits/limits';
import {
	enqueueResetRequest,
	kickMailer,
	sendPasswordChanged,
	sendPasswordReset,
	sendVerification,
	type ResetRequest
} from '../mail/mail';
import { hashPassword, requireStrength } from './passwords';
import * as queries from './queries';
import type { LinkPurpose } from './queries';
import { accountKey, randomSecret, sha256 } from './secrets';
import type { Client } from './sessions';

/** The links in mails: what asks for them, and what they do when they come back. */

const LIFE_MS = { reset: 60 * 60 * 1000, verify: 7 * 24 * 60 * 60 * 1000 } as const;

export async function newLink(userId: string, purpose: LinkPurpose, tx: Transaction): Promise<string> {
	const token = randomSecret();
	const expiresAt = new Date(Date.now() + LIFE_MS[purpose]).toISOString();
	await queries.replaceLink({ userId, purpose, tokenHash: sha256(token), expiresAt }, tx);
	return token;
}

/** Whose link it is, or null when it doesn't work any more. Looking uses nothing up. */
export async function findLinkOwner(token: string, purpose: LinkPurpose): Promise<queries.UserRow | null> {
	const link = await queries.findLink(sha256(token), purpose);
	return link && (await queries.findAccount(link.userId));
}

/** Does the same, in the same time, for every address; whether there is an account is looked up afterwards. */
export async function requestPasswordReset(email: string, client: Client): Promise<void> {
	await take(mailsTo(accountKey(email)));
	await enqueueResetRequest({ email, client });
	kickMailer();
}

/** The mailer's part of it: a mail, if there is somebody to have it. */
export async function answerResetRequest({ email, client }: ResetRequest): Promise<void> {
	const user = await queries.findAccountByEmail(email);
	if (!user) return;
	await transaction(async (tx) => {
		await audit.record(user.id, { type: 'password_reset_requested', client }, tx);
		await sendPasswordReset(user, await newLink(user.id, 'reset', tx), tx);
	});
}

/** The right to a link in a mail ends every session and token: whoever had them may not be its owner. */
export async function resetPassword(token: string, password: string, client: Client): Promise<void> {
	const tokenHash = sha256(token);
	const link = await queries.findLink(tokenHash, 'reset');
	const account = link && (await queries.findAccount(link.userId));
	if (!account) throw new Refusal('reset_invalid');
	await requireStrength('password', password, account);
	const passwordHash = await hashPassword(password);

	await transaction(async (tx) => {
		const used = await queries.useLink(tokenHash, 'reset', tx);
		if (!used) throw new Refusal('reset_invalid');
		await queries.setPasswordHash(account.id, passwordHash, tx);
		// The mail arrived, so the address is the owner's.
		await queries.markEmailVerified(account.id, tx);
		await queries.endSessionsOf(account.id, tx);
		await queries.deleteTicketsOf(account.id, tx);
		await deleteTokens(account.id, tx);
		await audit.record(account.id, { type: 'password_reset', client }, tx);
		await sendPasswordChanged(account, { at: new Date() }, tx);
	});
	kickMailer();
}

export async function verifyEmail(token: string, client: Client): Promise<void> {
	await transaction(async (tx) => {
		const link = await queries.useLink(sha256(token), 'verify', tx);
		if (!link) throw new Refusal('verify_invalid');
		await queries.markEmailVerified(link.userId, tx);
		await audit.record(link.userId, { type: 'email_verified', client }, tx);
	});
}

/** Another verification mail; only its link works from then on. */
export async function resendVerification(user: queries.UserRow): Promise<void> {
	await take(mailsTo(accountKey(user.email)));
	await transaction(async (tx) => sendVerification(user, await newLink(user.id, 'verify', tx), tx));
	kickMailer();
}
