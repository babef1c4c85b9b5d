import { redirect, type RequestEvent } from '@sveltejs/kit';
import type { z } from 'zod';
import { clientOf } from '$lib/server/auth/authenticate';
import { setCookie, type Client } from '$lib/server/auth/sessions';
import { isDatabaseAway } from '$lib/server/db/connect';
import { fieldErrors, InvalidInput, Refusal } from '$lib/server/errors';
import { orFormErrors } from '$lib/server/page';

/** Where to go after signing in: a page of this site, whatever the address asks for. */
export function nextOf(url: URL): string {
	const next = url.searchParams.get('next') ?? '';
	// A browser takes `//host` and `/\host` for another site, and drops control characters before it looks.
	if (!/^\/(?![/\\])\P{Cc}*$/u.test(next) || !URL.canParse(next, url)) return '/inbox';
	const { origin, pathname, search, hash } = new URL(next, url);
	// `/..//host` is `//host` by now.
	return origin === url.origin && !pathname.startsWith('//') ? pathname + search + hash : '/inbox';
}

/** What the form's fields hold, as far as it is text. */
export async function typedInto(event: RequestEvent): Promise<Record<string, string>> {
	const form = await event.request.formData();
	return Object.fromEntries(
		[...form].filter((field): field is [string, string] => typeof field[1] === 'string')
	);
}

/** Opens a session for this browser and goes on, or says beside the form why not. */
export async function enter<Input>(
	event: RequestEvent,
	schema: z.ZodType<Input>,
	typed: Record<string, string | undefined>,
	open: (input: Input, door: { kind: 'browser'; client: Client }) => Promise<{ secret: string | null }>
) {
	async function attempt() {
		const parsed = schema.safeParse(typed);
		if (!parsed.success) throw new InvalidInput(fieldErrors(parsed.error));
		try {
			return await open(parsed.data, { kind: 'browser', client: clientOf(event) });
		} catch (error) {
			throw isDatabaseAway(error) ? new Refusal('database_unavailable') : error;
		}
	}

	const { email = '', name = '' } = typed;
	const opened = await orFormErrors(attempt(), { email, name });
	if (!('secret' in opened)) return opened;
	if (opened.secret) setCookie(event.cookies, opened.secret);
	return redirect(303, nextOf(event.url));
}
