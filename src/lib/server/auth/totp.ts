import { randomBytes, timingSafeEqual } from 'node:crypto';
import { base32 } from 'oslo/encoding';
import { createTOTPKeyURI, generateHOTP } from 'oslo/otp';
import { encode } from 'uqr';

const stepMs = 30_000;

/** As long as the hash, as RFC 4226 recommends. */
export const newTotpSecret = (): Uint8Array => randomBytes(20);

/** For typing in where the QR code can't be scanned. */
export const secretText = (secret: Uint8Array): string => base32.encode(secret, { includePadding: false });

/** Digits, period and hash are left at the defaults that every authenticator app knows. */
export const otpauthUrl = (secret: Uint8Array, email: string): string =>
	createTOTPKeyURI('Latchkey', email, secret);

const withoutSpaces = (text: string) => text.replace(/\s/g, '');

export const looksLikeTotp = (code: string): boolean => /^[0-9]{6}$/.test(withoutSpaces(code));

/**
 * The step of time whose code this is, one step early or late included. Take it only if it is above the
 * last step taken for this account: the newest is named first, so that a code which happens to fit two
 * steps is not good for a second use.
 */
export async function matchingStep(
	secret: Uint8Array,
	code: string,
	now: number = Date.now()
): Promise<number | null> {
	if (!looksLikeTotp(code)) return null;
	const typed = Buffer.from(withoutSpaces(code));
	const current = Math.floor(now / stepMs);
	const steps = [current + 1, current, current - 1].filter((step) => step >= 0);
	// Each is compared, whichever fits, so that the time says nothing.
	const fits = await Promise.all(
		steps.map(async (step) => timingSafeEqual(typed, Buffer.from(await generateHOTP(secret, step))))
	);
	return steps[fits.indexOf(true)] ?? null;
}

/**
 * Black on white with the quiet zone of four modules, in dark mode too: many scanners can't read it
 * inverted. The size is the page's to give.
 */
export function qrSvg(text: string): string {
	const { data, size } = encode(text, { ecc: 'M', border: 4 });
	const path = data
		.flatMap((row, y) =>
			row.map((dark, x) => {
				if (!dark || row[x - 1]) return '';
				const end = row.indexOf(false, x);
				return `M${x} ${y}h${end - x}v1H${x}z`;
			})
		)
		.join('');
	return (
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" role="img" shape-rendering="crispEdges">` +
		`<title>QR code for an authenticator app</title>` +
		`<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${path}"/></svg>`
	);
}

/** Crockford's: what looks like another of them (i, l, o) or makes words (u) is left out. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const grouped = (letters: string) => letters.replace(/(.{4})(?=.)/g, '$1-');

/** Ten codes of 60 bits. 32 letters divide a byte's 256 values evenly, so each is as likely. */
export const newRecoveryCodes = (): string[] =>
	Array.from({ length: 10 }, () =>
		grouped(Array.from(randomBytes(12), (byte) => alphabet.charAt(byte % 32)).join(''))
	);

/** The code as it was issued, from however it was typed; null if it can't have been one. */
export function normaliseRecoveryCode(text: string): string | null {
	// Nobody spaces twelve letters this far; what is longer isn't worth looking at.
	if (text.length > 100) return null;
	const letters = text
		.toLowerCase()
		.replace(/[\s\p{Pd}]/gu, '')
		.replace(/[il]/g, '1')
		.replace(/o/g, '0')
		.replace(/u/g, 'v');
	return /^[0-9a-hjkmnp-tv-z]{12}$/.test(letters) ? grouped(letters) : null;
}
