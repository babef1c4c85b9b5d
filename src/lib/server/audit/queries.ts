import { and, desc, eq, gte, lt, or, sql } from 'drizzle-orm';
import { uuidv7 } from 'uuidv7';
import { db, type Executor } from '../db/connect';
import { alerts, auditEvents } from '../db/schema';
import { auditEvents as countedEvents } from '../metrics';

export type AuditType =
	| 'sign_up'
	| 'sign_in'
	| 'sign_in_failed'
	| 'second_factor_failed'
	| 'sign_out'
	| 'token_refreshed'
	| 'refresh_reused'
	| 'session_revoked'
	| 'password_changed'
	| 'password_reset_requested'
	| 'password_reset'
	| 'email_verified'
	| 'two_factor_enabled'
	| 'two_factor_disabled'
	| 'token_created'
	| 'token_revoked'
	| 'rate_limited';

const failed = new Set<AuditType>([
	'sign_in_failed',
	'second_factor_failed',
	'refresh_reused',
	'rate_limited'
]);

export type AuditEntry = {
	type: AuditType;
	client: { ip: string; userAgent: string };
	reason?: string;
	sessionId?: string;
	accountKey?: string;
};

/** Records what happened, in the transaction in which it happens. */
export async function record(userId: string | null, entry: AuditEntry, on: Executor = db): Promise<void> {
	const { type, client, reason, sessionId, accountKey } = entry;
	await on.insert(auditEvents).values({
		id: uuidv7(),
		userId,
		type,
		success: !failed.has(type),
		reason,
		...client,
		sessionId,
		accountKey
	});
	countedEvents.inc({ type });
}

export const columns = {
	id: auditEvents.id,
	type: auditEvents.type,
	success: auditEvents.success,
	reason: auditEvents.reason,
	ip: auditEvents.ip,
	userAgent: auditEvents.userAgent,
	sessionId: auditEvents.sessionId,
	at: auditEvents.at
};

/** Newest first, from behind the cursor. */
export async function list(userId: string, after: { at: string; id: string } | null, limit: number) {
	const { at, id } = auditEvents;
	return db
		.select(columns)
		.from(auditEvents)
		.where(
			and(
				eq(auditEvents.userId, userId),
				after ? or(lt(at, after.at), and(eq(at, after.at), lt(id, after.id))) : undefined
			)
		)
		.orderBy(desc(at), desc(id))
		.limit(limit);
}

/** How many sign-ins and the like succeeded and failed on each day of the owner's calendar. */
export async function dailyCounts(userId: string, timezone: string, days: number) {
	const rows = await db.execute<{ day: string; succeeded: number; failed: number }>(sql`
		with calendar as (
			select (now() at time zone ${timezone})::date - n as day from generate_series(0, ${days}::int - 1) as n
		)
		select
			to_char(day, 'YYYY-MM-DD') as day,
			count(*) filter (where type in ('sign_in', 'sign_up'))::int as succeeded,
			count(*) filter (where not success)::int as failed
		from calendar
		left join audit_events on user_id = ${userId}
			and at >= day::timestamp at time zone ${timezone}
			and at < (day + 1)::timestamp at time zone ${timezone}
		group by day order by day`);
	return [...rows];
}

/** Unless it was recorded for this address in the last minute: a flood of refusals is one event. */
export async function recordOnceAMinute(
	userId: string | null,
	entry: AuditEntry & { accountKey: string }
): Promise<void> {
	const { type, accountKey } = entry;
	await db.transaction(async (tx) => {
		await tx.execute(
			sql`select pg_advisory_xact_lock(hashtextextended(${`${type} ${accountKey}`}, 4716004))`
		);
		const { at, success } = auditEvents;
		const recent = await tx
			.select({ id: auditEvents.id })
			.from(auditEvents)
			.where(
				and(
					eq(success, false),
					gte(at, sql`now() - interval '1 minute'`),
					eq(auditEvents.accountKey, accountKey),
					eq(auditEvents.type, type)
				)
			)
			.limit(1);
		if (recent.length === 0) await record(userId, entry, tx);
	});
}

export async function deleteOldEvents(): Promise<number> {
	const deleted = await db.delete(auditEvents).where(lt(auditEvents.at, sql`now() - interval '400 days'`));
	return deleted.count;
}

// Suspicious patterns

export type AlertKind =
	'many_failures' | 'many_accounts_tried' | 'refresh_token_reused' | 'new_device_after_failures';

type Finding = { userId: string | null; kind: AlertKind; subject: string; count: number };

export const alertColumns = { id: alerts.id, kind: alerts.kind, count: alerts.count, at: alerts.at };

/**
 * Looks at the last quarter of an hour. What was found within the hour before is the same finding; only new
 * ones are returned.
 */
export async function findSuspicious(): Promise<Finding[]> {
	const found = await db.execute<Finding>(sql`
		with recent as (
			select * from audit_events where at > now() - interval '15 minutes'
		), found as (
			select user_id, 'many_failures' as kind, user_id::text as subject, count(*)::int as count
			from recent where type in ('sign_in_failed', 'second_factor_failed') and user_id is not null
			group by user_id having count(*) >= 10
			union all
			select null, 'many_accounts_tried', ip, count(distinct account_key)::int
			from recent where type = 'sign_in_failed'
			group by ip having count(distinct account_key) >= 10
			union all
			select user_id, 'refresh_token_reused', session_id::text, 1
			from recent where type = 'refresh_reused'
			union all
			select s.user_id, 'new_device_after_failures', s.session_id::text, count(f.id)::int
			from recent s
			join recent f on f.user_id = s.user_id and not f.success and f.type <> 'rate_limited' and f.at < s.at
			where s.type = 'sign_in' and s.reason = 'new_device'
			group by s.user_id, s.session_id having count(f.id) >= 3
		)
		insert into alerts (id, user_id, kind, subject, count)
		select gen_random_uuid(), user_id, kind, subject || ' ' || to_char(now(), 'YYYY-MM-DD HH24'), count from found
		where not exists (
			select from alerts
			where alerts.kind = found.kind and alerts.subject like found.subject || ' %' and alerts.at > now() - interval '1 hour'
		)
		on conflict (kind, subject) do nothing
		returning user_id as "userId", kind, subject, count`);
	return [...found];
}

export async function listAlerts(userId: string) {
	return db
		.select(alertColumns)
		.from(alerts)
		.where(and(eq(alerts.userId, userId), gte(alerts.at, sql`now() - interval '30 days'`)))
		.orderBy(desc(alerts.at))
		.limit(20);
}
