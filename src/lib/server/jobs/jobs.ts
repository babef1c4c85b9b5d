import { deleteOldEvents, findSuspicious } from '../audit/queries';
import { tendKeys } from '../auth/keys';
import { deleteExpired } from '../auth/queries';
import { isDatabaseAway } from '../db/connect';
import { sweepPurses } from '../limits/limits';
import { deleteOldHits } from '../limits/queries';
import { log } from '../log';
import * as metrics from '../metrics';
import { alone } from './queries';

/** Finds suspicious patterns, and tells whoever watches over the server; their owners see them in the settings. */
export async function watch(): Promise<void> {
	for (const { kind, userId, count } of await findSuspicious()) {
		log.warn({ alert: kind, user: userId ?? undefined, count }, 'suspicious');
		metrics.alerts.inc({ kind });
	}
}

async function sweep(): Promise<void> {
	await deleteExpired();
	await deleteOldHits();
	await deleteOldEvents();
}

/** What happens by itself, and every how many seconds; on one instance at a time. */
const jobs = [
	{ name: 'watch', seconds: 15, work: watch },
	{ name: 'sweep', seconds: 600, work: sweep },
	{ name: 'keys', seconds: 3600, work: tendKeys }
];

let timers: NodeJS.Timeout[] = [];
const running = new Set<Promise<void>>();

export function startJobs(): void {
	timers = jobs.map((job) =>
		setInterval(() => {
			const done: Promise<void> = run(job).finally(() => running.delete(done));
			running.add(done);
		}, job.seconds * 1000).unref()
	);
	// Of this instance's memory, so on every instance.
	timers.push(setInterval(sweepPurses, 60_000).unref());
}

/** Resolves when the jobs in hand are done. */
export async function stopJobs(): Promise<void> {
	for (const timer of timers) clearInterval(timer);
	timers = [];
	await Promise.all(running);
}

async function run({ name, work }: (typeof jobs)[number]): Promise<void> {
	try {
		if (!(await alone(name, work))) return;
		metrics.jobRuns.inc({ job: name, outcome: 'done' });
		log.debug({ job: name }, 'job_done');
	} catch (error) {
		metrics.jobRuns.inc({ job: name, outcome: 'failed' });
		log.error({ job: name, err: error }, isDatabaseAway(error) ? 'database_unavailable' : 'job_failed');
	}
}
