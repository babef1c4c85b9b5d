import { calendarDate, parseDay } from './calendar';
import type { Basis } from './next-date';
import { parseRule, type Rule } from './rule';

const units = { DAILY: 'day', WEEKLY: 'week', MONTHLY: 'month', YEARLY: 'year' };
const weekdayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A rule in words, such as "every 2 weeks on Mon and Fri until 24 Dec 2026". */
export function describeRule(text: string, basis: Basis = 'schedule'): string {
	const parsed = parseRule(text);
	// A page that can't read a rule shows what there is.
	if (!parsed.ok) return text;
	const { rule } = parsed;
	return [datesOf(rule), basis === 'completion' && 'after completion', endOf(rule)].filter(Boolean).join(' ');
}

function datesOf(rule: Rule): string {
	const { frequency, interval, monthDays, weekdays, positions } = rule;
	const unit = units[frequency];
	const every = interval === 1 ? `every ${unit}` : `every ${interval} ${unit}s`;
	const months = list(rule.months.map(monthName));
	const inMonths = months && ` in ${months}`;
	if (!monthDays.length && !weekdays.length) return `${every}${inMonths}`;

	const named = weekdays.every(({ nth }) => nth === null);
	if (named && !monthDays.length && !positions.length) {
		const names = weekdayNamesOf(weekdays, 'and');
		if (interval === 1) return `every ${names}${inMonths}`;
		const on = names === 'weekday' ? 'weekdays' : names === 'day' ? 'every day' : names;
		if (frequency === 'WEEKLY') return `${every} on ${on}${inMonths}`;
		if (frequency === 'DAILY') return `${every}, on ${on} only${inMonths && `,${inMonths}`}`;
		return `${every} on every ${names}${inMonths}`;
	}

	const days = daysOf(rule);
	if (frequency === 'DAILY' || frequency === 'WEEKLY') return `${every}, on the ${days} only${inMonths}`;
	if (frequency === 'MONTHLY') {
		if (interval > 1 || (monthDays.length && days !== 'last day'))
			return `${every} on the ${days}${inMonths}`;
		// "3rd Friday" alone can't be mistaken. "Last day" and "last weekday" might be a week's.
		const ofMonth = positions.length || monthDays.length ? ' of the month' : '';
		return `every ${days}${ofMonth}${inMonths}`;
	}
	const isDate = monthDays.length === 1 && (monthDays[0] ?? 0) > 0 && !weekdays.length && !positions.length;
	if (isDate && months) {
		return `${every} on ${list(rule.months.map((month) => `${monthDays.join('')} ${monthName(month)}`))}`;
	}
	return `${every} on the ${days} of ${months || (monthDays.length ? 'every month' : 'the year')}`;
}

/** What follows "on the". */
function daysOf({ monthDays, weekdays, positions }: Rule): string {
	const dates = list(
		monthDays.map((monthDay) => (monthDay > 0 ? ordinal(monthDay) : `${ordinal(monthDay)} day`))
	);
	if (!positions.length) {
		if (!weekdays.length) return dates;
		return dates ? `${dates} if it is a ${weekdayNamesOf(weekdays, 'or')}` : weekdayNamesOf(weekdays, 'and');
	}
	const chosen = list(positions.map(ordinal));
	if (!dates) return `${chosen} ${weekdayNamesOf(weekdays, 'or')}`;
	return `${chosen} of the ${dates}${weekdays.length ? ` if it is a ${weekdayNamesOf(weekdays, 'or')}` : ''}`;
}

function weekdayNamesOf(weekdays: Rule['weekdays'], word: 'and' | 'or'): string {
	const key = weekdays.map(({ weekday, nth }) => (nth === null ? weekday : '-')).join('');
	if (key === '0123456') return 'day';
	if (key === '01234') return 'weekday';
	const alike = weekdays.every(({ weekday }) => weekday === weekdays[0]?.weekday);
	if (alike && weekdays.every(({ nth }) => nth !== null)) {
		return `${list(weekdays.map(({ nth }) => ordinal(nth ?? 0)))} ${weekdayNames[weekdays[0]?.weekday ?? 0] ?? ''}`;
	}
	const names = weekdays.map(({ weekday, nth }) => {
		const name = weekdayNames[weekday] ?? '';
		return nth === null ? (weekdays.length > 1 ? name.slice(0, 3) : name) : `${ordinal(nth)} ${name}`;
	});
	return list(names, word);
}

function endOf({ count, until }: Rule): string {
	if (count !== null) return count === 1 ? 'once' : `for ${count} times`;
	const day = until === null ? null : parseDay(until);
	if (day === null) return '';
	const { year, month, date } = calendarDate(day);
	return `until ${date} ${monthName(month)} ${year}`;
}

const monthName = (month: number) => monthNames[month - 1] ?? '';

function ordinal(number: number): string {
	if (number === -1) return 'last';
	if (number < 0) return `${ordinal(-number)}-to-last`;
	const ending = ['th', 'st', 'nd', 'rd'];
	const teen = number % 100 > 10 && number % 100 < 14;
	return `${number}${(teen ? undefined : ending[number % 10]) ?? 'th'}`;
}

const list = (words: string[], word: 'and' | 'or' = 'and') =>
	words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${word} ${words.at(-1) ?? ''}`;
