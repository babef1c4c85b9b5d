import { text } from '@sveltejs/kit';
import { databaseAnswers } from '$lib/server/db/connect';

export const GET = async () =>
	(await databaseAnswers()) ? text('ok\n') : text('The database does not answer.\n', { status: 503 });
