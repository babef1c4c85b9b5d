import { uuidv7 } from 'uuidv7';
import type { z } from 'zod';
import type * as schemas from '../../schemas/auth';
import * as audit from '../audit/queries';
import { config } from '../config';
import { transaction } from '../db/connect';
import { Refusal } from '../errors';
import { signUps, take } from '../limits/limits';
import { kickMailer, sendVerification } from '../mail/mail';
import { describeDevice } from './devices';
import { newLink } from './links';
import { hashPassword, requireStrength } from './passwords';
import * as queries from './queries';
import { startSession, type Door } from './sessions';

export async function signUp(input: z.infer<typeof schemas.signUp>, { kind, client }: Door) {
	if (config.signup === 'closed') throw new Refusal('signup_closed');
	const { email, password, name = null, timezone = 'UTC', device = null } = input;
	await take(signUps(client.ip));
	await requireStrength('password', password, { email, name });
	const passwordHash = await hashPassword(password);

	const started = await transaction(async (tx) => {
		const user = await queries.insertUser({ id: uuidv7(), email, name, passwordHash, timezone }, tx);
		if (!user) throw new Refusal('email_taken');
		const started = await startSession(user, kind, client, device, tx);
		await queries.rememberDevice(user.id, device ?? describeDevice(client.userAgent) ?? 'Unknown device', tx);
		await audit.record(user.id, { type: 'sign_up', client, sessionId: started.session.id }, tx);
		await sendVerification(user, await newLink(user.id, 'verify', tx), tx);
		return started;
	});
	kickMailer();
	return started;
}
