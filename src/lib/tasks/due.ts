import type { Task } from '$lib/trpc';

type Due = NonNullable<Task['due']>;

const day = 86_400_000;
const format = (options: Intl.DateTimeFormatOptions) =>
	new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const weekday = format({ weekday: 'long' });
const dayOfYear = format({ day: 'numeric', month: 'short' });
const fullDate = format({ day: 'numeric', month: 'short', year: 'numeric' });

/** A due date as people say it; both dates are calendar dates in the owner's timezone. */
export function dueLabel({ date, time }: Due, today: string): string {
	const at = Date.parse(date);
	const away = Math.round((at - Date.parse(today)) / day);
	const said = () => {
		if (away === 0) return 'Today';
		if (away === 1) return 'Tomorrow';
		if (away === -1) return 'Yesterday';
		if (away > 1 && away < 7) return weekday.format(at);
		return (date.slice(0, 4) === today.slice(0, 4) ? dayOfYear : fullDate).format(at);
	};
	return time === null ? said() : `${said()} ${time}`;
}
