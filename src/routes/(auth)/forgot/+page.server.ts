import { orFormErrors, publicProcedures } from '$lib/server/page';
import { searchOf, typedInto } from '../doors.server';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = ({ url }) => ({ search: searchOf(url) });

export const actions = {
	default: async (event) => {
		const { email = '', again } = await typedInto(event);
		if (again) return { values: { email } };
		const sent = publicProcedures(event).auth.requestPasswordReset({ email });
		const refused = await orFormErrors(
			sent.then(() => null),
			{ email }
		);
		return refused ?? { sentTo: email.trim() };
	}
} satisfies Actions;
