import { redirect } from '@sveltejs/kit';
import { findLinkOwner } from '$lib/server/auth/links';
import { orErrorPage, orFormErrors, publicProcedures } from '$lib/server/page';
import { orRefusal, typedInto } from '../../doors.server';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
	const owner = await orErrorPage(event, orRefusal(findLinkOwner(event.params.token, 'reset')));
	// The mail with the link went to this address.
	return { email: owner?.email ?? null };
};

export const actions = {
	default: async (event) => {
		const { token } = event.params;
		const { password = '' } = await typedInto(event);
		const changed = publicProcedures(event).auth.resetPassword({ token, password });
		const refused = await orFormErrors(
			changed.then(() => null),
			{}
		);
		return refused ?? redirect(303, '/login?after=reset');
	}
} satisfies Actions;
