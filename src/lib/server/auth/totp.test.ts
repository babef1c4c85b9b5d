import { createHmac, randomBytes } from 'node:crypto';
import { encode } from 'uqr';
import { describe, expect, test } from 'vitest';
import {
	looksLikeTotp,
	matchingStep,
	newRecoveryCodes,
	newTotpSecret,
	normaliseRecoveryCode,
	otpauthUrl,
	qrSvg,
	secretText
} from './totp';

/** RFC 4226 from its text, knowing nothing of the library under test. */
function hotp(secret: Uint8Array, step: number, digits = 6): string {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(step));
	const mac = createHmac('sha1', secret).update(counter).digest();
	const number = mac.readUInt32BE(mac[19]! & 15) & 0x7fff_ffff;
	return String(number % 10 ** digits).padStart(digits, '0');
}

const rfcSecret = Buffer.from('12345678901234567890');

describe('the vectors of RFC 6238', () => {
	test.each([
		[59, '94287082'],
		[1_111_111_109, '07081804'],
		[1_111_111_111, '14050471'],
		[1_234_567_890, '89005924'],
		[2_000_000_000, '69279037'],
		[20_000_000_000, '65353130']
	])('at %i seconds', async (seconds, eightDigits) => {
		const step = Math.floor(seconds / 30);
		expect(hotp(rfcSecret, step, 8)).toBe(eightDigits);
		// The last six of eight digits are the six-digit code.
		expect(await matchingStep(rfcSecret, eightDigits.slice(2), seconds * 1000)).toBe(step);
	});
});

describe('a code', () => {
	const secret = randomBytes(20);
	// Four neighbours whose codes all differ, so that each stands for one step.
	let step = 58_000_000;
	while (new Set([-2, -1, 0, 1, 2].map((away) => hotp(secret, step + away))).size < 5) step++;
	const now = step * 30_000 + 12_345;

	test.each([-1, 0, 1])('fits %i steps away', async (away) => {
		expect(await matchingStep(secret, hotp(secret, step + away), now)).toBe(step + away);
	});

	test.each([-2, 2])('does not fit %i steps away', async (away) => {
		expect(await matchingStep(secret, hotp(secret, step + away), now)).toBeNull();
	});

	test('changes at the very millisecond', async () => {
		const code = hotp(secret, step - 1);
		expect(await matchingStep(secret, code, step * 30_000 + 29_999)).toBe(step - 1);
		expect(await matchingStep(secret, code, step * 30_000 + 30_000)).toBeNull();
	});

	test('may have spaces, and nothing else', async () => {
		const code = hotp(secret, step);
		for (const typed of [` ${code}\n`, `${code.slice(0, 3)} ${code.slice(3)}`, [...code].join(' ')]) {
			expect(looksLikeTotp(typed)).toBe(true);
			expect(await matchingStep(secret, typed, now)).toBe(step);
		}
		for (const typed of [
			'',
			code.slice(1),
			`0${code}`,
			`${code.slice(0, 5)}x`,
			`${code}\0`,
			'１２３４５６',
			'-12345',
			'1e5000',
			'      '
		]) {
			expect(looksLikeTotp(typed)).toBe(false);
			expect(await matchingStep(secret, typed, now)).toBeNull();
		}
	});

	test('of another secret does not fit', async () => {
		const other = randomBytes(20);
		const codes = [-1, 0, 1].map((away) => hotp(secret, step + away));
		const foreign = [0, 1, 2, 3, 4, 5]
			.map((away) => hotp(other, step + away))
			.find((code) => !codes.includes(code))!;
		expect(await matchingStep(secret, foreign, now)).toBeNull();
	});

	test('that fits two steps is taken for the newest', async () => {
		// The first two neighbours of this secret with the same code.
		const twice = 910_737;
		expect(hotp(rfcSecret, twice + 1)).toBe(hotp(rfcSecret, twice));
		const code = hotp(rfcSecret, twice);
		expect(await matchingStep(rfcSecret, code, twice * 30_000)).toBe(twice + 1);
		expect(await matchingStep(rfcSecret, code, (twice + 1) * 30_000)).toBe(twice + 1);
	});

	test('has steps from 1970 on', async () => {
		expect(await matchingStep(rfcSecret, hotp(rfcSecret, 0), 0)).toBe(0);
	});
});

