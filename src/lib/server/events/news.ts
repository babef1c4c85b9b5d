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
			else if (announcement.type === 'changed') news.emit(announcement.userId);
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

/** Calls back when there is news of one of these ids (a session, a token, an owner), or may have been unheard. */
export function onNews(ids: string[], callback: () => void): () => void {
	const names = [...ids, GAP];
	for (const name of names) news.on(name, callback);
	return () => {
		for (const name of names) news.off(name, callback);
	};
}
