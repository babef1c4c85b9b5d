// What one line of text says about a task. The live preview and the API read it with this, so that what is
// coloured is what is saved.
//
// The choices: of several dates, recurrences, priorities or projects the last one counts and the others stay
// title, because one corrects oneself to the right; labels all count. What is doubtful stays title, because a
// date that is missing is seen at once and one that was never meant is not. A line of tokens alone is a title,
// because every task needs one.
import { firstDue, matchRecurrence, type RecurrenceMatch } from './recurrence';
import { endsAt, matchAt } from './text';
import { clockAt, formatDue, type Clock, type Due } from './clock';
import { matchDue, resolveWhen, type When } from './when';

export { parseDate } from './when';

export type Draft = {
	title: string;
	projectId?: string;
	labels?: string[];
	priority?: 1 | 2 | 3 | 4;
	due?: Due;
	recurrence?: { rule: string; basis: 'schedule' | 'completion' };
};

/** Where something was recognised, in JavaScript string offsets. */
export type Span = {
	start: number;
	end: number;
	kind: 'project' | 'label' | 'priority' | 'due' | 'recurrence';
};

export type Context = { now: Date; timezone: string; projects: { id: string; name: string }[] };

type Token = Span &
	(
		| { kind: 'project'; id: string }
		| { kind: 'label'; name: string }
		| { kind: 'priority'; priority: 1 | 2 | 3 | 4 }
		| { kind: 'due'; when: When }
		| { kind: 'recurrence'; recurrence: RecurrenceMatch }
	);

/** A token without its place. */
type Found = { end: number; token: ((start: number) => Token) | null };

const maxLabels = 50;
const maxLabelLength = 50;

export function parseQuickAdd(text: string, context: Context): { draft: Draft; spans: Span[] } {
	const plain = (title: string) => ({ draft: { title: collapse(title) }, spans: [] });
	const quoted = insideQuotes(text);
	if (quoted !== null) return plain(quoted);

	const clock = clockAt(context.now, context.timezone);
	const { tokens, escapes } = scan(text, context.projects, clock);
	const chosen = choose(tokens);
	const spans = withPunctuation(text, chosen);
	const title = titleOf(text, spans, escapes);
	// Punctuation alone is no title either.
	if (!/[^\s\p{P}]/u.test(title) && spans.length) return plain(text);
	return { draft: { title, ...fieldsOf(chosen, clock) }, spans };
}

const collapse = (text: string) => text.replace(/\s+/g, ' ').trim();

const quotePairs: Record<string, string> = { '"': '"', "'": "'", '“': '”', '‘': '’', '„': '“', '«': '»' };

/** What is between quotes that open with the line and close with it, which those of `"Emma" and "Dune"` don't. */
function insideQuotes(text: string): string | null {
	const line = text.trim();
	const open = line.charAt(0);
	const close = quotePairs[open];
	if (line.length < 3 || !close || !line.endsWith(close) || !line.slice(1, -1).trim()) return null;
	let depth = 0;
	for (let index = 0; index < line.length; index++) {
		const char = line.charAt(index);
		if (char !== open && char !== close) continue;
		const isAfterSpace = index === 0 || /\s/.test(line.charAt(index - 1));
		const isBeforeSpace = index === line.length - 1 || /\s/.test(line.charAt(index + 1));
		// Neither: the apostrophe in "don't".
		if (char === open && isAfterSpace && !isBeforeSpace) depth++;
		else if (char === close && isBeforeSpace && !isAfterSpace) depth--;
		if (depth === 0 && index < line.length - 1) return null;
	}
	return line.slice(1, -1);
}

