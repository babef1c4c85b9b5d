import { toast } from 'svelte-sonner';
import { goto } from '$app/navigation';

const id = 'signed-out';

/** Leads to the door and, once through it, back to where the person was. */
export function leaveSignedOut(): void {
	if (location.pathname === '/login') return;
	toast.message('You are signed out. What you typed is kept here until you are back.', {
		id,
		duration: Infinity
	});
	void goto(`/login?next=${encodeURIComponent(location.pathname + location.search)}`, {
		// Whoever comes back may be somebody else.
		invalidateAll: true
	});
}

export function backAgain(): void {
	toast.dismiss(id);
}
