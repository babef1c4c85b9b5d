import { redirect } from '@sveltejs/kit';
import * as schemas from '$lib/schemas/auth';
import { signUp } from '$lib/server/auth/sign-up';
import { config } from '$lib/server/config';
import { messageOf, Refusal } from '$lib/server/errors';
import { enter, nextOf, parse, searchOf, typedInto } from '../doors.server';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals: { auth }, url }) => {
	if (auth.user) redirect(303, nextOf(url));
	return {
		search: searchOf(url),
		closed: config.signup === 'closed' ? messageOf(new Refusal('signup_closed')) : null
	};
};

export const actions = {
	default: async (event) => {
		const { email, password, name = '', timezone = '' } = await typedInto(event);
		const typed = {
			email,
			password,
			name: name.trim() ? name : undefined,
			// Told by the browser, not by a person who could correct it.
			timezone: schemas.isTimezone(timezone) ? timezone : undefined
		};
		return enter(event, { email: email ?? '', name }, (door) => signUp(parse(schemas.signUp, typed), door));
	}
} satisfies Actions;