describe('enrolment', () => {
	test('a secret has 20 bytes, and is never the same', () => {
		expect(newTotpSecret()).toHaveLength(20);
		expect(new Set(Array.from({ length: 50 }, () => secretText(newTotpSecret()))).size).toBe(50);
	});

	test('its text is base32 without padding', () => {
		expect(secretText(rfcSecret)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
		expect(secretText(Buffer.from('foob'))).toBe('MZXW6YQ');
	});

	test('its address says everything once, whatever the account is called', () => {
		expect(otpauthUrl(rfcSecret, 'ada@example.com')).toBe(
			`otpauth://totp/Latchkey:ada%40example.com?secret=${secretText(rfcSecret)}&issuer=Latchkey`
		);
		const email = `o'brien+a/b?c&d=e#f%:@example.com`;
		const url = new URL(otpauthUrl(rfcSecret, email));
		expect([url.host, decodeURIComponent(url.pathname)]).toEqual(['totp', `/Latchkey:${email}`]);
		expect([...url.searchParams.keys()]).toEqual(['secret', 'issuer']);
		expect(url.hash).toBe('');
	});

	test('the QR code draws its modules, black on white with four of margin', () => {
		const text = otpauthUrl(rfcSecret, 'ada@example.com');
		const svg = qrSvg(text);
		const { data, size } = encode(text, { ecc: 'M', border: 0 });
		expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 (\d+) \1" role="img"[^>]*><title>[^<]+<\/title>/);
		expect(svg).toContain(`viewBox="0 0 ${size + 8} ${size + 8}"`);
		expect(svg).toContain(`<path fill="#fff" d="M0 0h${size + 8}v${size + 8}H0z"/>`);
		expect(svg).not.toMatch(/currentColor|style=|<script|width=/);

		const drawn = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
		for (const [, x, y, width, back] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1H(\d+)z/g)) {
			expect(back).toBe(x);
			for (let at = 0; at < Number(width); at++) drawn[Number(y) - 4]![Number(x) - 4 + at] = true;
		}
		expect(drawn).toEqual(data);
	});

	test('the longest address still fits', () => {
		expect(qrSvg(otpauthUrl(rfcSecret, `${'+'.repeat(240)}@example.com`))).toContain('</svg>');
	});
});

describe('recovery codes', () => {
	test('are ten, all different, of an even choice of letters', () => {
		const counts = new Map<string, number>();
		for (let set = 0; set < 400; set++) {
			const codes = newRecoveryCodes();
			expect(new Set(codes).size).toBe(10);
			for (const code of codes) {
				expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){2}$/);
				for (const letter of code.replaceAll('-', '')) counts.set(letter, (counts.get(letter) ?? 0) + 1);
			}
		}
		// 48,000 letters, 1,500 of each; the standard deviation is 38.
		expect(counts.size).toBe(32);
		for (const count of counts.values()) expect(Math.abs(count - 1500)).toBeLessThan(38 * 7);
	});

	test('stay what they are', () => {
		for (const code of newRecoveryCodes()) {
			expect(normaliseRecoveryCode(code)).toBe(code);
			expect(looksLikeTotp(code)).toBe(false);
		}
	});

	test.each([
		['0a1b-2c3d-4v5f', '0a1b-2c3d-4v5f'],
		['0A1B2C3D4V5F', '0a1b-2c3d-4v5f'],
		['  0a1b 2c3d\t4v5f\n', '0a1b-2c3d-4v5f'],
		['0a1b – 2c3d — 4v5f', '0a1b-2c3d-4v5f'],
		['oAlB-2C3D-4U5F', '0a1b-2c3d-4v5f'],
		['Oaib-2c3d-4v5f', '0a1b-2c3d-4v5f'],
		['000000000000', '0000-0000-0000'],
		['', null],
		['123456', null],
		['0a1b-2c3d-4v5', null],
		['0a1b-2c3d-4v5ff', null],
		['0a1b_2c3d_4v5f', null],
		['0a1b-2c3d-4v5é', null],
		['0a1b-2c3d-4v5\0', null],
		[' '.repeat(1_000_000), null]
	])('%j becomes %j', (typed, code) => {
		expect(normaliseRecoveryCode(typed)).toBe(code);
	});
});
