// A day, a time, or both, somewhere in a text.
import { lastDay, type Day } from '../recurrence/calendar';
import { clockAt, formatDue, type Clock, type Due } from './clock';
import { isoTime, isWord, matchDay, readWidely, withPast, type DayMatch } from './days';
import { closesAt, endsAt, matchAt, partOfDay, readPartOfDay } from './text';

export type When = {
	end: number;
	day: DayMatch | null;
	minute: number | null;
	/** False for what looks like a date and isn't taken for one, such as the first word of "sat nav". */
	sure: boolean;
};

// ---- times ----

type TimeMatch = { end: number; minute: number; kind: 'said' | 'clock' | 'hour' };

const prefix = /(?:at|by|@)\s+/iy;
const saidTime = /(\d{1,2})(?:[:.]([0-5]\d))?\s?([ap])(?:\.m\.|m)|noon|midday/iy;
const clockTime = /([01]?\d|2[0-3]):([0-5]\d)/y;
const hour = /[01]?\d|2[0-3]/y;
const part = new RegExp(`(?:in\\s+the\\s+|at\\s+)?(${partOfDay})`, 'iy');

function readTime(text: string, index: number): TimeMatch | null {
	const said = matchAt(saidTime, text, index);
	if (said) {
		const [whole, hours, minutes = '0', half] = said;
		if (hours !== undefined && (Number(hours) < 1 || Number(hours) > 12)) return null;
		const hour = (Number(hours ?? 12) % 12) + (isWord(half ?? 'p', 'p') ? 12 : 0);
		return { end: index + whole.length, minute: hour * 60 + Number(minutes), kind: 'said' };
	}
	const clock = matchAt(clockTime, text, index);
	if (clock) {
		const minute = Number(clock[1]) * 60 + Number(clock[2]);
		return { end: index + clock[0].length, minute, kind: 'clock' };
	}
	const bare = matchAt(hour, text, index);
	return bare && { end: index + bare[0].length, minute: Number(bare[0]) * 60, kind: 'hour' };
}

/** A time with nothing in front that would say that it is one. */
function matchTime(text: string, index: number): (TimeMatch & { sure: boolean }) | null {
	const start = index + (matchAt(prefix, text, index)?.[0].length ?? 0);
	const time = readTime(text, start);
	if (!time || !endsAt(text, time.end)) return null;
	if (time.kind === 'said' || (time.kind === 'clock' && start > index)) return { ...time, sure: true };
	// "Monitor 16:10", "John 3:16", "at 5 people".
	const isAtEdge = /\d\d:/.test(text.slice(start, time.end)) && (index === 0 || closesAt(text, time.end));
	return { ...time, sure: time.kind === 'clock' && isAtEdge };
}

/** A time behind a day or a recurrence: "9am", "at 9", "morning", "evening at 8". */
export function matchTimeAfter(
	text: string,
	index: number,
	isEvening = false
): { end: number; minute: number } | null {
	const named = isEvening ? null : matchAt(part, text, index);
	const minute = readPartOfDay(named?.[1] ?? '');
	const namedEnd = index + (named?.[0].length ?? 0);
	if (minute !== null && endsAt(text, namedEnd)) {
		const gap = matchAt(/\s+(?=at\s)/iy, text, namedEnd)?.[0].length;
		const exact = gap ? matchTimeAfter(text, namedEnd + gap, minute > 12 * 60) : null;
		return exact ?? { end: namedEnd, minute };
	}
	const preposition = matchAt(prefix, text, index)?.[0].length ?? 0;
	const time = readTime(text, index + preposition);
	if (!time || !endsAt(text, time.end)) return null;
	// "Tomorrow at 5 people", "tomorrow 5".
	if (time.kind === 'hour' && (!preposition || !closesAt(text, time.end))) return null;
	const later = isEvening && time.kind !== 'said' && time.minute < 12 * 60 ? 12 * 60 : 0;
	return { end: time.end, minute: time.minute + later };
}

// ---- both ----

const dayPrefix = /(?:due\s+)?(?:(on|by)\s+)?/iy;
const comma = /,?\s+/y;
const gapAt = (text: string, index: number) => matchAt(comma, text, index)?.[0].length ?? 0;

const before = (text: string, index: number) => text.slice(Math.max(0, index - 16), index);

// A time before or after a time is not the time. And where a recurrence failed, its day is none.
const wordBefore =
	/(?:^|\s)(?:last|past|previous|before|after|since|until|till?|from|between|through|than|except|excluding|but|(?:every|each|ev)!?)\s+$/i;
// Verbs that keep their word: "drop by friday", "log on friday".
const phrasalVerbs = new Map([
	['by', /(?:^|\s)(?:drop|stop|come|go|swing|stand|pass|fly|run|get)\s+$/i],
	['on', /(?:^|\s)(?:log|sign|turn|switch|hold|carry|hang|move|try)\s+$/i]
]);

