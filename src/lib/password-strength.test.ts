import { describe, expect, test } from 'vitest';
import { judgePassword, type PasswordOwner } from './password-strength';

const ada: PasswordOwner = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace' };
const zoe: PasswordOwner = { email: 'zoe@mueller-soehne.de', name: 'Zoë Müller' };
const ming: PasswordOwner = { email: 'ming@qq.com', name: '李明' };
const maria: PasswordOwner = { email: 'm@example.org', name: 'Maria' };

describe('hard to guess', () => {
	test.each<[string, PasswordOwner]>([
		['correct horse battery staple', ada],
		['xk9#Qv2pT!mZ', ada],
		['computer complete comet', { email: 'x@y.com' }],
		['длинная фраза из слов', ada],
		['🐴🔋📎✅🎩🌵🚲🧀', ada],
		['ada lovelace wrote the first algorithm for a machine', ada],
		['lovelace Xk9#vQ2pT', ada],
		['toyota camry maria blue', maria],
		['tangerine walrus 李明 bicycle', ming],
		['correct horse battery staple', {}],
		['correct horse battery staple', { email: null, name: null }]
	])('%s', async (password, owner) => {
		const verdict = await judgePassword(password, owner);
		expect(verdict).toMatchObject({ acceptable: true, reason: null, advice: [] });
		expect(verdict.score).toBeGreaterThanOrEqual(3);
	});
});

describe('guessable, and why', () => {
	const common = /^This is (among the most|a|close to a) common password/;
	test.each<[string, PasswordOwner, RegExp]>([
		['password', ada, /^This is among the most common passwords\.$/],
		['12345678', ada, /^This is among the most common passwords\.$/],
		['password123', ada, common],
		['P@ssw0rd!', ada, common],
		['drowssap', ada, common],
		['ｐａｓｓｗｏｒｄ１２３', ada, common],
		['pässwörd123', ada, common],
		['pass\u200bword123', ada, common],
		['aaaaaaaa', ada, /same character/],
		['abcabcabcabc', ada, /same characters/],
		['😀😀😀😀😀😀😀😀', ada, /over and over/],
		['abcdefghij', ada, /sequence/],
		['19840612', ada, /date/],
		['constructor', ada, /few words/],
		['xk9#Qv2p', ada, /too short/],
		['ada.lovelace@example.com', ada, /^It is made of your address\.$/],
		['Ada.Lovelace@Example.com1!', ada, /^It is made of your address\.$/],
		['moc.elpmaxe@ecalevol.ada', ada, /^It is made of your address\.$/],
		['example.com1234', ada, /^It is made of your address\.$/],
		['muellersoehne1', zoe, /^It is made of your address\.$/],
		['lovelace1815', ada, /^It is made of your name\.$/],
		['4d4l0v3l4c3!!', ada, /^It is made of your name\.$/],
		['adaadaadaada', ada, /^It is made of your name\.$/],
		['ecalevol-ada-2024', ada, /^It is made of your name\.$/],
		['a.d.a.l.o.v.e.l.a.c.e', ada, /^It is made of your name\.$/],
		['AdaLovelace19840612', ada, /^It is made of your name\.$/],
		['Zoë Müller 1', zoe, /^It is made of your name\.$/],
		['ＺＯＥ-muller-99', zoe, /^It is made of your name\.$/],
		['李明李明李明李明', ming, /^It is made of your name\.$/],
		['maria@example.org', maria, /^It is made of your (name and your address|address and your name)\.$/],
		['Latchkey2024!', ada, /^It is made of the name of this service\.$/],
		['marialovescake', maria, /^Apart from your name, it is easy to guess\.$/]
	])('%s', async (password, owner, reason) => {
		const verdict = await judgePassword(password, owner);
		expect(verdict.acceptable).toBe(false);
		expect(verdict.score).toBeLessThan(3);
		expect(verdict.reason).toMatch(reason);
		expect(verdict.advice.length).toBeGreaterThan(0);
		for (const sentence of verdict.advice) expect(sentence).toMatch(/^[A-Z].*\.$/);
		expect(new Set(verdict.advice).size).toBe(verdict.advice.length);
	});
});

test('the same password is good for one owner and not for another', async () => {
	const password = 'wolfeschlegelstein-1914!';
	expect((await judgePassword(password, ada)).acceptable).toBe(true);
	expect((await judgePassword(password, { name: 'Hubert Wolfeschlegelstein' })).acceptable).toBe(false);
});

test('whatever is asked, a verdict comes', async () => {
	const odd = [
		'',
		'\0'.repeat(8),
		'\ud800'.repeat(9),
		'\u0301'.repeat(8),
		'__proto__',
		'toString',
		'\ufdfa'.repeat(128),
		'👨‍👩‍👧‍👦'.repeat(16)
	];
	for (const password of odd) {
		for (const text of odd) {
			const verdict = await judgePassword(password, { email: `${text}@${text}`, name: text });
			expect(verdict.acceptable).toBe(verdict.score >= 3);
			expect(verdict.reason === null).toBe(verdict.acceptable);
			expect(verdict.reason ?? '').not.toContain('could not be checked');
		}
	}
});

test('no password takes much longer than 64 random characters', async () => {
	const random = (length: number, chars: string) =>
		Array.from({ length }, (_, at) => chars.charAt((at * at * 7919 + at * 104_729 + 13) % chars.length)).join(
			''
		);
	const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).join('');
	const owner = { email: `${'a'.repeat(64)}@${'b.'.repeat(90)}com`, name: 'dab bad add dad '.repeat(6) };
	const baseline = random(64, printable);
	const hostile = [
		'a'.repeat(128),
		'1'.repeat(128),
		random(128, printable),
		random(128, '0123456789'),
		random(128, '01'),
		random(128, '4@8({[<3690!1|0$57+2%'),
		'4@8({[<3'.repeat(16),
		'p4ssw0rd'.repeat(16),
		'\\/\\/|\\|'.repeat(18),
		'4d@'.repeat(32) + random(32, printable),
		'\ufdfa'.repeat(128),
		random(1_000_000, printable)
	];
	const best = new Map<string, number>();
	// In turns, so that a busy moment of the machine meets them all alike.
	for (let round = 0; round < 5; round++) {
		for (const password of [baseline, ...hostile]) {
			const start = performance.now();
			await judgePassword(password, owner);
			const took = performance.now() - start;
			best.set(password, Math.min(took, best.get(password) ?? Infinity));
		}
	}
	const slowest = Math.max(...hostile.map((password) => best.get(password)!));
	expect(slowest / best.get(baseline)!).toBeLessThan(4);
}, 60_000);
