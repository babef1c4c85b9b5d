import { z } from 'zod';
import { line } from './text';

export const email = z
	.string({ error: 'Enter your email address.' })
	.trim()
	.toLowerCase()
	.max(254, 'Use at most 254 characters.')
	.pipe(z.email('Enter an email address such as ada@example.com.'));

/** A password at the door of an account: whatever was typed is compared, so only its size is bounded. */
export const typedPassword = z
	.string({ error: 'Enter your password.' })
	.min(1, 'Enter your password.')
	.max(1000, 'That is longer than any password here.');

export const newPassword = z
	.string({ error: 'Choose a password.' })
	.refine((text) => [...text].length >= 8, 'Use at least 8 characters.')
	.refine((text) => [...text].length <= 128, 'Use at most 128 characters.');

const knownTimezones = new Set(['UTC', 'GMT', ...Intl.supportedValuesOf('timeZone')]);

export function isTimezone(name: string): boolean {
	if (knownTimezones.has(name)) return true;
	// PostgreSQL does not know all that Intl does: names without a place, such as AET, and these three.
	if (!/^(?!SystemV)[A-Z]+\/(?!Pacific-New|East-Saskatchewan)/i.test(name)) return false;
	// Aliases such as Asia/Kathmandu are valid, but are not all among the supported values.
	try {
		new Intl.DateTimeFormat('en', { timeZone: name });
		return true;
	} catch {
		return false;
	}
}

export const timezone = z
	.string({ error: 'Choose a timezone.' })
	.max(64, 'Choose a timezone such as Europe/Berlin.')
	.refine(isTimezone, 'Choose a timezone such as Europe/Berlin.');

const device = line('a name for this device', 100);

export const signUp = z.strictObject({
	email,
	password: newPassword,
	name: line('your name', 100).optional(),
	timezone: timezone.optional(),
	device: device.optional()
});

export const signIn = z.strictObject({ email, password: typedPassword, device: device.optional() });

export const refresh = z.strictObject({
	refreshToken: z.string({ error: 'Send the refresh token.' }).max(500, 'That is not a refresh token.')
});

/** Of an authenticator app, or a recovery code. */
export const code = z
	.string({ error: 'Enter the code.' })
	.trim()
	.min(1, 'Enter the code.')
	.max(50, 'That is longer than any code.');

export const secondFactor = z.strictObject({
	ticket: z.string({ error: 'Send the ticket.' }).max(500, 'That is not a ticket.'),
	code
});

export const requestPasswordReset = z.strictObject({ email });

const linkToken = z
	.string({ error: 'Send the token from the link.' })
	.max(500, 'That is not a token of ours.');

export const resetPassword = z.strictObject({ token: linkToken, password: newPassword });

export const verifyEmail = z.strictObject({ token: linkToken });
