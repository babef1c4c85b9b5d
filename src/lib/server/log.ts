import { pino } from 'pino';
import { config } from './config';

/** One JSON object a line, on standard output. */
export const log = pino({
	base: null,
	timestamp: pino.stdTimeFunctions.isoTime,
	formatters: { level: (level) => ({ level }) }
});

export function setLogLevel(): void {
	log.level = config.logLevel;
}
