/**
 * What was typed or done and has not reached the server, kept in this tab over a reload or a lost session.
 * It is kept for each account, so that nobody who signs in here later is handed it.
 */

const nameOf = (userId: string, what: string) => `latchkey:${userId}:${what}`;

export function keep(userId: string, what: string, value: unknown): void {
	try {
		if (value === null) sessionStorage.removeItem(nameOf(userId, what));
		else sessionStorage.setItem(nameOf(userId, what), JSON.stringify(value));
	} catch {
		// Storage is full or forbidden: things work on, without surviving a reload.
	}
}

/** What `keep` last got under this name. */
export function recall(userId: string, what: string): unknown {
	try {
		return JSON.parse(sessionStorage.getItem(nameOf(userId, what)) ?? 'null');
	} catch {
		return null;
	}
}

export function forgetAll(userId: string): void {
	for (const name of Object.keys(sessionStorage)) {
		if (name.startsWith(nameOf(userId, ''))) sessionStorage.removeItem(name);
	}
}
