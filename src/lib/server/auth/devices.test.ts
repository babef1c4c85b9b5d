import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeDevice } from './devices';

const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const blink = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
const iPhone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X)';

test.each([
	['Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Firefox on Linux'],
	['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0', 'Firefox on Linux'],
	[`${windows.replace(')', '; rv:131.0)')} Gecko/20100101 Firefox/131.0`, 'Firefox on Windows'],
	['Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0', 'Firefox on Android'],
	[`${iPhone} ${webkit} FxiOS/131.0 Mobile/15E148 Safari/605.1.15`, 'Firefox on iPhone'],
	['Mozilla/5.0 (X11; FreeBSD amd64; rv:130.0) Gecko/20100101 Firefox/130.0', 'Firefox'],
	[`${iPhone} ${webkit} Version/17.6 Mobile/15E148 Safari/604.1`, 'Safari on iPhone'],
	[
		`Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) ${webkit} Version/12.1.2 Mobile/15E148 Safari/604.1`,
		'Safari on iPad'
	],
	[
		`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/17.6 Safari/605.1.15`,
		'Safari on macOS'
	],
	[`Mozilla/5.0 (Linux; Android 10; K) ${blink} Chrome/130.0.0.0 Mobile Safari/537.36`, 'Chrome on Android'],
	[`${windows} ${blink} Chrome/130.0.0.0 Safari/537.36`, 'Chrome on Windows'],
	[`${iPhone} ${webkit} CriOS/130.0.6723.37 Mobile/15E148 Safari/604.1`, 'Chrome on iPhone'],
	[`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${blink} Chrome/130.0.0.0 Safari/537.36`, 'Chrome on Chrome OS'],
	[`Mozilla/5.0 (X11; Linux x86_64) ${blink} HeadlessChrome/130.0.0.0 Safari/537.36`, 'Chrome on Linux'],
	[`${windows} ${blink} Chrome/130.0.0.0 Safari/537.36 Edg/130.0.2849.46`, 'Edge on Windows'],
	[
		`Mozilla/5.0 (Linux; Android 10; HD1913) ${blink} Chrome/129.0.6668.100 Mobile Safari/537.36 EdgA/129.0.2792.80`,
		'Edge on Android'
	],
	[`${windows} ${blink} Chrome/129.0.0.0 Safari/537.36 OPR/114.0.0.0`, 'Opera on Windows'],
	['Opera/9.80 (Windows NT 6.1; U; en) Presto/2.12.388 Version/12.18', 'Opera on Windows'],
	[
		`Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) ${blink} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36`,
		'Samsung Internet on Android'
	],
	['Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko', 'Internet Explorer on Windows'],
	[`${windows} ${blink} Chrome/128.0.0.0 Safari/537.36 Vivaldi/6.9.3447.37`, 'Vivaldi on Windows'],
	[
		`Mozilla/5.0 (X11; Linux x86_64) ${blink} Thing/1.0.0 Chrome/126.0.0.0 Electron/31.0.0 Safari/537.36`,
		'Electron on Linux'
	],
	['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Googlebot'],
	['Mozilla/5.0 (Windows NT 10.0) Unheard/1.0', 'Browser on Windows'],
	['Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.2506', 'PowerShell'],
	['curl/8.5.0', 'curl 8'],
	['Wget/1.21.4', 'Wget 1'],
	['HTTPie/3.2.2', 'HTTPie 3'],
	['PostmanRuntime/7.42.0', 'Postman'],
	['node', 'Node.js program'],
	['undici', 'Node.js program'],
	['node-fetch/1.0 (+https://github.com/bitinn/node-fetch)', 'Node.js program'],
	['axios/1.7.7', 'Node.js program'],
	['Deno/2.0.0', 'Deno program'],
	['Bun/1.1.30', 'Bun program'],
	['python-requests/2.32.3', 'Python program'],
	['Python/3.12 aiohttp/3.9.5', 'Python program'],
	['Go-http-client/2.0', 'Go program'],
	['okhttp/4.12.0', 'Java program'],
	['Apache-HttpClient/4.5.14 (Java/17.0.9)', 'Java program'],
	['Dart/3.5 (dart:io)', 'Dart program'],
	['latchkey-sync/2.1 (cron)', 'latchkey-sync 2'],
	['Mozilla/5.0', 'Unknown device'],
	['evil.example/1', 'Unknown device'],
	['Call us now on 555/1234', 'Unknown device'],
	['<b>curl</b>/8', 'Unknown device'],
	['!!!', 'Unknown device'],
	['', null],
	['  \t', null],
	[null, null],
	[undefined, null]
])('%s', (userAgent, words) => {
	expect(describeDevice(userAgent)).toBe(words);
});

test('anything at all becomes a short plain line', () => {
	const token = fc.constantFrom(
		'Mozilla/5.0 ',
		'Opera/9 ',
		'(',
		')',
		';',
		'Android ',
		'Version/',
		'Chrome/1',
		'node',
		'\0',
		'://'
	);
	const userAgents = fc.oneof(
		fc.string({ unit: 'binary', maxLength: 2000 }),
		fc.array(fc.oneof(token, fc.string()), { maxLength: 200 }).map((parts) => parts.join(''))
	);
	fc.assert(
		fc.property(userAgents, (userAgent) => {
			const words = describeDevice(userAgent);
			if (userAgent.trim() === '') expect(words).toBeNull();
			else expect(words).toMatch(/^[A-Za-z0-9][\w .-]{1,45}$/);
		}),
		{ numRuns: 1000 }
	);
});

test('a megabyte is as quick as a line', () => {
	for (const piece of ['x/1 ', 'Mozilla/5.0 (', 'version/1.', '; ', '1']) {
		const start = performance.now();
		describeDevice(`Mozilla/5.0 ${piece.repeat(250_000)}`);
		expect(performance.now() - start).toBeLessThan(250);
	}
});
