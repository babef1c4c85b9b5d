const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Fractional indexes whose integer part is the time in milliseconds, so that no row needs to be read to put a
 * task at an end. Such a part of eight characters begins with `g`, or with `T` below all those that do.
 */
const base62 = (number: number, length: number): string => {
	let text = '';
	for (let rest = number; text.length < length; rest = Math.floor(rest / 62))
		text = digits.charAt(rest % 62) + text;
	return text;
};

/** What follows keeps two of the same moment apart, between which nothing could be put. The last digit is not 0. */
const fraction = (chance: number): string => base62(Math.floor(chance * 62 ** 2), 2) + 'V';

/** Behind everything that was put there before. `chance` is from 0 to 1, without it. */
export const lastPosition = (now: number, chance: number): string => `g${base62(now, 7)}${fraction(chance)}`;

/** Before everything that was put there before. */
export const firstPosition = (now: number, chance: number): string =>
	`T${base62(62 ** 7 - 1 - now, 7)}${fraction(chance)}`;
