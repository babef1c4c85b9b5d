import * as personalTokens from '../auth/personal-tokens';
import { findById } from '../auth/sessions';
import type { Auth } from '../auth/authenticate';
import { isDatabaseAway } from '../db/connect';
import { Refusal } from '../errors';
import { onEnd } from './news';

/** Aborted when the server stops: open streams are the first to go. */
export const stopping = new AbortController();

/** Timers count 31 bits of milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** Lasts until the caller leaves or the server stops, and is refused as soon as the caller's session is over. */
export async function untilSignedOut(
	auth: Extract<Auth, { user: object }>,
	signal: AbortSignal | undefined
): Promise<void> {
	const left = AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])]);
	const id = auth.via === 'personal_token' ? auth.tokenId : auth.session.id;
	while (!left.aborted) {
		// Listening comes first: the end may be announced before the answer to the question is here.
		const wait = listenForEnd(id, left);
		try {
			const expiresAt = await currentExpiry(auth);
			if (expiresAt === null) throw new Refusal('session_over');
			await wait.for(Date.parse(expiresAt) - Date.now());
		} finally {
			wait.over();
		}
	}
}

async function currentExpiry(auth: Extract<Auth, { user: object }>): Promise<string | null> {
	try {
		return auth.via === 'personal_token'
			? await personalTokens.currentExpiry(auth.user.id, auth.tokenId)
			: ((await findById(auth.session.id))?.session.expiresAt ?? null);
	} catch (error) {
		// Asked again soon; a stream is no reason to sign anybody out.
		if (isDatabaseAway(error)) return new Date(Date.now() + 1_000).toISOString();
		throw error;
	}
}

/** `for` resolves when something may have ended since, when the time is up, or when nobody listens any more. */
function listenForEnd(id: string, left: AbortSignal) {
	let timer: NodeJS.Timeout | undefined;
	let done: () => void = () => undefined;
	const ended = new Promise<void>((resolve) => (done = resolve));
	const forget = onEnd(id, done);
	left.addEventListener('abort', done);
	return {
		for(ms: number): Promise<void> {
			timer = setTimeout(done, Math.min(Math.max(ms, 0) + 1, LONGEST_MS)).unref();
			return ended;
		},
		over() {
			forget();
			clearTimeout(timer);
			left.removeEventListener('abort', done);
		}
	};
}
