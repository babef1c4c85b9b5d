import { formatDay, parseDay, type Day } from './calendar';
import { addPeriods, occurrenceAfter } from './occurrences';
import { parseRule, type Rule } from './rule';

export type Basis = 'schedule' | 'completion';

export type Stepping = {
	rule: string;
	basis: Basis;
	/**
	 * The date the series counts from: it says which weeks "every 2 weeks" are, and keeps the 31st that a
	 * series comes back to from a shorter month. It is the due date at which the rule was set, and stays.
	 */
	anchor: string;
	/** How often it was completed before this time. */
	completions: number;
};

/**
 * The date a task moves to when it is completed, or null if that was the last time. On `schedule` it is later
 * than both the due date and today; on `completion` it is an interval after today, even if that comes before a
 * due date that was further off. A time of day isn't its business: who keeps the wall time is right at every
 * change of the clocks.
 */
export function nextDate(stepping: Stepping, at: { due: string | null; today: string }): string | null {
	const rule = ruleOf(stepping.rule);
	if (rule.count !== null && stepping.completions + 1 >= rule.count) return null;

	const today = dayFrom(at.today);
	const due = at.due === null ? today : dayFrom(at.due);
	const next =
		stepping.basis === 'schedule'
			? occurrenceAfter(rule, dayFrom(stepping.anchor), Math.max(due, today))
			: afterCompletion(rule, due, today);
	return written(rule, next);
}

/**
 * The first date on or after `from`, for a task that gets a rule and no date. "Every 2 weeks on Monday" begins
 * on the next Monday: only from there on are there weeks to leave out.
 */
export function firstDate(rule: string, from: string): string | null {
	const every = { ...ruleOf(rule), interval: 1 };
	const day = dayFrom(from);
	return written(every, occurrenceAfter(every, day, day - 1));
}

function afterCompletion(rule: Rule, due: Day, today: Day): Day | null {
	// All but the last step, so that "every 3 months on the 1st" ends on a 1st.
	const almost = addPeriods(rule, today, rule.interval - 1);
	// Where the rule names the days, the due one is the one just done, and would otherwise come again.
	const named = rule.months.length || rule.monthDays.length || rule.weekdays.length;
	return occurrenceAfter({ ...rule, interval: 1 }, today, named ? Math.max(almost, due) : almost);
}

function written(rule: Rule, day: Day | null): string | null {
	if (day === null) return null;
	const date = formatDay(day);
	return rule.until !== null && date > rule.until ? null : date;
}

/** A rule is judged where it comes in. One that is broken here must not pass for one that has ended. */
function ruleOf(text: string): Rule {
	const parsed = parseRule(text);
	if (!parsed.ok) throw new RangeError(`"${text}" is not a rule: ${parsed.message}`);
	return parsed.rule;
}

function dayFrom(text: string): Day {
	const day = parseDay(text);
	if (day === null) throw new RangeError(`"${text}" is not a date.`);
	return day;
}
