import { InvalidInput } from '../errors';

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

export type Cursor = { createdAt: string; id: string };

export const writeCursor = ({ createdAt, id }: Cursor): string =>
	Buffer.from(`${createdAt} ${id}`).toString('base64url');

export function readCursor(cursor: string): Cursor {
	const text = Buffer.from(cursor, 'base64url').toString();
	const match =
		/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text);
	const [, createdAt = '', id = ''] = match ?? [];
	if (Number.isNaN(Date.parse(createdAt)))
		throw new InvalidInput({ cursor: ['That is not a cursor of this list.'] });
	return { createdAt, id };
}
