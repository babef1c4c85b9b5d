import { deriveRefreshToken } from './refresh-tokens';
import type { SignedIn } from './sessions';
import { issueAccessToken, type AccessToken } from './tokens';
import { toUser, type User } from './users';

/** What a program gets at the door: a token to call with, and one to get the next with. */
export type Grant = AccessToken & {
	status: 'ok';
	user: User;
	sessionId: string;
	refreshToken: string;
	refreshTokenExpiresAt: string;
};

export async function grant(signedIn: SignedIn): Promise<Grant> {
	const { session, user } = signedIn;
	return {
		status: 'ok',
		user: toUser(user),
		sessionId: session.id,
		...(await issueAccessToken(signedIn)),
		refreshToken: deriveRefreshToken(session.id, session.refreshCounter),
		refreshTokenExpiresAt: session.expiresAt
	};
}
