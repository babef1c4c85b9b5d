import { findLinkOwner } from '$lib/server/auth/links';
import { orErrorPage, orFormErrors, publicProcedures } from '$lib/server/page';
import { orRefusal } from '../../doors.server';
import type { Actions, PageServerLoad } from './$types';

/** Only shows a button: what follows the links in mails to look for harm must not confirm anything. */
export const load: PageServerLoad = async (event) => {
	const { user } = event.locals.auth;
	const owner = await orErrorPage(event, orRefusal(findLinkOwner(event.params.token, 'verify')));
	return {
		email: owner?.email ?? null,
		signedIn: user !== null,
		alreadyConfirmed: user !== null && user.emailVerifiedAt !== null
	};
};

export const actions = {
	default: async (event) => {
		const { token } = event.params;
		const verified = publicProcedures(event).auth.verifyEmail({ token });
		const refused = await orFormErrors(
			verified.then(() => null),
			{}
		);
		return refused ?? { confirmed: true };
	}
} satisfies Actions;
