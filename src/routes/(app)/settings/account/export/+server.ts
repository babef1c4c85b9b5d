import { orErrorPage, procedures } from '$lib/server/page';
import type { RequestHandler } from './$types';

/** Everything the account holds, as a file. */
export const GET: RequestHandler = async (event) => {
	const everything = await orErrorPage(event, procedures(event).account.export());
	const day = everything.exportedAt.slice(0, 10);
	return new Response(`${JSON.stringify(everything, null, '\t')}\n`, {
		headers: {
			'content-type': 'application/json; charset=utf-8',
			'content-disposition': `attachment; filename="latchkey-${day}.json"`
		}
	});
};
