import type { Reason } from '$lib/server/errors';

type Failure = {
	message?: string;
	reason?: Reason;
	fields?: Record<string, string[]>;
	retryAfter?: number;
};

/** The field that a refusal is about, though it says so in one sentence for the whole form. */
const about: Partial<Record<Reason, string>> = {
	bad_credentials: 'password',
	bad_code: 'code',
	email_taken: 'email'
};

export type Problems = ReturnType<typeof problemsOf>;

/** What was wrong with a form, for the form as a whole and for each of its fields, from top to bottom. */
export function problemsOf(failure: Failure | null, names: readonly string[]) {
	const { message, reason, fields = {}, retryAfter } = failure ?? {};
	const blamed = reason && about[reason];
	const faulty = names.filter((name) => name in fields);
	const first = faulty[0] ?? names.find((name) => name === blamed);
	return {
		/** Unless the fields say it themselves. */
		message: faulty.length > 0 ? undefined : message,
		retryAfter,
		/** Whether it is no single field's fault. */
		general: first === undefined,
		of: (name: string) => ({
			errors: fields[name],
			autofocus: name === first,
			...(name === blamed && { 'aria-invalid': true, 'aria-describedby': 'message' })
		})
	};
}
