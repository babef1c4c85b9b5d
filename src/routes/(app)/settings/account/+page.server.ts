import { redirect } from '@sveltejs/kit';
import { procedures } from '$lib/server/page';
import { attempt, attemptAndReturn, refuse, typedInto } from '../forms.server';
import type { Actions, PageServerLoad } from './$types';

const zones = Intl.supportedValuesOf('timeZone');

/** By the part of the world; the owner's own may have a name that isn't in the list. */
function zonesWith(own: string) {
	const groups = new Map<string, { value: string; name: string }[]>();
	for (const value of [...new Set(['UTC', own, ...zones])].sort()) {
		const slash = value.indexOf('/');
		const region = slash < 0 ? 'Everywhere' : value.slice(0, slash);
		const name = value
			.slice(slash + 1)
			.replaceAll('_', ' ')
			.replaceAll('/', ', ');
		groups.set(region, [...(groups.get(region) ?? []), { value, name }]);
	}
	return [...groups].map(([region, zones]) => ({ region, zones }));
}

export const load: PageServerLoad = async ({ parent }) => {
	const { user } = await parent();
	return { zones: zonesWith(user.timezone) };
};

export const actions = {
	profile: async (event) => {
		const { text } = await typedInto(event);
		const [name, timezone] = [text('name'), text('timezone')];
		return attemptAndReturn(
			event,
			'profile',
			{ name, timezone },
			procedures(event).account.updateProfile({ name: name.trim() === '' ? null : name, timezone })
		);
	},

	verification: async (event) =>
		attemptAndReturn(event, 'verification', {}, procedures(event).account.sendVerification()),

	delete: async (event) => {
		const { text, currentPassword } = await typedInto(event);
		const account = procedures(event).account;
		if (text('understood') !== 'yes')
			return refuse('delete', { understood: ['Tick this to say that you mean it.'] });
		const outcome = await attempt('delete', { understood: 'yes' }, account.delete({ currentPassword }));
		return outcome.ok ? redirect(303, '/login?after=deletion') : outcome.failure;
	}
} satisfies Actions;
