/** The keys of the task views, in one place: what they are, what they do, and what a page runs for them. */
export const keys = [
	{ command: 'add', keys: ['q'], does: 'Add a task' },
	{ command: 'next', keys: ['j', 'ArrowDown'], does: 'Go to the next task' },
	{ command: 'previous', keys: ['k', 'ArrowUp'], does: 'Go to the task before' },
	{ command: 'complete', keys: ['e'], does: 'Complete the task' },
	{ command: 'rename', keys: ['Enter'], does: 'Rename the task' },
	{ command: 'delete', keys: ['Backspace', 'Delete'], does: 'Move the task to the trash' },
	{ command: 'undo', keys: ['z'], mod: true, does: 'Undo' }
] as const satisfies { command: string; keys: string[]; mod?: true; does: string }[];

export type Command = (typeof keys)[number]['command'];

const typed = 'input:not([type="checkbox"]), textarea, select, [contenteditable]';

/** What a key press asks for; nothing while somebody types, composes or is in a menu. */
export function commandOf(event: KeyboardEvent): Command | null {
	const { target, key, altKey, shiftKey, ctrlKey, metaKey, isComposing, defaultPrevented } = event;
	if (defaultPrevented || isComposing || altKey || shiftKey) return null;
	if (target instanceof Element && target.closest(`${typed}, [role="dialog"], [popover]`)) return null;
	const mod = ctrlKey || metaKey;
	const found = keys.find((entry) => mod === 'mod' in entry && entry.keys.some((name) => name === key));
	return found?.command ?? null;
}
