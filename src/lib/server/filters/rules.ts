import type { Filter } from '../../filters/filter';
import { parseFilter } from '../../filters/parse';
import { printFilter } from '../../filters/print';
import { parseDate } from '../../quick-add/quick-add';
import { InvalidInput } from '../errors';

/** A filter as it is kept: the dates in it stay words, for `tomorrow` is another day tomorrow. */
export const canonical = (text: string, timezone: string): string => printFilter(parse(text, timezone));

/** The filter with its dates as calendar dates of the owner's today. */
export const readFilter = (text: string, timezone: string): Filter =>
	dated(parse(text, timezone), (date) => parseDate(date, { now: new Date(), timezone })?.date ?? date);

/** Refuses with the place where it went wrong. */
function parse(text: string, timezone: string): Filter {
	const context = { now: new Date(), timezone };
	const parsed = parseFilter(text, (date) => parseDate(date, context) !== null);
	if (!parsed.ok) throw new InvalidInput({ filter: [parsed.message] });
	return parsed.filter;
}

function dated(filter: Filter, dateOf: (text: string) => string): Filter {
	switch (filter.type) {
		case 'and':
		case 'or':
			return { ...filter, of: filter.of.map((part) => dated(part, dateOf)) };
		case 'not':
			return { ...filter, of: dated(filter.of, dateOf) };
		case 'due before':
		case 'due after':
			return { ...filter, date: dateOf(filter.date) };
		default:
			return filter;
	}
}
