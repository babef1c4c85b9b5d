import { afterEach, expect } from 'vitest';
import type { Task } from '$lib/server/tasks/task';
import { env, http } from './harness';

export type Event = { id: string; data: { type: string; id: string; version: number; task?: Task } };

const open: AbortController[] = [];
afterEach(() => {
	for (const stream of open.splice(0)) stream.abort();
});

/** The stream as it travels, read by hand. `end` resolves when the server ends it. */
export async function subscribe(
	headers: Record<string, string>,
	{ url = env.ORIGIN, from }: { url?: string; from?: string } = {}
) {
	if (url === env.ORIGIN) await http('/healthz');
	const controller = new AbortController();
	open.push(controller);
	const input = from === undefined ? '{}' : JSON.stringify({ lastEventId: from });
	const response = await fetch(`${url}/trpc/events.subscribe?input=${encodeURIComponent(input)}`, {
		headers: { accept: 'text/event-stream', ...headers },
		signal: controller.signal
	});
	expect(response.status).toBe(200);
	const events: Event[] = [];
	const errors: string[] = [];
	let text = '';
	let connected: (() => void) | undefined;
	const ready = new Promise<void>((resolve) => (connected = resolve));
	const end = (async () => {
		const decoder = new TextDecoder();
		try {
			for await (const chunk of response.body ?? []) {
				text += decoder.decode(chunk, { stream: true });
				for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
					const lines = text.slice(0, at).split('\n');
					text = text.slice(at + 2);
					const field = (name: string) =>
						lines
							.find((line) => line.startsWith(`${name}:`))
							?.slice(name.length + 1)
							.trim();
					const [id, data, event] = [field('id'), field('data'), field('event')];
					if (event === 'connected') connected?.();
					else if (event === 'serialized-error') errors.push(data ?? '');
					else if (id && data) events.push({ id, data: JSON.parse(data) as Event['data'] });
				}
			}
		} catch (error) {
			if (!controller.signal.aborted) throw error;
		}
	})();
	await ready;
	return { events, errors, end, leave: () => controller.abort() };
}
