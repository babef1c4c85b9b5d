const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * The position of a task that is added at the end now: a fractional index whose integer part is the
 * time in milliseconds (eight characters, so `g`), so that no row needs to be read to append one.
 */
export function endPosition(now: number): string {
	let key = '';
	for (let rest = now; key.length < 7; rest = Math.floor(rest / 62)) key = digits.charAt(rest % 62) + key;
	return `g${key}`;
}