const isPhrasal = (text: string, index: number, preposition: string | undefined) =>
	phrasalVerbs.get(preposition?.toLowerCase() ?? '')?.test(before(text, index)) === true;

/** The date or time that begins at `index`. */
export function matchWhen(text: string, index: number, clock: Clock): When | null {
	const found = dayThenTime(text, index, clock) ?? timeThenDay(text, index, clock);
	return found && wordBefore.test(before(text, index)) ? { ...found, sure: false } : found;
}

function dayThenTime(text: string, index: number, clock: Clock, shapes?: typeof withPast): When | null {
	const [said = '', preposition] = matchAt(dayPrefix, text, index) ?? [];
	const day = matchDay(text, index + said.length, clock, shapes);
	if (!day) return null;
	if (isWord(preposition, 'on') && !day.takesOn) return null;
	if (isPhrasal(text, index, preposition)) return null;

	const iso = matchAt(isoTime, text, day.end);
	if (iso) {
		const minute = Number(iso[1]) * 60 + Number(iso[2]);
		const end = day.end + iso[0].length;
		return endsAt(text, end) ? { end, day, minute, sure: true } : null;
	}
	const gap = gapAt(text, day.end);
	const isEvening = day.minute != null && day.minute > 12 * 60;
	const time = gap ? matchTimeAfter(text, day.end + gap, isEvening) : null;
	if (time) return { end: time.end, day, minute: time.minute, sure: true };
	const isSupported = said !== '' || day.needs !== 'support';
	const sure = isSupported && (!day.needs || closesAt(text, day.end));
	return { end: day.end, day, minute: day.minute ?? null, sure };
}

function timeThenDay(text: string, index: number, clock: Clock): When | null {
	const due = matchAt(/due\s+/iy, text, index)?.[0].length ?? 0;
	const time = matchTime(text, index + due);
	if (!time) return null;
	if (isPhrasal(text, index, matchAt(/by(?=\s)/iy, text, index + due)?.[0])) return null;
	const gap = gapAt(text, time.end);
	const on = gap ? (matchAt(/on\s+/iy, text, time.end + gap)?.[0].length ?? 0) : 0;
	const day = gap ? matchDay(text, time.end + gap + on, clock) : null;
	const { minute } = time;
	// A number is an hour only between "at" and a day.
	const isTime = time.kind !== 'hour' || matchAt(prefix, text, index + due);
	if (day && isTime && (!on || day.takesOn)) return { end: day.end, day, minute, sure: true };
	return time.kind === 'hour' ? null : { end: time.end, day: null, minute, sure: time.sure };
}

const joint = /\s+(?:(-|–|—|to)|or|and|&)\s+/iy;

/**
 * The date at `index`, or null for one that says too much: "friday or saturday" and "mon to fri" are not when a
 * task is due. A span of hours is due when it begins.
 */
export function matchDue(
	text: string,
	index: number,
	clock: Clock
): { end: number; when: When | null } | null {
	const first = matchWhen(text, index, clock);
	if (!first) return null;
	let { end } = first;
	let isOne = true;
	for (;;) {
		const match = matchAt(joint, text, end);
		const next = match && matchWhen(text, end + match[0].length, clock);
		if (!next) return { end, when: isOne && first.sure ? first : null };
		// "Tomorrow - 5pm" has no second hour, but "tomorrow 3pm - 5pm" has.
		if (!match[1] || next.day || first.minute === null) isOne = false;
		end = next.end;
	}
}

/** When that is, the first time on or after `from`. A time that is over today is tomorrow's, or next week's. */
export function resolveWhen(
	{ day, minute }: Pick<When, 'day' | 'minute'>,
	{ today, minute: now }: Clock,
	from = today
): { day: Day; minute: number | null } | null {
	const isOver = minute !== null && minute < now;
	const found = day ? day.resolve(from) : today + (isOver ? 1 : 0);
	if (found === null) return null;
	const resolved = found === today && day?.weekly && isOver ? found + 7 : found;
	return resolved <= lastDay ? { day: resolved, minute } : null;
}

/**
 * The date that the whole text is, and nothing else. Here what would be too doubtful in a title counts as well,
 * and so does the past.
 */
export function parseDate(text: string, { now, timezone }: { now: Date; timezone: string }): Due | null {
	const clock = clockAt(now, timezone);
	const whole = text.trim();
	if (!whole || whole.length > 100) return null;
	const isWhole = (when: When | null) => (when?.end === whole.length ? when : null);
	const when = isWhole(dayThenTime(whole, 0, clock, withPast)) ?? isWhole(timeThenDay(whole, 0, clock));
	const resolved = when ? resolveWhen(when, clock) : readWidely(whole, clock);
	return resolved && formatDue(resolved);
}
