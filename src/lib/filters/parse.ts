import { z } from 'zod';
import { dateWords, limits, type Filter, type Term } from './filter';
import { printFilter } from './print';

export type Parsed = { ok: true; filter: Filter } | { ok: false; message: string; offset: number };

/**
 * Reads the filter language:
 *
 *     filter  = all { '|' all }
 *     all     = operand { '&' operand }
 *     operand = '!' operand | '(' filter ')' | term
 *     term    = 'today' | 'overdue' | 'no date' | ( 'due before:' | 'due after:' ) date
 *             | 'p1' | 'p2' | 'p3' | 'p4' | ( '#' | '@' ) name | 'search:' words
 *
 * A name is one word, as in quick add, or anything in quotes: a forgotten operator is an error, and not a
 * project that nobody has. The words of a search go on to the next operator or parenthesis, or are in quotes.
 *
 * Which days can be named besides `2026-12-24` is for the caller to know, and `isDate` tells.
 */
export function parseFilter(text: string, isDate: (text: string) => boolean = isCalendarDate): Parsed {
	try {
		return { ok: true, filter: new Parser(text, isDate).parse() };
	} catch (error) {
		if (!(error instanceof Misfit)) throw error;
		return { ok: false, message: error.message, offset: error.offset };
	}
}

/** PostgreSQL knows no year 0. */
const isCalendarDate = (text: string) => z.iso.date().safeParse(text).success && !text.startsWith('0000');

class Misfit extends Error {
	readonly offset: number;

	constructor(advice: string, offset: number) {
		super(`${advice} (at ${offset})`);
		this.offset = offset;
	}
}

type Keyword = (typeof keywords)[number]['text'];

const keywords = (
	['today', 'overdue', 'no date', 'due before:', 'due after:', 'p1', 'p2', 'p3', 'p4', 'search:'] as const
).map((text) => ({ text, tokens: text.match(/\w+|:/g) ?? [] }));

const anyTerm =
	'Write a term such as today, no date, due before: 2026-12-24, p1, #project, @label or search: words';
