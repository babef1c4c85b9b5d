import { expect, test } from 'vitest';
import { dueLabel } from './due';

const today = '2026-12-29';

test.each([
	['2026-12-28', 'Yesterday'],
	['2026-12-29', 'Today'],
	['2026-12-30', 'Tomorrow'],
	['2026-12-31', 'Thursday'],
	['2027-01-04', 'Monday'],
	['2027-01-05', '5 Jan 2027'],
	['2026-12-01', '1 Dec'],
	['2025-12-29', '29 Dec 2025']
])('%s is said as %s', (date, label) => {
	expect(dueLabel({ date, time: null }, today)).toBe(label);
});

test('a time stands behind the day', () => {
	expect(dueLabel({ date: today, time: '17:00' }, today)).toBe('Today 17:00');
});
