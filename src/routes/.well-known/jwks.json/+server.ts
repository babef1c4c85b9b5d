import { json } from '@sveltejs/kit';
import { publicKeys } from '$lib/server/auth/keys';

export const GET = () =>
	json({ keys: publicKeys() }, { headers: { 'cache-control': 'public, max-age=300' } });