const oneOf = new Intl.ListFormat('en-GB', { type: 'disjunction' });
const plainWord = /[^\s&|!()"]+/y;

class Parser {
	readonly #text: string;
	readonly #isDate: (text: string) => boolean;
	#at = 0;
	#depth = 0;
	#terms = 0;

	constructor(text: string, isDate: (text: string) => boolean) {
		this.#text = text;
		this.#isDate = isDate;
	}

	parse(): Filter {
		const tooLong = `Use at most ${limits.characters.toLocaleString('en')} characters`;
		if (this.#text.length > limits.characters) throw new Misfit(tooLong, limits.characters);
		const nul = this.#text.indexOf('\0');
		if (nul >= 0) throw new Misfit('Remove the invisible NUL character', nul);

		const filter = this.#filter();
		if (this.#next() !== '') throw this.#misfit('Remove this parenthesis, or open one before it');
		// With its spaces the canonical text can be the longer one, and it has to be a filter as well.
		if (printFilter(filter).length > limits.characters) throw this.#misfit(tooLong);
		return filter;
	}

	#filter(): Filter {
		return this.#joined('or', '|', () => this.#joined('and', '&', () => this.#operand()));
	}

	#joined(type: 'and' | 'or', operator: string, read: () => Filter): Filter {
		const first = read();
		const rest: Filter[] = [];
		while (this.#skip(operator)) rest.push(read());
		if (rest.length === 0) return first;
		return { type, of: [first, ...rest].flatMap((part) => (part.type === type ? part.of : [part])) };
	}

	#operand(): Filter {
		this.#skipSpace();
		const start = this.#at;
		if (this.#skip('!')) return { type: 'not', of: this.#inside(start, () => this.#operand()) };
		if (this.#skip('(')) {
			const filter = this.#inside(start, () => this.#filter());
			if (!this.#skip(')')) throw this.#misfit(`Close the parenthesis opened at ${start}`);
			this.#expectOperator();
			return filter;
		}
		const term = this.#term();
		this.#expectOperator();
		if (++this.#terms > limits.terms) throw new Misfit(`Use at most ${limits.terms} terms`, start);
		return term;
	}

	#inside(start: number, read: () => Filter): Filter {
		if (this.#depth === limits.depth) throw new Misfit(`Nest at most ${limits.depth} deep`, start);
		this.#depth++;
		const filter = read();
		this.#depth--;
		return filter;
	}

	#term(): Term {
		if (this.#skip('#')) return { type: 'project', name: this.#name() };
		if (this.#skip('@')) return { type: 'label', name: this.#name() };
		const keyword = this.#keyword();
		switch (keyword) {
			case 'today':
			case 'overdue':
			case 'no date':
				return { type: keyword };
			case 'due before:':
				return { type: 'due before', date: this.#date() };
			case 'due after:':
				return { type: 'due after', date: this.#date() };
			case 'p1':
				return { type: 'priority', priority: 1 };
			case 'p2':
				return { type: 'priority', priority: 2 };
			case 'p3':
				return { type: 'priority', priority: 3 };
			case 'p4':
				return { type: 'priority', priority: 4 };
			case 'search:':
				return { type: 'search', words: this.#words() };
		}
	}

	/** Follows all the keywords in step, to know which of them could have gone on where none does. */
	#keyword(): Keyword {
		let possible = keywords;
		for (let step = 0; ; step++) {
			this.#skipSpace();
			const start = this.#at;
			const token = this.#take(/:|[^\s&|!()"#@:]+/y).toLowerCase();
			const matching = possible.filter(({ tokens }) => tokens[step] === token);
			const whole = matching.find(({ tokens }) => tokens.length === step + 1);
			if (whole) return whole.text;
			if (matching.length === 0) throw this.#noKeyword(possible, step, token, start);
			possible = matching;
		}
	}

	#noKeyword(possible: typeof keywords, step: number, token: string, start: number): Misfit {
		const write = (choice: typeof keywords) => `Write ${oneOf.format(choice.map(({ text }) => text))}`;
		if (token !== '' && this.#at === this.#text.length) {
			const begun = possible.filter(({ tokens }) => tokens[step]?.startsWith(token));
			if (begun.length > 0) return this.#misfit(write(begun));
		}
		return new Misfit(step === 0 ? anyTerm : write(possible), start);
	}

	#name(): string {
		const quoted = this.#quoted('Write a name between the quotes');
		if (quoted !== null) return quoted;
		const name = this.#take(plainWord);
		if (name === '') throw this.#misfit('Write a name right after this sign');
		this.#expectOperator(', or put the name in quotes');
		return name;
	}

	/** The longest run of words that is a date; what is wrong after it is then not blamed on the date. */
	#date(): string {
		this.#skipSpace();
		const start = this.#at;
		const words: string[] = [];
		let date = '';
		let end = start;
		while (words.length < dateWords) {
			const word = this.#take(plainWord);
			if (word === '') break;
			words.push(word);
			const said = words.join(' ');
			if (this.#isDate(said)) {
				date = said;
				end = this.#at;
			}
			this.#skipSpace();
		}
		if (date === '') throw new Misfit('Write a date such as 2026-12-24', start);
		this.#at = end;
		return date;
	}

	#words(): string {
		this.#skipSpace();
		const quoted = this.#quoted('Write the words to search for between the quotes');
		if (quoted !== null) return quoted;
		const words = this.#take(/[^&|!()"]+/y).trim();
		if (words === '') throw this.#misfit('Write the words to search for');
		this.#expectOperator(', or put the words to search for in quotes');
		return words.replace(/\s+/g, ' ');
	}

	/** Text in quotes, if there are any: all of it counts, but for the spaces around it. */
	#quoted(advice: string): string | null {
		if (this.#text[this.#at] !== '"') return null;
		const start = this.#at;
		const quoted = this.#take(/"(?:[^"\\]|\\.)*"/sy);
		if (quoted === '') throw new Misfit(`Close the quotes opened at ${start}`, this.#text.length);
		const text = quoted.slice(1, -1).replace(/\\(.)/gs, '$1').trim();
		if (text === '') throw new Misfit(advice, this.#at - 1);
		return text;
	}

	#expectOperator(otherwise = ''): void {
		if (!['', '&', '|', ')'].includes(this.#next())) {
			throw this.#misfit(`Write & or | before this${otherwise}`);
		}
	}

	/** The next character that isn't a space, and nothing at the end. */
	#next(): string {
		this.#skipSpace();
		return this.#text.charAt(this.#at);
	}

	#skipSpace(): void {
		this.#take(/\s+/y);
	}

	#skip(character: string): boolean {
		const skipped = this.#next() === character;
		if (skipped) this.#at++;
		return skipped;
	}

	#take(pattern: RegExp): string {
		pattern.lastIndex = this.#at;
		const [taken] = pattern.exec(this.#text) ?? [''];
		this.#at += taken.length;
		return taken;
	}

	#misfit(advice: string): Misfit {
		return new Misfit(advice, this.#at);
	}
}
