/** A task as it travels. */
export type Task = {
	id: string;
	projectId: string | null;
	parentId: string | null;
	title: string;
	notes: string;
	priority: 1 | 2 | 3 | 4;
	due: { date: string; time: string | null } | null;
	recurrence: { rule: string; basis: 'schedule' | 'completion' } | null;
	labels: string[];
	completedAt: string | null;
	position: string;
	version: number;
	createdAt: string;
	updatedAt: string;
};

/** What can be said about a task, apart from where it is. */
export type TaskFields = {
	title?: string;
	notes?: string;
	priority?: Task['priority'];
	due?: Task['due'];
	/** `first` is the date on which the rule begins, for a task that has none. */
	recurrence?: { rule: string; basis: 'schedule' | 'completion'; first: string } | null;
	labels?: string[];
};
