import type { ZxcvbnFactory, ZxcvbnResult } from '@zxcvbn-ts/core';

export type PasswordVerdict = {
	score: 0 | 1 | 2 | 3 | 4;
	acceptable: boolean;
	reason: string | null;
	advice: string[];
};

export type PasswordOwner = { email?: string | null; name?: string | null };

/**
 * How hard the password is to guess for someone who knows whose it is. The server and the page ask the
 * same function; only the server's answer counts.
 */
export async function judgePassword(password: string, owner: PasswordOwner = {}): Promise<PasswordVerdict> {
	try {
		return judge(await strength(), password, owner);
	} catch {
		// The dictionaries could not be fetched. A password nobody judged is not let through.
		return {
			score: 0,
			acceptable: false,
			reason: 'The password could not be checked. Try again.',
			advice: []
		};
	}
}

let loading: Promise<ZxcvbnFactory> | undefined;

/** The dictionaries are large, so they come on the first question and stay. */
function strength(): Promise<ZxcvbnFactory> {
	loading ??= load().catch((error: unknown) => {
		loading = undefined;
		throw error;
	});
	return loading;
}

async function load(): Promise<ZxcvbnFactory> {
	const [{ ZxcvbnFactory }, common, english] = await Promise.all([
		import('@zxcvbn-ts/core'),
		import('@zxcvbn-ts/language-common'),
		import('@zxcvbn-ts/language-en')
	]);
	return new ZxcvbnFactory({
		dictionary: { ...common.dictionary, ...english.dictionary },
		graphs: common.adjacencyGraphs,
		// The time grows with the square of the length, times the readings of look-alikes: 128 random
		// characters would hold the thread for half a second. What follows a prefix only makes it harder
		// to guess, so the cap can refuse too much (a trivial start of 64 characters), never too little.
		// Fewer readings leave all that people really write: one or two look-alikes with two meanings.
		maxLength: 64,
		l33tMaxSubstitutions: 20
	});
}

function judge(zxcvbn: ZxcvbnFactory, password: string, owner: PasswordOwner): PasswordVerdict {
	const known = knownTo(owner);
	const inputs = known.map(({ text }) => text);
	const letters = plain(password);
	const { used, share, rest } = withoutKnown([...letters], known);

	const whole = zxcvbn.check(letters, inputs);
	// What is known costs an attacker nothing, so the rest has to stand on its own.
	const apart = used ? zxcvbn.check(rest, inputs) : whole;
	const weaker = apart.score < whole.score ? apart : whole;
	if (weaker.score >= 3) return { score: weaker.score, acceptable: true, reason: null, advice: [] };

	const advice = weaker.feedback.suggestions.map((key) => suggestions[key]);
	let reason = reasonOf(whole);
	if (used) {
		advice.unshift(`Leave out ${used}.`);
		if (share >= 0.5) reason = `It is made of ${used}.`;
		else if (whole.score >= 3) reason = `Apart from ${used}, it is easy to guess.`;
	}
	return {
		score: weaker.score,
		acceptable: false,
		reason,
		advice: [...new Set(advice)].filter((sentence) => sentence !== undefined)
	};
}

/** The same letters, however they were written: full width, accented, with invisible characters between. */
const plain = (text: string): string =>
	text
		// Longer than any password or address, and short enough for every step below.
		.slice(0, 256)
		.normalize('NFKD')
		.replace(/[\u0300-\u036f\ufe0f]|\p{Cf}/gu, '')
		.normalize('NFC');

const lookAlikes = new Map(
	Object.entries({
		0: 'o',
		1: 'i',
		l: 'i',
		'!': 'i',
		'|': 'i',
		3: 'e',
		4: 'a',
		'@': 'a',
		5: 's',
		$: 's',
		7: 't'
	})
);

/** What a character stands for, or nothing for what merely separates. */
function letterOf(char: string): string {
	const lower = char.toLowerCase();
	return lookAlikes.get(lower) ?? (/[\p{L}\p{N}]/u.test(lower) ? lower : '');
}

type Known = { text: string; letters: string[]; sources: string[] };

