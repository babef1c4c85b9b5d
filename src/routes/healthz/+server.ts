import { text } from '@sveltejs/kit';

/** The process is up, whatever else is. */
export const GET = () => text('ok\n');
