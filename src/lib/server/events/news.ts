import { EventEmitter } from 'node:events';
import { loadKeys } from '../auth/keys';
import { isDatabaseAway, listen } from '../db/connect';
import { log } from '../log';
import { CHANNEL, type Announcement } from './queries';

/** What this instance hears from all of them. A subscriber names a session or token, or waits for a gap. */
const news = new EventEmitter({ captureRejections: false }).setMaxListeners(0);
const GAP = 'gap';

export async function startListening(): Promise<void> {
	await listen(
		CHANNEL,
		(message) => {
			// Only our own transactions announce here, and only this one shape.
			const announcement = JSON.parse(message) as Announcement;
			if (announcement.type === 'credentials_ended') for (const id of announcement.ids) news.emit(id);
			else reloadKeys();
		},
		() => {
			news.emit(GAP);
			reloadKeys();
		}
	);
}

function reloadKeys(): void {
	loadKeys().catch((error: unknown) => {
		// When the database is back, that is a gap, and they are loaded again.
		if (!isDatabaseAway(error)) log.error({ err: error }, 'keys_not_loaded');
	});
}

/** Calls back when the session or token has ended, or may have ended unheard. */
export function onEnd(id: string, callback: () => void): () => void {
	news.on(id, callback);
	news.on(GAP, callback);
	return () => {
		news.off(id, callback);
		news.off(GAP, callback);
	};
}
