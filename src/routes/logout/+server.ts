import { redirect } from '@sveltejs/kit';
import { clearCookie } from '$lib/server/auth/sessions';
import { orErrorPage, procedures } from '$lib/server/page';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = async (event) => {
	const { auth } = event.locals;
	// While the database is away nothing can be ended, and the person must not believe that it was.
	if (auth.user || auth.reason === 'database_unavailable') {
		await orErrorPage(event, procedures(event).auth.signOut());
	}
	clearCookie(event.cookies);
	redirect(303, '/login');
};
