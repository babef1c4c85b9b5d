import type { RequestEvent } from '@sveltejs/kit';
import { clientOf, type Auth } from '../auth/authenticate';
import { clearCookie, setCookie, type Client } from '../auth/sessions';

/** What a procedure knows about the request; a test can make one without HTTP. */
export type Context = {
	requestId: string;
	auth: Auth;
	client: Client;
	/** Changes the caller's session cookie, where there is a browser to keep it. */
	cookie: { set: (secret: string) => void; clear: () => void };
};

export const contextOf = (event: RequestEvent): Context => ({
	requestId: event.locals.requestId,
	auth: event.locals.auth,
	client: clientOf(event),
	cookie: {
		set: (secret) => {
			setCookie(event.cookies, secret);
		},
		clear: () => {
			clearCookie(event.cookies);
		}
	}
});
