import { InvalidInput } from './errors';

/** Where a page of a list ended: the last row's time and id, as the next page's query needs them. */
export type Cursor = { at: string; id: string };

export const writeCursor = ({ at, id }: Cursor): string => Buffer.from(`${at} ${id}`).toString('base64url');

export function readCursor(cursor: string): Cursor {
	const text = Buffer.from(cursor, 'base64url').toString();
	const match =
		/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text);
	const [, at = '', id = ''] = match ?? [];
	// PostgreSQL knows neither a 30th of February nor a year 0, which Date.parse takes.
	if (Number.isNaN(Date.parse(at)) || new Date(at).toISOString() !== at || at.startsWith('0000'))
		throw new InvalidInput({ cursor: ['That is not a cursor of this list.'] });
	return { at, id };
}
