import type { RequestEvent } from '@sveltejs/kit';
import type { Scope } from '../account/queries';
import { isDatabaseAway } from '../db/connect';
import type { Reason } from '../errors';
import * as personalTokens from './personal-tokens';
import type { UserRow } from './queries';
import * as sessions from './sessions';
import type { Client, SignedIn } from './sessions';
import { issueAccessToken, readAccessToken, type AccessToken } from './tokens';

/** Who is asking: somebody with a session, a program with a personal token, or nobody and the reason why. */
export type Auth =
	| (SignedIn & {
			via: 'cookie' | 'bearer';
			/** The one way to a short-lived JWT for this caller. */
			issueToken: () => Promise<AccessToken>;
	  })
	| { via: 'personal_token'; user: UserRow; session: null; tokenId: string; scopes: Scope[] }
	| { via: null; user: null; session: null; reason: Reason };

const nobody = (reason: Reason): Auth => ({ via: null, user: null, session: null, reason });

const somebody = (signedIn: SignedIn, via: 'cookie' | 'bearer'): Auth => ({
	...signedIn,
	via,
	issueToken: () => issueAccessToken(signedIn)
});

/** A request that carries both is judged by the bearer alone. */
export async function authenticate({
	request,
	cookies
}: Pick<RequestEvent, 'request' | 'cookies'>): Promise<Auth> {
	try {
		const authorization = request.headers.get('authorization');
		if (authorization !== null) return await byBearer(authorization);
		const secret = sessions.readCookie(cookies);
		return secret ? await byCookie(secret) : nobody('unauthenticated');
	} catch (error) {
		if (isDatabaseAway(error)) return nobody('database_unavailable');
		throw error;
	}
}

async function byBearer(authorization: string): Promise<Auth> {
	const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
	if (!token) return nobody('token_invalid');
	if (personalTokens.isPersonalToken(token)) {
		const found = await personalTokens.read(token);
		return typeof found === 'string' ? nobody(found) : { via: 'personal_token', session: null, ...found };
	}
	const claims = await readAccessToken(token);
	if (typeof claims === 'string') return nobody(claims);
	const signedIn = await sessions.findById(claims.sid);
	return signedIn?.user.id === claims.sub ? somebody(signedIn, 'bearer') : nobody('session_over');
}

async function byCookie(secret: string): Promise<Auth> {
	const signedIn = await sessions.findBySecret(secret);
	return typeof signedIn === 'string' ? nobody(signedIn) : somebody(signedIn, 'cookie');
}

export function clientOf(event: Pick<RequestEvent, 'getClientAddress' | 'request' | 'platform'>): Client {
	return { ip: addressOf(event), userAgent: (event.request.headers.get('user-agent') ?? '').slice(0, 400) };
}

function addressOf({
	getClientAddress,
	platform
}: Pick<RequestEvent, 'getClientAddress' | 'platform'>): string {
	try {
		return getClientAddress();
	} catch {
		// ADDRESS_HEADER is set, but this request came past the proxy that would have added it.
		return platform?.req.socket.remoteAddress ?? 'unknown';
	}
}
