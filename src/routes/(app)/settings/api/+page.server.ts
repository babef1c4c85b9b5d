import { redirect } from '@sveltejs/kit';
import { config } from '$lib/server/config';
import { orErrorPage, procedures } from '$lib/server/page';
import { ago, day } from '$lib/when';
import { attempt, typedInto } from '../forms.server';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
	const { user } = await event.parent();
	const tokens = await orErrorPage(event, procedures(event).account.tokens());
	return {
		origin: config.origin,
		tokens: tokens.map(({ id, name, scopes, createdAt, expiresAt, lastUsedAt }) => ({
			id,
			name,
			scopes,
			created: day(createdAt, user.timezone),
			expires: day(expiresAt, user.timezone),
			expired: Date.parse(expiresAt) <= Date.now(),
			lastUsed: lastUsedAt && ago(lastUsedAt, user.timezone)
		}))
	};
};

/** What the form offers; the procedure says what it thinks of anything else. */
type Scope = 'tasks:read' | 'tasks:write';

export const actions = {
	create: async (event) => {
		const { text, all, currentPassword } = await typedInto(event);
		const [name, expiresInDays, scopes] = [text('name'), text('expiresInDays'), all('scopes')];
		const outcome = await attempt(
			'create',
			{ name, expiresInDays, scopes: scopes.join(' ') },
			procedures(event).account.createToken({
				currentPassword,
				name,
				scopes: scopes as Scope[],
				expiresInDays: Number(expiresInDays)
			})
		);
		return outcome.ok
			? { of: 'create', created: { name: name.trim(), token: outcome.value.token } }
			: outcome.failure;
	},

	revoke: async (event) => {
		const { text } = await typedInto(event);
		const outcome = await attempt('revoke', {}, procedures(event).account.revokeToken({ id: text('id') }));
		// Revoked already is as good.
		if (!outcome.ok && outcome.failure.data.reason !== 'not_found') return outcome.failure;
		return redirect(303, `${event.url.pathname}?done=revoke`);
	}
} satisfies Actions;
