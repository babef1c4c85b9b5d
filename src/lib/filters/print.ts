import { isPlain, type Filter } from './filter';

/** The one way to write a filter, with no parentheses or quotes that could be left out. */
export function printFilter(filter: Filter): string {
	switch (filter.type) {
		case 'or':
			return filter.of.map(printFilter).join(' | ');
		case 'and':
			return filter.of.map((part) => printInside(part, ['or'])).join(' & ');
		case 'not':
			return `!${printInside(filter.of, ['or', 'and'])}`;
		case 'today':
		case 'overdue':
		case 'no date':
			return filter.type;
		case 'due before':
		case 'due after':
			return `${filter.type}: ${filter.date}`;
		case 'priority':
			return `p${filter.priority}`;
		case 'project':
			return `#${quoteUnless(isPlain(filter.name), filter.name)}`;
		case 'label':
			return `@${quoteUnless(isPlain(filter.name), filter.name)}`;
		case 'search':
			return `search: ${quoteUnless(filter.words.split(' ').every(isPlain), filter.words)}`;
	}
}

/** Puts what binds more loosely than its surroundings in parentheses. */
function printInside(filter: Filter, looser: Filter['type'][]): string {
	return looser.includes(filter.type) ? `(${printFilter(filter)})` : printFilter(filter);
}

function quoteUnless(plain: boolean, text: string): string {
	return plain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
