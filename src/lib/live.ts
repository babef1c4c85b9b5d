import { refusalOf, trpc } from './trpc';

/** The tab itself is about to end the session, and knows where to go then. */
let leaving = false;

export function leaveOnPurpose(purpose = true): void {
	leaving = purpose;
}

/**
 * Calls back once when the browser is no longer signed in as this user, wherever that was ended. The tabs of
 * a browser share one connection: whoever has the lock holds it, and tells the others.
 */
export function untilSignedOut(userId: string, callback: () => void): () => void {
	const name = `latchkey:live:${userId}`;
	let controller: AbortController | null = null;

	function start() {
		leaving = false;
		const current = (controller = new AbortController());
		const { signal } = current;
		const channel = new BroadcastChannel(name);
		signal.addEventListener('abort', () => channel.close());

		const over = () => {
			if (signal.aborted) return;
			channel.postMessage('signed out');
			told();
		};
		const told = () => {
			current.abort();
			if (!leaving) callback();
		};
		channel.onmessage = told;
		void connectInTurn(name, userId, over, signal);
	}

	const stop = () => controller?.abort();
	// A page that the browser puts aside holds nothing, and may have missed something when it comes back.
	const onpageshow = ({ persisted }: PageTransitionEvent) => {
		if (persisted) start();
	};
	addEventListener('pagehide', stop);
	addEventListener('pageshow', onpageshow);
	start();

	return () => {
		stop();
		removeEventListener('pagehide', stop);
		removeEventListener('pageshow', onpageshow);
	};
}

async function connectInTurn(
	name: string,
	userId: string,
	over: () => void,
	signal: AbortSignal
): Promise<void> {
	try {
		// There are no locks over plain http from another machine. Each tab connects for itself then, while it is
		// seen, for browsers allow few connections.
		if ('locks' in navigator) {
			await navigator.locks.request(name, { signal }, () => stayConnected(userId, over, signal));
		} else {
			await whileVisible((visible) => stayConnected(userId, over, visible), signal);
		}
	} catch (error) {
		if (!signal.aborted) throw error;
	}
}

async function whileVisible(
	run: (visible: AbortSignal) => Promise<void>,
	signal: AbortSignal
): Promise<void> {
	while (!signal.aborted) {
		await changed(() => document.visibilityState === 'visible', signal);
		const hidden = new AbortController();
		const gone = changed(() => document.visibilityState !== 'visible', signal);
		await Promise.race([run(AbortSignal.any([hidden.signal, signal])), gone]);
		hidden.abort();
		await gone;
	}
}

const changed = (is: () => boolean, signal: AbortSignal): Promise<void> =>
	new Promise((resolve) => {
		const look = () => {
			if (!is() && !signal.aborted) return;
			document.removeEventListener('visibilitychange', look);
			signal.removeEventListener('abort', look);
			resolve();
		};
		document.addEventListener('visibilitychange', look);
		signal.addEventListener('abort', look);
		look();
	});

/** Keeps one connection, quietly, until the session behind it is over or nobody wants it any more. */
async function stayConnected(userId: string, over: () => void, signal: AbortSignal): Promise<void> {
	let failures = 0;
	let connectedBefore = false;

	const onstarted = () => {
		failures = 0;
		if (connectedBefore) void isStill(userId).then((still) => (still ? undefined : over()));
		connectedBefore = true;
	};

	while (!signal.aborted) {
		// Loaded when the page is there: nobody waits for it.
		const outcome = await import('./live-stream').then(
			({ stream }) => stream(onstarted, signal),
			() => ({ signedOut: false, retryAfter: undefined })
		);
		if (outcome.signedOut) return over();
		await pause(outcome.retryAfter ?? Math.min(30, 2 ** failures++ / 2), signal);
	}
}

/** While the connection was lost, somebody else may have signed in to this browser. */
async function isStill(userId: string): Promise<boolean> {
	try {
		return (await trpc.auth.me.query()).id === userId;
	} catch (error) {
		return refusalOf(error)?.httpStatus !== 401;
	}
}

/** Not all tabs at the same time after a restart, and at once when the network is back. */
const pause = (seconds: number, signal: AbortSignal): Promise<void> =>
	new Promise((resolve) => {
		const go = () => {
			clearTimeout(timer);
			removeEventListener('online', go);
			signal.removeEventListener('abort', go);
			resolve();
		};
		const timer = setTimeout(go, seconds * 1000 * (0.75 + Math.random() / 2));
		addEventListener('online', go);
		signal.addEventListener('abort', go);
	});
