import type { z } from 'zod';
import type * as schemas from '../../schemas/auth';
import * as audit from '../audit/queries';
import { transaction } from '../db/connect';
import { Refusal } from '../errors';
import { kickMailer, sendNewDevice } from '../mail/mail';
import { attempt } from './attempts';
import { describeDevice } from './devices';
import { hashPassword, isOutdated, passwordMatches } from './passwords';
import * as queries from './queries';
import type { Account } from './queries';
import { accountKey, randomSecret, sha256 } from './secrets';
import { startSession, type Door, type Started } from './sessions';
import { proveSecondFactor, type Proof } from './second-factor';

const TICKET_LIFE_MS = 5 * 60 * 1000;

/** A right password where a second factor is asked for too. */
export type Pending = { status: 'second_factor'; ticket: string; expiresAt: string };

export async function signIn(
	input: z.infer<typeof schemas.signIn>,
	{ kind, client }: Door
): Promise<Started | Pending> {
	const { email, password, device = null } = input;
	const account = await queries.findAccountByEmail(email);
	const suspect = { id: account?.id ?? null, email };
	const proven = await attempt(
		suspect,
		client,
		{ type: 'sign_in_failed', refusal: 'bad_credentials' },
		async () => ((await passwordMatches(account?.passwordHash ?? null, password)) ? account : null)
	);

	if (proven.twoFactorSince !== null) {
		const ticket = randomSecret();
		const expiresAt = new Date(Date.now() + TICKET_LIFE_MS).toISOString();
		await transaction(async (tx) => {
			// As in `finish`: the change of a password ends the tickets that there are, but not this one.
			if (!(await queries.stillHasPassword(proven.id, proven.passwordHash, tx)))
				throw new Refusal('bad_credentials');
			const ticketHash = sha256(ticket);
			await queries.insertTicket({ ticketHash, userId: proven.id, kind, device, expiresAt }, tx);
		});
		return { status: 'second_factor', ticket, expiresAt };
	}
	const current = await upgradeHash(proven, password);
	return finish(current, { kind, client }, device);
}

/** When the parameters have risen, this is the moment at which the password is at hand. */
async function upgradeHash(account: Account, password: string): Promise<Account> {
	if (!isOutdated(account.passwordHash)) return account;
	const passwordHash = await hashPassword(password);
	const replaced = await queries.replacePasswordHash(account.id, account.passwordHash, passwordHash);
	return replaced ? { ...account, passwordHash } : account;
}

export async function secondFactor(
	{ ticket, code }: z.infer<typeof schemas.secondFactor>,
	{ kind, client }: Door
): Promise<Started> {
	const ticketHash = sha256(ticket);
	const found = await queries.findTicket(ticketHash);
	const account = found && (await queries.findAccount(found.userId));
	// A ticket from the API's door opens no browser session, and the other way round.
	if (!account || found.kind !== kind) throw new Refusal('ticket_expired');

	const proof = await attempt(
		account,
		client,
		{ type: 'second_factor_failed', refusal: 'bad_code' },
		async () => {
			if (!(await queries.countTry(ticketHash))) throw new Refusal('ticket_expired');
			return proveSecondFactor(account, code);
		}
	);
	try {
		return await finish(account, { kind, client }, found.device, { ticketHash, proof });
	} catch (error) {
		// Right when it was judged, and used by another call before this one could: a replay like any other.
		if (error instanceof Refusal && error.reason === 'bad_code') {
			const entry = { type: 'second_factor_failed', client, reason: 'bad_code' } as const;
			await audit.record(account.id, { ...entry, accountKey: accountKey(account.email) });
		}
		throw error;
	}
}

async function finish(
	{ passwordHash, sealedTotpSecret: _, lastTotpStep: __, ...user }: Account,
	{ kind, client }: Door,
	device: string | null,
	second?: { ticketHash: string; proof: Proof }
): Promise<Started> {
	const started = await transaction(async (tx) => {
		// The password may have been changed since it was checked, which ended all sessions but not this one.
		if (!(await queries.stillHasPassword(user.id, passwordHash, tx))) throw new Refusal('bad_credentials');
		if (second) {
			if (!(await queries.useTicket(second.ticketHash, tx))) throw new Refusal('ticket_expired');
			if (!(await second.proof.use(tx))) throw new Refusal('bad_code');
		}
		const started = await startSession(user, kind, client, device, tx);
		const words = device ?? describeDevice(client.userAgent) ?? 'Unknown device';
		const isNew = await queries.rememberDevice(user.id, words, tx);
		if (isNew) await sendNewDevice(user, { device: words, ip: client.ip, at: new Date() }, tx);
		const reason = isNew ? 'new_device' : undefined;
		await audit.record(user.id, { type: 'sign_in', client, reason, sessionId: started.session.id }, tx);
		return started;
	});
	kickMailer();
	return started;
}
