import { pino, stdSerializers, stdTimeFunctions } from 'pino';
import { config } from './config';

/** Whatever an object in the log is called that holds one of these, it is not written. */
const secrets = [
	'authorization',
	'cookie',
	'password',
	'currentPassword',
	'newPassword',
	'token',
	'refreshToken',
	'accessToken',
	'ticket',
	'code',
	'secret'
];

/** One JSON object a line, on standard output. */
export const log = pino({
	base: null,
	timestamp: stdTimeFunctions.isoTime,
	formatters: { level: (level) => ({ level }) },
	redact: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
	serializers: { err: describe }
});

/** Of a failed query, what the database said: Drizzle's own message quotes all that was to be written. */
function describe(error: Error): object {
	if (!('query' in error && 'params' in error)) return stdSerializers.err(error);
	const said = error.cause instanceof Error ? error.cause : new Error('The query failed');
	return { ...stdSerializers.err(said), query: error.query };
}

export function setLogLevel(): void {
	log.level = config.logLevel;
}
