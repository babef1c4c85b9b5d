import { describe, expect, test } from 'vitest';
import { inWords, newDevice, passwordChanged, passwordReset, verification } from './rules';

const origin = 'https://tasks.example.org';
const token = 'aZ0-_aZ0-_aZ0-_aZ0-_aZ0-_aZ0-_aZ0-_aZ0-_aZ0';
const at = 'Friday 20 November 2026 at 14:05 (Europe/Berlin)';
const device = 'Firefox on Linux';
const ip = '2001:db8::7';

const letters = [
	[verification({ link: `${origin}/verify/${token}` }), `${origin}/verify/${token}`],
	[passwordReset({ link: `${origin}/reset/${token}` }), `${origin}/reset/${token}`],
	[newDevice({ device, ip, at, securityLink: `${origin}/settings/security` }), `${origin}/settings/security`],
	[passwordChanged({ at, forgotLink: `${origin}/forgot` }), `${origin}/forgot`]
] as const;

describe.each(letters)('$subject', ({ subject, text, html }, link) => {
	test('the link is in both parts, where a person can read and copy it', () => {
		expect(text.split('\n')).toContain(link);
		expect([...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([link, link]);
		expect(html).toContain(`>${link}</a>`);
	});

	test('nothing is fetched when it is opened', () => {
		expect(html).not.toMatch(/<(img|link|script|iframe|object|video|audio|form|svg)\b|@import|url\(|src=/i);
		const addresses = html.match(/\w+:\/\/[^\s"<]*/g);
		expect(new Set(addresses)).toEqual(new Set([link, `${origin},`]));
	});

	test('it travels as it is: ASCII, in short lines', () => {
		expect(`${subject}${text}`).toMatch(/^[\x20-\x7e\n]*$/);
		for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(76);
		expect(text).not.toMatch(/ $/m);
	});

	test('it says what to do when it was somebody else', () => {
		for (const part of [text, html]) expect(part).toMatch(/If (it was not you|this was not you|you did not)/);
	});
});

test('when, where from and with what are in both parts', () => {
	const { text, html } = newDevice({ device, ip, at, securityLink: `${origin}/settings/security` });
	for (const fact of [device, ip, at]) {
		expect(text).toContain(fact);
		expect(html).toContain(fact);
	}
	expect(passwordChanged({ at, ip, forgotLink: `${origin}/forgot` }).text).toContain(`IP address: ${ip}\n`);
	expect(passwordChanged({ at, forgotLink: `${origin}/forgot` }).text).not.toContain('IP address');
});

describe('what others may choose', () => {
	const write = (named: string) =>
		newDevice({ device: named, ip, at, securityLink: `${origin}/settings/security` });

	test('is no markup', () => {
		const { text, html } = write(`<b onclick="x('&amp;')">`);
		expect(html).toContain('&lt;b onclick=&quot;x(&#39;&amp;amp;&#39;)&quot;&gt;');
		expect(html).not.toContain('<b ');
		expect(text).toContain(`<b onclick="x('&amp;')">`);
	});

	test('is one line, and not a long one', () => {
		const { text } = write(`Mac\r\n\r\nWhen: never\u2028\u202e\0${'x'.repeat(200)}`);
		const [line] = text.split('\n').filter((line) => line.startsWith('Device: '));
		expect(line).toMatch(/^Device: Mac When: never x{84}$/);
	});

	test.each(['www.evil.example', 'pay@evil.example', 'http://192.0.2.1/', 'пример.рф'])(
		'is no link: %s',
		(named) => {
			for (const part of Object.values(write(named))) expect(part).not.toContain(named);
			expect(write(named).text.replaceAll('\u200b', '')).toContain(named);
		}
	);

	test('is left alone where it is harmless', () => {
		const named = 'Ada’s phone: Chrome 131.0/Android, 中文';
		for (const part of [write(named).text, write(named).html]) expect(part).toContain(named);
	});
});

test('a moment is told on the clock of whoever reads it', () => {
	const noon = new Date('2026-11-20T12:05:00Z');
	expect(inWords(noon, 'Europe/Berlin')).toMatch(/^Friday,? 20 November 2026 at 13:05 \(Europe\/Berlin\)$/);
	expect(inWords(noon, 'America/New_York')).toMatch(/ at 07:05 \(America\/New York\)$/);
	expect(inWords(new Date('2026-11-20T18:15:00Z'), 'Asia/Kathmandu')).toMatch(/^Saturday.* at 00:00 /);
});
