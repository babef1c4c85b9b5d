/** What `pattern` (sticky) finds exactly at `index`. */
export function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
	pattern.lastIndex = index;
	return pattern.exec(text);
}

// Closing punctuation belongs to the sentence, but only where nothing goes on behind it: "fri." ends, "fri.day"
// and "24.12.5" do not.
const boundary = /(?=$|\s|[,;:.!?)\]]+(?:\s|$))/y;

/** Whether a token may end here. Anything else glued to it makes it a part of a longer word. */
export const endsAt = (text: string, index: number): boolean => matchAt(boundary, text, index) !== null;

const closing = /\s*(?:$|[,;.!?)\]]+(?:\s|$))|\s+(?:[@#]\S|p[1-4](?!\S)|(?:every|each|ev)!?\s)/iy;

/** Whether the title has no further word here: the text ends, or a sign or a token of another kind follows. */
export const closesAt = (text: string, index: number): boolean => matchAt(closing, text, index) !== null;

const numberWords = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');

export const number = `\\d{1,3}|${numberWords.join('|')}`;

export function readNumber(text: string): number {
	const word = numberWords.indexOf(text.toLowerCase());
	return word === -1 ? Number(text) : word + 1;
}

export const weekday =
	'mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?';

export const weekdayCodes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;

/** 0 is Monday. */
export const readWeekday = (name: string): number =>
	weekdayCodes.findIndex((code) => code === name.slice(0, 2).toUpperCase());

export const partOfDay = 'morning|afternoon|evening|night';

// Todoist's hours. In chrono the afternoon is at 15:00 and the evening at 20:00.
const minutes = { morning: 9 * 60, afternoon: 12 * 60, evening: 19 * 60, night: 22 * 60 };

export const readPartOfDay = (name: string): number | null =>
	Object.entries(minutes).find(([part]) => part === name.toLowerCase())?.[1] ?? null;