/** Everything that is a token, and the backslashes that keep something from being one. */
function scan(
	text: string,
	projects: Context['projects'],
	clock: Clock
): { tokens: Token[]; escapes: number[] } {
	const byName = projectsByName(projects);
	const tokens: Token[] = [];
	const escapes: number[] = [];
	const isLineStart = (index: number) => !text.slice(0, index).trim();
	let index = 0;
	while (index < text.length) {
		index += matchAt(/\s*/y, text, index)?.[0].length ?? 0;
		const isEscaped = text.charAt(index) === '\\';
		const start = isEscaped ? index + 1 : index;
		const found = tokenAt(text, start, byName, clock);
		if (!isEscaped && found?.token) tokens.push(found.token(start));
		if (
			isEscaped &&
			(found ??
				(matchAt(/[#@]\S/y, text, start) || (matchAt(/["'“„‘«]/y, text, start) && isLineStart(index))))
		) {
			escapes.push(index);
		}
		index = Math.max(index, found?.end ?? 0);
		// What closes a sentence behind a token is no word of its own.
		index += matchAt(/\S*/y, text, index)?.[0].length ?? 0;
	}
	return { tokens, escapes };
}

function tokenAt(text: string, index: number, projects: Map<string, string>, clock: Clock): Found | null {
	const sign = text.charAt(index);
	if (sign === '#') return projectAt(text, index, projects);
	if (sign === '@' && /\S/.test(text.charAt(index + 1))) return labelAt(text, index);

	const priority = matchAt(/p([1-4])/iy, text, index);
	if (priority && endsAt(text, index + 2)) {
		const value = Number(priority[1]) as 1 | 2 | 3 | 4;
		return {
			end: index + 2,
			token: (start) => ({ kind: 'priority', start, end: start + 2, priority: value })
		};
	}
	const repeated = matchRecurrence(text, index, clock);
	if (repeated) {
		const { end, match } = repeated;
		return { end, token: match && ((start) => ({ kind: 'recurrence', start, end, recurrence: match })) };
	}
	const due = matchDue(text, index, clock);
	if (!due) return null;
	const { end, when } = due;
	return { end, token: when && ((start) => ({ kind: 'due', start, end: when.end, when })) };
}

const fold = (name: string) => name.trim().normalize('NFC').toLowerCase().replace(/\s+/g, ' ');

/** By the name as it is and in lower case. Of names that differ in nothing else, the first in the list counts. */
function projectsByName(projects: Context['projects']): Map<string, string> {
	const byName = new Map<string, string>();
	for (const { id, name } of [...projects].reverse()) byName.set(fold(name), id);
	return byName;
}

const quotedName = /#(?:"([^"]+)"|“([^“”]+)”|„([^„“”]+)[“”])/y;

function projectAt(text: string, index: number, projects: Map<string, string>): Found | null {
	const quoted = matchAt(quotedName, text, index);
	const said = quoted?.[1] ?? quoted?.[2] ?? quoted?.[3];
	if (quoted && said !== undefined) {
		const end = index + quoted[0].length;
		const id = endsAt(text, end) ? projects.get(fold(said)) : undefined;
		return id === undefined ? null : { end, token: (start) => ({ kind: 'project', start, end, id }) };
	}
	// The longest name: "#C#" and "#a.b." first with, then without what may be the sentence's punctuation.
	const word = matchAt(/#\S+/y, text, index)?.[0] ?? '';
	for (let end = index + word.length; end > index + 1; end--) {
		if (!endsAt(text, end)) break;
		const id = projects.get(fold(text.slice(index + 1, end)));
		if (id !== undefined) return { end, token: (start) => ({ kind: 'project', start, end, id }) };
	}
	return null;
}

// Letters of any script with their accents, emoji with their joiners, and signs that names are built with. No
// dots: "@example.com" is half an address.
const label =
	/@((?:[\p{L}\p{M}\p{N}_+&/·・-]|\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\p{Join_Control}|\p{Variation_Selector})+)/uy;

function labelAt(text: string, index: number): Found | null {
	const match = matchAt(label, text, index);
	const name = match?.[1]?.normalize('NFC');
	if (!match || name === undefined || [...name].length > maxLabelLength) return null;
	const end = index + match[0].length;
	if (!endsAt(text, end) || !/[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]/u.test(name))
		return null;
	return { end, token: (start) => ({ kind: 'label', start, end, name }) };
}

/** The last of each kind, and all labels as far as a task can have them. */
function choose(tokens: Token[]): Token[] {
	const last = new Map(tokens.map((token) => [token.kind, token]));
	const labels = new Set<string>();
	return tokens.filter((token) => {
		if (token.kind !== 'label') return last.get(token.kind) === token;
		const name = fold(token.name);
		if (!labels.has(name) && labels.size === maxLabels) return false;
		labels.add(name);
		return true;
	});
}

function fieldsOf(tokens: Token[], clock: Clock): Omit<Draft, 'title'> {
	const fields: Omit<Draft, 'title'> = {};
	const labels = new Map<string, string>();
	let when: When | null = null;
	let recurrence: RecurrenceMatch | null = null;
	for (const token of tokens) {
		if (token.kind === 'project') fields.projectId = token.id;
		else if (token.kind === 'priority') fields.priority = token.priority;
		else if (token.kind === 'due') ({ when } = token);
		else if (token.kind === 'recurrence') ({ recurrence } = token);
		// Written twice it is one label, spelled as it was first.
		else if (!labels.has(fold(token.name))) labels.set(fold(token.name), token.name);
	}
	if (labels.size) fields.labels = [...labels.values()];

	const due = when && resolveWhen(when, clock);
	if (!recurrence) {
		if (due) fields.due = formatDue(due);
		return fields;
	}
	// A time alone is when it recurs, not from when on.
	const from = when?.day && due ? due.day : null;
	const first = firstDue(recurrence, clock, from) ?? firstDue(recurrence, clock);
	if (!first) return fields;
	const minute = recurrence.minute ?? when?.minute ?? null;
	fields.due = formatDue({ day: first.day, minute });
	fields.recurrence = { rule: first.rule, basis: recurrence.basis };
	return fields;
}

/**
 * Commas and dashes that only set tokens off from the title go with them: "Tomorrow: call Bob", "call Bob, p1".
 */
function withPunctuation(text: string, tokens: Token[]): Span[] {
	const spans = tokens.map(({ start, end, kind }) => ({ start, end, kind }));
	const take = (from: number, to: number) => /^[\s,;]*$/.test(text.slice(from, to));

	let tail = text.length;
	for (const span of [...spans].reverse()) {
		if (!take(span.end, tail)) break;
		span.end += text.slice(span.end, tail).trimEnd().length;
		tail = span.start;
	}
	const first = spans.find(({ start }) => start === tail);
	if (first) first.start -= /(?:[,;]|\s[-–—])\s*$/.exec(text.slice(0, first.start))?.[0].length ?? 0;

	let head = 0;
	for (const span of spans) {
		if (text.slice(head, span.start).trim()) break;
		span.end += /^(?:[,;:]+|\s+[-–—])(?=\s)/.exec(text.slice(span.end))?.[0].length ?? 0;
		head = span.end;
	}
	return spans;
}

function titleOf(text: string, spans: Span[], escapes: number[]): string {
	const gone = [...spans, ...escapes.map((start) => ({ start, end: start + 1, kind: null }))].sort(
		(a, b) => a.start - b.start
	);
	let title = '';
	let end = 0;
	for (const part of gone) {
		title += text.slice(end, part.start);
		end = part.end;
		if (part.kind === null) continue;
		// "Call Bob tomorrow, then Ann" keeps its comma where it belongs.
		if (/[,;:.!?)\]]/.test(text.charAt(end))) title = title.trimEnd();
		else title += ' ';
	}
	return collapse(title + text.slice(end));
}
