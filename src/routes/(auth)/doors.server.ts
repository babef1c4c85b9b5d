import { redirect, type RequestEvent } from '@sveltejs/kit';
import type { z } from 'zod';
import { clientOf } from '$lib/server/auth/authenticate';
import { setCookie, type Door, type Started } from '$lib/server/auth/sessions';
import type { Pending } from '$lib/server/auth/sign-in';
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

/** What the other doors have to know of this one's address. */
export function searchOf(url: URL): string {
	const next = url.searchParams.get('next');
	return next === null ? '' : `?next=${encodeURIComponent(next)}`;
}

/** What the form's fields hold, as far as it is text. */
export async function typedInto(event: RequestEvent): Promise<Partial<Record<string, string>>> {
	const form = await event.request.formData();
	return Object.fromEntries(
		[...form].filter((field): field is [string, string] => typeof field[1] === 'string')
	);
}

/** What was typed, as the schema wants it. */
export function parse<Input>(
	schema: z.ZodType<Input>,
	typed: Partial<Record<keyof Input, string | undefined>>
): Input {
	const parsed = schema.safeParse(typed);
	if (parsed.success) return parsed.data;
	throw new InvalidInput(fieldErrors(parsed.error));
}

/** For what isn't a procedure: those say by themselves when the database is away. */
export async function orRefusal<T>(call: Promise<T>): Promise<T> {
	try {
		return await call;
	} catch (error) {
		throw isDatabaseAway(error) ? new Refusal('database_unavailable') : error;
	}
}

/** Opens a session for this browser and goes on; or says what is still missing, or beside the form why not. */
export async function enter<Values extends { email: string }>(
	event: RequestEvent,
	values: Values,
	open: (door: Door) => Promise<Started | Pending>
) {
	const attempt = async () => open({ kind: 'browser', client: clientOf(event) });
	const outcome = await orFormErrors(orRefusal(attempt()), values);
	if ('ticket' in outcome) return { values: { ...values, ticket: outcome.ticket } };
	if (!('secret' in outcome)) return outcome;
	if (outcome.secret) setCookie(event.cookies, outcome.secret);
	return redirect(303, nextOf(event.url));
}
