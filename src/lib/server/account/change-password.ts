import * as audit from '../audit/queries';
import { hashPassword, requireStrength } from '../auth/passwords';
import * as auth from '../auth/queries';
import { deriveRefreshToken } from '../auth/refresh-tokens';
import { randomSecret, sha256 } from '../auth/secrets';
import type { Client, SignedIn } from '../auth/sessions';
import { transaction } from '../db/connect';
import { Refusal } from '../errors';
import { kickMailer, sendPasswordChanged } from '../mail/mail';

type Renewed = { cookieSecret: string } | { refreshToken: string; refreshTokenExpiresAt: string };

/** Other sessions end; the caller's goes on under a new secret, which is returned. */
export async function changePassword(
	{ user, session, passwordHash: oldHash }: SignedIn & { passwordHash: string },
	newPassword: string,
	client: Client
): Promise<Renewed> {
	await requireStrength('newPassword', newPassword, user);
	const passwordHash = await hashPassword(newPassword);
	const cookieSecret = session.kind === 'browser' ? randomSecret() : null;

	const counter = await transaction(async (tx) => {
		// Changed meanwhile by somebody else, and so not the caller's to change any more.
		if (!(await auth.replacePasswordHash(user.id, oldHash, passwordHash, tx)))
			throw new Refusal('bad_credentials');
		await auth.endOtherSessions(user.id, session.id, tx);
		const counter = await auth.renewSecret(session.id, cookieSecret && sha256(cookieSecret), tx);
		if (counter === null) throw new Refusal('session_over');
		// What was begun with the old password ends with it.
		await auth.deleteTicketsOf(user.id, tx);
		await auth.deleteLinks(user.id, 'reset', tx);
		await audit.record(user.id, { type: 'password_changed', client, sessionId: session.id }, tx);
		await sendPasswordChanged(user, { at: new Date() }, tx);
		return counter;
	});
	kickMailer();
	if (cookieSecret !== null) return { cookieSecret };
	return { refreshToken: deriveRefreshToken(session.id, counter), refreshTokenExpiresAt: session.expiresAt };
}
