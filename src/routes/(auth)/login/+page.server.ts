import { redirect } from '@sveltejs/kit';
import * as schemas from '$lib/schemas/auth';
import * as accounts from '$lib/server/auth/accounts';
import { config } from '$lib/server/config';
import { messageOf, Refusal } from '$lib/server/errors';
import { enter, nextOf, typedInto } from '../doors.server';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals: { auth }, url }) => {
	if (auth.user) redirect(303, nextOf(url));
	return {
		search: url.search,
		takesNewAccounts: config.signup === 'open',
		notice: auth.reason === 'session_over' ? messageOf(new Refusal('session_over')) : null
	};
};

export const actions = {
	default: async (event) => {
		const { email, password } = await typedInto(event);
		return enter(event, schemas.signIn, { email, password }, accounts.signIn);
	}
} satisfies Actions;
