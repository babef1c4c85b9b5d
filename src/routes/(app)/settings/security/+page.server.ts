import { fail, redirect } from '@sveltejs/kit';
import { authenticate } from '$lib/server/auth/authenticate';
import { describeDevice } from '$lib/server/auth/devices';
import { qrSvg } from '$lib/server/auth/totp';
import { orErrorPage, procedures } from '$lib/server/page';
import { ago, day, dayAndTime } from '$lib/when';
import { attempt, attemptAndReturn, refuse, typedInto } from '../forms.server';
import type { Actions, PageServerLoad } from './$types';
import { alertInWords, eventInWords } from './words';

const PER_PAGE = 20;

export const load: PageServerLoad = async (event) => {
	const { account } = procedures(event);
	const { user } = await event.parent();
	const { timezone } = user;
	const cursor = event.url.searchParams.get('cursor') ?? undefined;
	const [alerts, sessions, stats, events, codesLeft] = await orErrorPage(
		event,
		Promise.all([
			account.alerts(),
			account.sessions(),
			account.eventStats({ days: 30 }),
			account.events({ cursor, limit: PER_PAGE }),
			user.twoFactorEnabled ? account.recoveryCodesLeft() : null
		])
	);

	return {
		alerts: alerts.map((alert) => ({
			...alertInWords(alert),
			id: alert.id,
			at: alert.at,
			when: dayAndTime(alert.at, timezone)
		})),
		sessions: sessions
			.map(({ id, kind, device, ip, current, createdAt, lastSeenAt }) => ({
				id,
				kind,
				device: device ?? 'Unknown device',
				ip,
				current,
				lastSeenAt,
				lastSeen: ago(lastSeenAt, timezone),
				since: day(createdAt, timezone)
			}))
			.sort((a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt.localeCompare(a.lastSeenAt)),
		stats,
		cursor,
		events: {
			nextCursor: events.nextCursor,
			items: events.items.map(({ id, type, success, reason, ip, userAgent, at }) => ({
				id,
				what: eventInWords({ type, reason }),
				success,
				device: describeDevice(userAgent) ?? 'Unknown device',
				ip,
				at,
				when: dayAndTime(at, timezone)
			}))
		},
		codesLeft
	};
};

/** The address of the secret in an authenticator app, as this page had it before. */
const isOtpauthUrl = (text: string) =>
	/^otpauth:\/\/totp\/[\x21-\x7e]{1,600}$/.test(text) && URL.canParse(text);

/** A wrong first code is no reason to scan another QR code. */
const enrolmentOf = (otpauthUrl: string) => ({
	secret: new URL(otpauthUrl).searchParams.get('secret') ?? '',
	otpauthUrl,
	qrSvg: qrSvg(otpauthUrl)
});

export const actions = {
	password: async (event) => {
		const { text, currentPassword } = await typedInto(event);
		const { account } = procedures(event);
		const newPassword = text('newPassword');
		if (newPassword === '') return refuse('password', { newPassword: ['Choose a new password.'] });
		return attemptAndReturn(event, 'password', {}, account.changePassword({ currentPassword, newPassword }));
	},

	beginTwoFactor: async (event) => {
		const { currentPassword } = await typedInto(event);
		const call = procedures(event).account.beginTwoFactor({ currentPassword });
		const outcome = await attempt('beginTwoFactor', {}, call);
		return outcome.ok ? { of: 'beginTwoFactor', enrolment: outcome.value } : outcome.failure;
	},

	confirmTwoFactor: async (event) => {
		const { text } = await typedInto(event);
		const [code, otpauthUrl] = [text('code'), text('otpauthUrl')];
		const call = procedures(event).account.confirmTwoFactor({ code });
		const outcome = await attempt('confirmTwoFactor', {}, call);
		if (outcome.ok) {
			// Without a script the page is shown with this very request, whose user it would know from before.
			event.locals.auth = await authenticate(event);
			return { of: 'confirmTwoFactor', recoveryCodes: outcome.value.recoveryCodes };
		}
		const { failure } = outcome;
		if (failure.data.reason === 'bad_code') failure.data.fields = { code: [failure.data.message] };
		// Turned on in the meantime, or begun nowhere: there is nothing left to confirm.
		const stale = failure.data.reason === 'two_factor_on' || failure.data.reason === 'two_factor_off';
		return isOtpauthUrl(otpauthUrl) && !stale
			? fail(failure.status, { ...failure.data, enrolment: enrolmentOf(otpauthUrl) })
			: failure;
	},

	disableTwoFactor: async (event) => {
		const { currentPassword } = await typedInto(event);
		const call = procedures(event).account.disableTwoFactor({ currentPassword });
		return attemptAndReturn(event, 'disableTwoFactor', {}, call);
	},

	recoveryCodes: async (event) => {
		const { currentPassword } = await typedInto(event);
		const call = procedures(event).account.regenerateRecoveryCodes({ currentPassword });
		const outcome = await attempt('recoveryCodes', {}, call);
		return outcome.ok ? { of: 'recoveryCodes', recoveryCodes: outcome.value.recoveryCodes } : outcome.failure;
	},

	endSession: async (event) => {
		const { text } = await typedInto(event);
		const outcome = await attempt(
			'endSession',
			{},
			procedures(event).account.revokeSession({ id: text('id') })
		);
		// Over already is as good.
		if (!outcome.ok && outcome.failure.data.reason !== 'not_found') return outcome.failure;
		return redirect(303, `${event.url.pathname}?done=endSession`);
	},

	endOthers: async (event) =>
		attemptAndReturn(event, 'endOthers', {}, procedures(event).account.revokeOtherSessions())
} satisfies Actions;
