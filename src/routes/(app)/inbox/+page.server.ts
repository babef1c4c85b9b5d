import { redirect, type RequestEvent } from '@sveltejs/kit';
import { orErrorPage, orFormErrors, procedures } from '$lib/server/page';
import type { Actions, PageServerLoad } from './$types';

type Undo = 'reopen' | 'restore';

export const load: PageServerLoad = async (event) => {
	const { searchParams } = event.url;
	const cursor = searchParams.get('cursor') ?? undefined;
	const page = await orErrorPage(event, procedures(event).tasks.list({ view: 'inbox', cursor }));

	const [, undo, id] = /^(reopen|restore)\.([\w-]+)$/.exec(searchParams.get('undo') ?? '') ?? [];
	const timeZone = event.locals.auth.user?.timezone;
	return {
		page,
		cursor,
		rename: searchParams.get('rename'),
		undo: undo && id ? { action: undo as Undo, id } : null,
		// Swedish writes dates as ISO 8601 does.
		today: new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date())
	};
};

/** Does what a form asked for, and shows the page again by itself, so that a reload doesn't do it twice. */
async function act(
	event: RequestEvent,
	values: { id?: string; title?: string },
	call: Promise<unknown>,
	undo?: Undo
) {
	const failure = await orFormErrors(
		call.then(() => null),
		values
	);
	if (failure) return failure;
	const query = new URLSearchParams();
	const cursor = event.url.searchParams.get('cursor');
	if (cursor) query.set('cursor', cursor);
	if (undo) query.set('undo', `${undo}.${values.id}`);
	return redirect(303, query.size > 0 ? `/inbox?${query}` : '/inbox');
}

async function read(event: RequestEvent) {
	const form = await event.request.formData();
	const text = (name: string) => {
		const value = form.get(name);
		return typeof value === 'string' ? value : '';
	};
	return { id: text('id'), title: text('title') };
}

export const actions = {
	add: async (event) => {
		const { title } = await read(event);
		return act(event, { title }, procedures(event).tasks.create({ title }));
	},
	rename: async (event) => {
		const { id, title } = await read(event);
		return act(event, { id, title }, procedures(event).tasks.update({ id, title }));
	},
	complete: async (event) => {
		const { id } = await read(event);
		return act(event, { id }, procedures(event).tasks.setCompleted({ id, completed: true }), 'reopen');
	},
	reopen: async (event) => {
		const { id } = await read(event);
		return act(event, { id }, procedures(event).tasks.setCompleted({ id, completed: false }));
	},
	delete: async (event) => {
		const { id } = await read(event);
		return act(event, { id }, procedures(event).tasks.delete({ id }), 'restore');
	},
	restore: async (event) => {
		const { id } = await read(event);
		return act(event, { id }, procedures(event).tasks.restore({ id }));
	}
} satisfies Actions;
