import { fail, redirect, type RequestEvent } from '@sveltejs/kit';
import { orFormErrors } from '$lib/server/page';

/** What the form's fields hold, as far as it is text. */
export async function typedInto(event: RequestEvent) {
	const form = await event.request.formData();
	const all = (name: string) => form.getAll(name).filter((value) => typeof value === 'string');
	return {
		all,
		text: (name: string) => all(name)[0] ?? '',
		/** The password that is asked for again; nothing typed is a missing one, and no wrong one. */
		currentPassword: all('currentPassword').find((typed) => typed !== '')
	};
}

const aboutPassword: Partial<Record<string, string>> = {
	reauth_required: 'Enter your current password.',
	bad_credentials: 'This is not your current password.'
};

/** Does what a form asked for. What is refused goes back to that form, beside what had been typed. */
export async function attempt<T>(of: string, values: Record<string, string>, call: Promise<T>) {
	const outcome = await orFormErrors(
		call.then((value) => ({ value })),
		values
	);
	if ('value' in outcome) return { ok: true as const, value: outcome.value };

	const { status, data } = outcome;
	const wrong = aboutPassword[data.reason ?? ''];
	const fields = wrong ? { currentPassword: [wrong] } : data.fields;
	return { ok: false as const, failure: fail(status, { ...data, of, fields }) };
}

/** Shows the page again by itself once it is done, so that a reload doesn't do it twice. */
export async function attemptAndReturn(
	event: RequestEvent,
	of: string,
	values: Record<string, string>,
	call: Promise<unknown>
) {
	const outcome = await attempt(of, values, call);
	if (!outcome.ok) return outcome.failure;
	return redirect(303, `${event.url.pathname}?done=${of}`);
}

/** Refuses before any procedure is asked. */
export const refuse = (of: string, fields: Record<string, string[]>, values: Record<string, string> = {}) =>
	fail(400, { of, message: undefined, reason: undefined, fields, retryAfter: undefined, values });
