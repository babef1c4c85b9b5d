import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { isDatabaseAway } from './db/connect';
import { countWaiting } from './mail/queries';
import type { AlertKind } from './audit/queries';

/** What `/metrics` shows. Labels are routes and kinds, never ids or addresses. */
export const registry = new Registry();
collectDefaultMetrics({ register: registry });
const registers = [registry];

export const requestSeconds = new Histogram({
	name: 'latchkey_http_request_seconds',
	help: 'Time from a request to its answer',
	labelNames: ['method', 'route', 'status'],
	buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
	registers
});

export const auditEvents = new Counter({
	name: 'latchkey_audit_events_total',
	help: 'Audit events by type',
	labelNames: ['type'],
	registers
});

export const alerts = new Counter<'kind'>({
	name: 'latchkey_alerts_total',
	help: 'Suspicious patterns found, by kind',
	labelNames: ['kind'],
	registers
});
for (const kind of [
	'many_failures',
	'many_accounts_tried',
	'refresh_token_reused',
	'new_device_after_failures'
] satisfies AlertKind[]) {
	alerts.inc({ kind }, 0);
}

export const jobRuns = new Counter({
	name: 'latchkey_job_runs_total',
	help: 'Runs of the housekeeping jobs',
	labelNames: ['job', 'outcome'],
	registers
});

new Gauge({
	name: 'latchkey_mail_waiting',
	help: 'Mails that were not sent yet',
	registers,
	async collect() {
		try {
			this.set(await countWaiting());
		} catch (error) {
			if (!isDatabaseAway(error)) throw error;
			// Nobody knows now, and the other figures are wanted then more than ever.
			this.set(NaN);
		}
	}
});
