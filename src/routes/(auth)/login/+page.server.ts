import { redirect } from '@sveltejs/kit';
import * as schemas from '$lib/schemas/auth';
import { secondFactor, signIn } from '$lib/server/auth/sign-in';
import { config } from '$lib/server/config';
import { messageOf, Refusal, type Reason } from '$lib/server/errors';
import { enter, nextOf, parse, searchOf, typedInto } from '../doors.server';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals: { auth }, url }) => {
	// Whoever has just reset a password may still be signed in here, as somebody else.
	const hasReset = url.searchParams.get('after') === 'reset';
	if (auth.user && !hasReset) redirect(303, nextOf(url));
	return {
		search: searchOf(url),
		takesNewAccounts: config.signup === 'open',
		notice: hasReset
			? 'Your password was changed. Sign in.'
			: url.searchParams.get('after') === 'deletion'
				? 'Your account is deleted, and everything in it.'
				: !auth.user && auth.reason === 'session_over'
					? messageOf(new Refusal('session_over'))
					: null
	};
};

/** After these, the password is asked for again. */
const startsOver = new Set<Reason | undefined>(['ticket_expired', 'bad_credentials']);

export const actions = {
	default: async (event) => {
		const { email, password, ticket = '', code, back } = await typedInto(event);
		const values = { email: email ?? '', ticket: '' };
		if (back) return { values };
		if (!ticket) {
			return enter(event, values, (door) => signIn(parse(schemas.signIn, { email, password }), door));
		}
		const outcome = await enter(event, { ...values, ticket }, (door) =>
			secondFactor(parse(schemas.secondFactor, { ticket, code }), door)
		);
		if ('data' in outcome && startsOver.has(outcome.data.reason)) outcome.data.values.ticket = '';
		return outcome;
	}
} satisfies Actions;
