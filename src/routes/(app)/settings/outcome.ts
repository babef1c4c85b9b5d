/** What became of one of a page's forms. */
export type Outcome = {
	/** The form, by the name of its action. */
	of: string;
	message?: string;
	reason?: string;
	fields?: Record<string, string[]>;
	retryAfter?: number;
	/** What had been typed, but for passwords. */
	values?: Record<string, string>;
};

export type Field = { name: string; errors: string[] | undefined; autofocus: boolean };

/** What a form tells its fields. */
export type Help = { field: (name: string) => Field; values: Record<string, string>; busy: boolean };
