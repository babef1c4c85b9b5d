import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { ZodError } from 'zod';

export const somethingWentWrong = 'Something went wrong';
const invalidInput = 'Some of the input can’t be used.';

/**
 * Every refusal a program may meet: its stable word, the kind of HTTP answer it becomes, and what a
 * person is told. This is the one place where the three are tied together.
 */
const refusals = {
	unauthenticated: ['UNAUTHORIZED', 'Sign in to do this.'],
	token_invalid: ['UNAUTHORIZED', 'This token is not valid here.'],
	token_expired: ['UNAUTHORIZED', 'This token has expired.'],
	session_over: ['UNAUTHORIZED', 'This session is over. Sign in again.'],
	bad_credentials: ['UNAUTHORIZED', 'The address or the password is not right.'],
	refresh_invalid: ['UNAUTHORIZED', 'This is not a refresh token of this server.'],
	refresh_reused: [
		'UNAUTHORIZED',
		'This refresh token was used before, so its session has been ended. Sign in again.'
	],
	bad_code: ['UNAUTHORIZED', 'This code is not right. Codes change every 30 seconds, and each works once.'],
	ticket_expired: ['UNAUTHORIZED', 'This took too long, or there were too many wrong codes. Sign in again.'],
	reset_invalid: ['UNAUTHORIZED', 'This link was used before or is too old. Ask for a new one.'],
	verify_invalid: [
		'UNAUTHORIZED',
		'This link was used before or is too old. Ask for a new one in the settings.'
	],
	reauth_required: ['FORBIDDEN', 'Enter your current password to do this.'],
	insufficient_scope: ['FORBIDDEN', 'This personal access token may not do this.'],
	cookie_required: ['FORBIDDEN', 'Only the web interface can do this, with its session cookie.'],
	cross_origin: ['FORBIDDEN', 'This request came from another site, so nothing was done.'],
	signup_closed: ['FORBIDDEN', 'This server does not take new accounts.'],
	not_found: ['NOT_FOUND', 'There is nothing here under this id.'],
	email_taken: ['CONFLICT', 'There is an account with this address already. Sign in instead.'],
	two_factor_on: ['CONFLICT', 'Two-factor sign-in is on already.'],
	two_factor_off: ['CONFLICT', 'Two-factor sign-in is not on.'],
	version_conflict: ['CONFLICT', 'This was changed elsewhere in the meantime.'],
	rate_limited: ['TOO_MANY_REQUESTS', 'That was too often. Wait a moment and try again.'],
	batch_too_large: ['BAD_REQUEST', 'Send at most 20 calls in one batch.'],
	database_unavailable: [
		'SERVICE_UNAVAILABLE',
		'The database does not answer. Nothing was changed; try again in a moment.'
	]
} as const satisfies Record<string, readonly [TRPCError['code'], string]>;

export type Reason = keyof typeof refusals;

export type Details = {
	fields?: Record<string, string[]>;
	retryAfter?: number;
	/** The row as it is now, where a stale version was refused. */
	current?: unknown;
};

/** A refusal that the caller is meant to read. Anything else that is thrown stays in the log. */
export class Refusal extends TRPCError {
	override readonly name = 'Refusal';

	constructor(
		readonly reason: Reason,
		readonly details: Details = {}
	) {
		const [code, message] = refusals[reason];
		super({ code, message });
	}
}

/** Input that can't be used, field by field. */
export class InvalidInput extends TRPCError {
	override readonly name = 'InvalidInput';

	constructor(readonly fields: Record<string, string[]>) {
		super({ code: 'BAD_REQUEST', message: invalidInput });
	}
}

/** What a person is told. Only our own sentences leave: anything else may carry an internal message. */
export function messageOf(error: TRPCError): string {
	if (error instanceof Refusal || error instanceof InvalidInput) return error.message;
	switch (error.code) {
		case 'BAD_REQUEST':
		case 'PARSE_ERROR':
			return error.cause instanceof ZodError ? invalidInput : 'The request could not be read.';
		case 'NOT_FOUND':
			return 'There is no such procedure.';
		case 'METHOD_NOT_SUPPORTED':
			return 'Call queries with GET and mutations with POST.';
		case 'UNSUPPORTED_MEDIA_TYPE':
			return 'Send JSON, with the content type application/json.';
		case 'PAYLOAD_TOO_LARGE':
			return 'The request is too large.';
		default:
			return somethingWentWrong;
	}
}

export type ErrorData = {
	code: TRPCError['code'];
	httpStatus: number;
	path: string | null;
	requestId: string | null;
	reason?: Reason;
} & Details;

/** `error.data` on the wire. */
export function errorData(error: TRPCError, at: { path?: string; requestId?: string }): ErrorData {
	return {
		code: error.code,
		httpStatus: getHTTPStatusCodeFromError(error),
		path: at.path ?? null,
		requestId: at.requestId ?? null,
		...(error instanceof Refusal && { reason: error.reason, ...error.details }),
		...(error instanceof InvalidInput && { fields: error.fields }),
		...(error.cause instanceof ZodError &&
			error.code === 'BAD_REQUEST' && { fields: fieldErrors(error.cause) })
	};
}

/** The messages of each field, under its dotted path. */
export function fieldErrors(error: ZodError): Record<string, string[]> {
	const fields: Record<string, string[]> = {};
	for (const issue of error.issues) {
		// A field that should not be there is named itself, and not only the object around it.
		const names = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
		for (const name of names) {
			const path = [...issue.path, ...(name === undefined ? [] : [name])].join('.') || 'input';
			const message = name === undefined ? issue.message : 'There is no such field.';
			(fields[path] ??= []).push(message);
		}
	}
	return fields;
}

/** A batch is told the longest wait of its calls. */
export function retryAfterHeader(errors: TRPCError[]): Record<string, string> {
	const waits = errors.flatMap((error) => (error instanceof Refusal ? (error.details.retryAfter ?? []) : []));
	return waits.length > 0 ? { 'retry-after': String(Math.max(...waits)) } : {};
}
