/** Moments in the words of people, in the owner's timezone. Said on the server, so that nothing changes when a page comes alive. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const format = (timeZone: string, options: Intl.DateTimeFormatOptions) =>
	new Intl.DateTimeFormat('en-GB', { timeZone, ...options });

/** The calendar date there. Swedish writes dates as ISO 8601 does. */
const dateOf = (at: number, timeZone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(at);

const daysBetween = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / DAY);

/** How long ago: “5 minutes ago”, “yesterday”, and from a month on the date. */
export function ago(instant: string, timeZone: string, now = Date.now()): string {
	const at = Date.parse(instant);
	const away = now - at;
	if (away < MINUTE) return 'just now';
	if (away < HOUR) return relative.format(-Math.floor(away / MINUTE), 'minute');
	if (away < 12 * HOUR) return relative.format(-Math.floor(away / HOUR), 'hour');
	const days = daysBetween(dateOf(at, timeZone), dateOf(now, timeZone));
	return days < 30 ? relative.format(-days, 'day') : `on ${day(instant, timeZone, now)}`;
}

/** The day, with its year unless that is the current one: “7 Mar”, “7 Mar 2024”. */
export function day(instant: string, timeZone: string, now = Date.now()): string {
	const at = Date.parse(instant);
	const thisYear = dateOf(at, timeZone).slice(0, 4) === dateOf(now, timeZone).slice(0, 4);
	return format(timeZone, {
		day: 'numeric',
		month: 'short',
		year: thisYear ? undefined : 'numeric'
	}).format(at);
}

/** The day and the time: “Today, 14:05”, “Yesterday, 09:30”, “7 Mar, 18:00”. */
export function dayAndTime(instant: string, timeZone: string, now = Date.now()): string {
	const at = Date.parse(instant);
	const days = daysBetween(dateOf(at, timeZone), dateOf(now, timeZone));
	const said = days === 0 ? 'Today' : days === 1 ? 'Yesterday' : day(instant, timeZone, now);
	return `${said}, ${format(timeZone, { hour: '2-digit', minute: '2-digit' }).format(at)}`;
}

/** A wait, from a number of seconds: “42 seconds”, “12 minutes”, “2 hours”. */
export function duration(seconds: number): string {
	const [amount, unit] =
		seconds < 100
			? [seconds, 'second']
			: seconds < 100 * 60
				? [Math.ceil(seconds / 60), 'minute']
				: [Math.ceil(seconds / 3600), 'hour'];
	return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}
