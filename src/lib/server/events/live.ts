import { tracked } from '@trpc/server';
import * as personalTokens from '../auth/personal-tokens';
import { findById } from '../auth/sessions';
import type { Auth } from '../auth/authenticate';
import { isDatabaseAway } from '../db/connect';
import { Refusal } from '../errors';
import { eventsAfter, lastEvent, type Event } from './queries';
import { onNews } from './news';

type SignedIn = Extract<Auth, { user: object }>;

/** Aborted when the server stops: open streams are the first to go. */
export const stopping = new AbortController();

const PAGE = 200;
/** Timers count 31 bits of milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;
const AWAY_MS = 1_000;

/**
 * The owner's events from behind a number on, in order and without a gap, until the caller leaves or the server
 * stops; refused as soon as the caller's session is over. It holds no connection to the database: one for the
 * whole instance hears of news, and what they are is read then.
 */
export async function* follow(auth: SignedIn, from: number | null, signal: AbortSignal | undefined) {
	const left = AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])]);
	const credential = auth.via === 'personal_token' ? auth.tokenId : auth.session.id;
	const bell = new Bell(left);
	const forget = onNews([credential, auth.user.id], () => {
		bell.ring();
	});
	try {
		let number = from ?? (await lastEvent(auth.user.id));
		while (!left.aborted) {
			const now = await orWhenBack(async () => ({
				expiresAt: await currentExpiry(auth),
				found: await eventsAfter(auth.user.id, number, PAGE)
			}));
			if (!now) {
				await bell.wait(AWAY_MS);
				continue;
			}
			const { expiresAt, found } = now;
			if (expiresAt === null) throw new Refusal('session_over');
			if ('reset' in found) {
				number = found.reset;
				// Some of what was missed is no longer known: whoever follows has to load everything anew.
				yield tracked(String(number), { type: 'events.reset', id: auth.user.id, version: number });
				continue;
			}
			for (const event of found.events) yield tracked(String(event.number), toWire(event));
			number = found.events.at(-1)?.number ?? number;
			if (found.events.length < PAGE) await bell.wait(Date.parse(expiresAt) - Date.now());
		}
	} finally {
		forget();
	}
}

const toWire = ({ type, id, version, task }: Event) => ({
	type,
	id,
	version,
	...(task !== null && { task })
});

const currentExpiry = async (auth: SignedIn): Promise<string | null> =>
	auth.via === 'personal_token'
		? personalTokens.currentExpiry(auth.user.id, auth.tokenId)
		: ((await findById(auth.session.id))?.session.expiresAt ?? null);

/** A stream outlives the database's absences; undefined stands for one. */
async function orWhenBack<T>(read: () => Promise<T>): Promise<T | undefined> {
	try {
		return await read();
	} catch (error) {
		if (isDatabaseAway(error)) return undefined;
		throw error;
	}
}

/** Something to wait for. It may ring before anybody waits, and that is not lost. */
class Bell {
	#rung = false;
	#wake: (() => void) | null = null;

	constructor(private readonly left: AbortSignal) {
		left.addEventListener('abort', () => {
			this.ring();
		});
	}

	ring(): void {
		this.#rung = true;
		this.#wake?.();
	}

	async wait(ms: number): Promise<void> {
		if (!this.#rung && !this.left.aborted) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, Math.min(Math.max(ms, 0) + 1, LONGEST_MS)).unref();
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
		this.#wake = null;
		this.#rung = false;
	}
}
