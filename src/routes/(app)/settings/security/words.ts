import type { AlertKind, AuditType } from '$lib/server/audit/queries';

const events: Record<AuditType, string> = {
	sign_up: 'The account was made',
	sign_in: 'Signed in',
	sign_in_failed: 'Sign-in refused: wrong password',
	second_factor_failed: 'A wrong two-factor code was refused',
	sign_out: 'Signed out',
	token_refreshed: 'A program renewed its access',
	refresh_reused: 'A used refresh token came back, so its session was ended',
	session_revoked: 'A session was ended from another one',
	password_changed: 'The password was changed',
	password_reset_requested: 'A link to reset the password was asked for',
	password_reset: 'The password was reset with a link from a mail',
	email_verified: 'The address was verified',
	two_factor_enabled: 'Two-factor sign-in was turned on',
	two_factor_disabled: 'Two-factor sign-in was turned off',
	token_created: 'A personal token was made',
	token_revoked: 'A personal token was revoked',
	rate_limited: 'More attempts were refused for a while: there had been too many'
};

const particular: Partial<Record<`${AuditType} ${string}`, string>> = {
	'sign_in new_device': 'Signed in from a new device',
	'sign_in_failed reauth_failed': 'A change was refused: wrong password'
};

/** What happened, as the account's owner would tell it. */
export function eventInWords({ type, reason }: { type: string; reason: string | null }): string {
	return particular[`${type as AuditType} ${reason ?? ''}`] ?? events[type as AuditType];
}

export type Alert = { title: string; advice: string };

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

const alerts: Record<AlertKind, (count: number) => Alert> = {
	many_failures: (count) => ({
		title: `Somebody tried a wrong password or code ${times(count)} within a quarter of an hour.`,
		advice:
			'None of these tries got in. If it wasn’t you, make sure that your password is used nowhere else, and turn on two-factor sign-in.'
	}),
	new_device_after_failures: (count) => ({
		title: `A device we had not seen signed in, right after ${times(count) === 'once' ? 'a failed try' : `${count} failed tries`}.`,
		advice:
			'If it wasn’t you mistyping, somebody else has your password: end that session below and change the password now.'
	}),
	refresh_token_reused: () => ({
		title: 'A program’s refresh token was used a second time, and its session was ended.',
		advice:
			'The token may have been copied. Sign the program in again, and find out where its token could have been read.'
	}),
	many_accounts_tried: (count) => ({
		title: `One address tried to sign in to ${count} accounts.`,
		advice: 'Use a password that is used nowhere else, and two-factor sign-in.'
	})
};

export const alertInWords = ({ kind, count }: { kind: string; count: number }): Alert =>
	alerts[kind as AlertKind](count);
