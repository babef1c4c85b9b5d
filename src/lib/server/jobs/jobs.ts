import { deleteOldEvents as deleteOldAuditEvents, findSuspicious } from '../audit/queries';
import { tendKeys } from '../auth/keys';
import { deleteExpired } from '../auth/queries';
import { config } from '../config';
import { isDatabaseAway } from '../db/connect';
import { deleteOldEvents } from '../events/queries';
import { sweepPurses } from '../limits/limits';
import { deleteOldHits } from '../limits/queries';
import { log } from '../log';
import * as metrics from '../metrics';
import { emptyTrash } from '../tasks/queries';
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
	await deleteOldAuditEvents();
	await deleteOldEvents();
	await emptyTrash(config.trashDays);
}

/** What happens by itself, and every how many seconds; on one instance at a time. */
const jobs = [
	{ name: 'watch', seconds: 15, work: watch },
	{ name: 'sweep', seconds: 600, work: sweep },
	{ name: 'keys', seconds: 3600, work: tendKeys }
];

for (const { name } of jobs)
	for (const outcome of ['done', 'failed']) metrics.jobRuns.inc({ job: name, outcome }, 0);

/** Runs a job if its time has come and no other instance is at it. */
export async function runJob(name: string): Promise<void> {
	const job = jobs.find((job) => job.name === name);
	if (job) await run(job);
}

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

async function run({ name, seconds, work }: (typeof jobs)[number]): Promise<void> {
	try {
		// Timers are not exact, and one that comes a little early must not miss its turn.
		if (!(await alone(name, seconds * 0.9, work))) return;
		metrics.jobRuns.inc({ job: name, outcome: 'done' });
		// Several times a minute would be noise.
		log[seconds < 60 ? 'debug' : 'info']({ job: name }, 'job_done');
	} catch (error) {
		metrics.jobRuns.inc({ job: name, outcome: 'failed' });
		log.error({ job: name, err: error }, isDatabaseAway(error) ? 'database_unavailable' : 'job_failed');
	}
}
