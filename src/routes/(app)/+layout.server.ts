import { orErrorPage, procedures } from '$lib/server/page';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async (event) => ({
	user: await orErrorPage(event, procedures(event).auth.me())
});
