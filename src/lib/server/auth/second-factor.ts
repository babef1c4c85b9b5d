import * as audit from '../audit/queries';
import { transaction, type Transaction } from '../db/connect';
import { Refusal } from '../errors';
import { attempt } from './attempts';
import { hashRecoveryCode, inTurn } from './passwords';
import * as queries from './queries';
import type { Account } from './queries';
import { open, seal } from './secrets';
import type { Client } from './sessions';
import {
	looksLikeTotp,
	matchingStep,
	newRecoveryCodes,
	newTotpSecret,
	normaliseRecoveryCode,
	otpauthUrl,
	qrSvg,
	secretText
} from './totp';

/** A right code, and what makes it used: false when another call was faster. */
export type Proof = { use: (tx: Transaction) => Promise<boolean> };

export async function proveSecondFactor(account: Account, code: string): Promise<Proof | null> {
	if (looksLikeTotp(code)) {
		const step = await stepOf(account, code);
		if (step === null || step <= account.lastTotpStep) return null;
		return { use: (tx) => queries.useTotpStep(account.id, step, tx) };
	}
	const recoveryCode = normaliseRecoveryCode(code);
	if (recoveryCode === null) return null;
	const codeHash = await hashRecoveryCode(account.id, recoveryCode);
	if (!(await queries.hasRecoveryCode(account.id, codeHash))) return null;
	return { use: (tx) => queries.useRecoveryCode(account.id, codeHash, tx) };
}

async function stepOf({ sealedTotpSecret }: Account, code: string): Promise<number | null> {
	const secret = sealedTotpSecret && open('totp', sealedTotpSecret);
	return secret ? matchingStep(secret, code, Date.now()) : null;
}

/** A new secret, which counts only once a code of it was seen. */
export async function begin({ id, email }: { id: string; email: string }) {
	const secret = newTotpSecret();
	if (!(await queries.setPendingTotpSecret(id, seal('totp', secret)))) throw new Refusal('two_factor_on');
	const url = otpauthUrl(secret, email);
	return { secret: secretText(secret), otpauthUrl: url, qrSvg: qrSvg(url) };
}

export async function confirm(userId: string, code: string, client: Client) {
	const account = await queries.findAccount(userId);
	if (!account) throw new Refusal('session_over');
	if (account.twoFactorSince !== null) throw new Refusal('two_factor_on');
	const { sealedTotpSecret } = account;
	if (sealedTotpSecret === null) throw new Refusal('two_factor_off');

	const step = await attempt(account, client, { type: 'second_factor_failed', refusal: 'bad_code' }, () =>
		stepOf(account, code)
	);
	const codes = await makeRecoveryCodes(userId);
	await transaction(async (tx) => {
		if (!(await queries.enableTwoFactor(userId, sealedTotpSecret, step, tx)))
			throw new Refusal('two_factor_on');
		await queries.replaceRecoveryCodes(userId, codes.hashes, tx);
		await audit.record(userId, { type: 'two_factor_enabled', client }, tx);
	});
	return { recoveryCodes: codes.plain };
}

export async function disable(userId: string, client: Client): Promise<void> {
	await transaction(async (tx) => {
		if (!(await queries.disableTwoFactor(userId, tx))) throw new Refusal('two_factor_off');
		await queries.replaceRecoveryCodes(userId, [], tx);
		await queries.deleteTicketsOf(userId, tx);
		await audit.record(userId, { type: 'two_factor_disabled', client }, tx);
	});
}

/** Ten new codes; the old ones are worth nothing from now on. */
export async function regenerateRecoveryCodes({ id, twoFactorSince }: queries.UserRow) {
	if (twoFactorSince === null) throw new Refusal('two_factor_off');
	const codes = await makeRecoveryCodes(id);
	await transaction((tx) => queries.replaceRecoveryCodes(id, codes.hashes, tx));
	return { recoveryCodes: codes.plain };
}

async function makeRecoveryCodes(userId: string): Promise<{ plain: string[]; hashes: string[] }> {
	const plain = newRecoveryCodes();
	const hashes: string[] = [];
	// One at a time, so that others get their turn in between.
	for (const code of plain) hashes.push(await inTurn(() => hashRecoveryCode(userId, code)));
	return { plain, hashes };
}