/** What anyone may know of an account, as texts of a few letters at least; the longest first. */
function knownTo({ email, name }: PasswordOwner): Known[] {
	const address = plain(email ?? '');
	const at = address.lastIndexOf('@');
	const domain = address.slice(at + 1);
	const words = (text: string) => text.match(/[\p{L}\p{M}]+/gu) ?? [];
	const texts: [string, string[]][] = [
		['your name', [plain(name ?? ''), ...words(plain(name ?? ''))]],
		[
			'your address',
			[
				address,
				address.slice(0, Math.max(at, 0)),
				domain,
				...words(address.slice(0, Math.max(at, 0))),
				// Not the top-level domain: "com" is in too many words.
				...words(domain.slice(0, Math.max(domain.lastIndexOf('.'), 0)))
			]
		],
		['the name of this service', ['latchkey']]
	];

	const known = new Map<string, Known>();
	for (const [source, list] of texts) {
		for (const text of list) {
			const letters = [...text].map(letterOf).filter(Boolean);
			// Two letters are a name in Chinese, and chance in English.
			if (letters.length < (/\P{ASCII}/u.test(text) ? 2 : 3)) continue;
			const entry = known.get(letters.join('')) ?? { text, letters, sources: [] };
			if (!entry.sources.includes(source)) entry.sources.push(source);
			known.set(letters.join(''), entry);
		}
	}
	return [...known.values()].sort((a, b) => b.letters.length - a.letters.length);
}

/** The password without what is known, forwards or backwards, whatever stands between the letters. */
function withoutKnown(chars: string[], known: Known[]): { used: string | null; share: number; rest: string } {
	const letters = chars.map((char, at) => ({ letter: letterOf(char), at })).filter(({ letter }) => letter);
	const covered = new Set<number>();
	const found: Known[] = [];
	for (const entry of known) {
		for (const wanted of [entry.letters, [...entry.letters].reverse()]) {
			for (let start = 0; start + wanted.length <= letters.length; start++) {
				const here = letters.slice(start, start + wanted.length);
				if (!here.every(({ letter, at }, index) => letter === wanted[index] && !covered.has(at))) continue;
				for (const { at } of here) covered.add(at);
				found.push(entry);
			}
		}
	}
	const shared = found[0]?.sources.find((source) => found.every(({ sources }) => sources.includes(source)));
	return {
		used: shared ?? ([...new Set(found.map(({ sources }) => sources[0]))].join(' and ') || null),
		share: covered.size / letters.length,
		rest: chars.filter((_, at) => !covered.has(at)).join('')
	};
}

/** zxcvbn gives its own keys where it is given no translations. Not all of its warnings fit a whole password. */
function reasonOf({ feedback, sequence }: ZxcvbnResult): string {
	const reason = feedback.warning === null ? undefined : warnings[feedback.warning];
	if (reason !== undefined) return reason;
	return sequence.some(({ pattern }) => pattern === 'dictionary')
		? 'So few words are quickly guessed.'
		: 'It is too short for what it is made of.';
}

const warnings: Partial<Record<string, string>> = {
	topTen: 'This is among the most common passwords.',
	topHundred: 'This is among the most common passwords.',
	common: 'This is a common password.',
	similarToCommon: 'This is close to a common password.',
	straightRow: 'A row of keys is quickly guessed.',
	keyPattern: 'A pattern on the keyboard is quickly guessed.',
	simpleRepeat: 'The same character over and over is quickly guessed.',
	extendedRepeat: 'The same characters over and over are quickly guessed.',
	sequences: 'A sequence such as abc or 6543 is quickly guessed.',
	recentYears: 'A year is quickly guessed.',
	dates: 'A date is quickly guessed.',
	wordByItself: 'A single word is quickly guessed.',
	namesByThemselves: 'A single name is quickly guessed.',
	commonNames: 'Common names are quickly guessed.'
};

const suggestions: Partial<Record<string, string>> = {
	anotherWord: 'Add another word or two, the less usual the better.',
	useWords: 'Use several words that do not usually stand together.',
	noNeed: 'Digits, symbols and capitals are not needed.',
	repeated: 'Repeating something adds little.',
	l33t: 'Writing @ for a or 0 for o adds little.',
	reverseWords: 'Writing a word backwards adds little.',
	allUppercase: 'Capital letters add little.',
	capitalization: 'Capital letters add little.',
	dates: 'Leave out dates and years.',
	recentYears: 'Leave out dates and years.',
	associatedYears: 'Leave out dates and years.',
	sequences: 'Leave out sequences.',
	longerKeyboardPattern: 'Leave out patterns on the keyboard.'
};
