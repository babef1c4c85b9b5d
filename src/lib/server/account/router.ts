import * as schemas from '../../schemas/account';
import { byId } from '../../schemas/rows';
import * as audit from '../audit/queries';
import { describeDevice } from '../auth/devices';
import { resendVerification } from '../auth/links';
import * as personalTokens from '../auth/personal-tokens';
import * as auth from '../auth/queries';
import * as secondFactor from '../auth/second-factor';
import { revokeOtherSessions, revokeSession } from '../auth/sign-out';
import { toUser } from '../auth/users';
import { readCursor, writeCursor } from '../cursor';
import { transaction } from '../db/connect';
import { Refusal } from '../errors';
import { log } from '../log';
import { reauthProcedure, router, sessionProcedure } from '../trpc/init';
import { changePassword } from './change-password';
import * as account from './queries';

const ok = { ok: true } as const;

/** A program's session goes on with a new refresh token, a browser's with a new cookie. */
type Changed = { ok: true; refreshToken?: string; refreshTokenExpiresAt?: string };

export const accountRouter = router({
	updateProfile: sessionProcedure.input(schemas.updateProfile).mutation(async ({ ctx, input }) => {
		const user = await account.updateProfile(ctx.user.id, input);
		if (!user) throw new Refusal('session_over');
		return toUser(user);
	}),

	changePassword: reauthProcedure
		.input(schemas.changePassword)
		.mutation(async ({ ctx, input }): Promise<Changed> => {
			const renewed = await changePassword(
				{ user: ctx.user, session: ctx.session, passwordHash: ctx.passwordHash },
				input.newPassword,
				ctx.client
			);
			if (!('cookieSecret' in renewed)) return { ...ok, ...renewed };
			ctx.cookie.set(renewed.cookieSecret);
			return ok;
		}),

	sendVerification: sessionProcedure.mutation(async ({ ctx }) => {
		await resendVerification(ctx.user);
		return ok;
	}),

	sessions: sessionProcedure.query(async ({ ctx }) => {
		const sessions = await auth.listSessions(ctx.user.id);
		return sessions.map(({ id, kind, device, ip, userAgent, createdAt, lastSeenAt, expiresAt }) => ({
			id,
			kind,
			device: device ?? describeDevice(userAgent),
			ip,
			userAgent,
			createdAt,
			lastSeenAt,
			expiresAt,
			current: id === ctx.session.id
		}));
	}),

	revokeSession: sessionProcedure.input(byId).mutation(async ({ ctx, input }) => {
		await revokeSession(ctx.user.id, input.id, ctx.client);
		return ok;
	}),

	revokeOtherSessions: sessionProcedure.mutation(async ({ ctx }) => ({
		revoked: await revokeOtherSessions(ctx.session, ctx.client)
	})),

	events: sessionProcedure.input(schemas.listEvents).query(async ({ ctx, input: { cursor, limit } }) => {
		const after = cursor === undefined ? null : readCursor(cursor);
		// One more than asked for tells whether there is a next page.
		const rows = await audit.list(ctx.user.id, after, limit + 1);
		const items = rows.slice(0, limit);
		const last = rows.length > limit ? items.at(-1) : undefined;
		return { items, nextCursor: last ? writeCursor(last) : null };
	}),

	eventStats: sessionProcedure
		.input(schemas.eventStats)
		.query(({ ctx, input }) => audit.dailyCounts(ctx.user.id, ctx.user.timezone, input.days)),

	/** Suspicious patterns of the last 30 days, newest first. */
	alerts: sessionProcedure.query(({ ctx }) => audit.listAlerts(ctx.user.id)),

	beginTwoFactor: reauthProcedure.input(schemas.reauth).mutation(({ ctx }) => secondFactor.begin(ctx.user)),

	confirmTwoFactor: sessionProcedure
		.input(schemas.confirmTwoFactor)
		.mutation(({ ctx, input }) => secondFactor.confirm(ctx.user.id, input.code, ctx.client)),

	disableTwoFactor: reauthProcedure.input(schemas.reauth).mutation(async ({ ctx }) => {
		await secondFactor.disable(ctx.user.id, ctx.client);
		return ok;
	}),

	recoveryCodesLeft: sessionProcedure.query(({ ctx }) => auth.countRecoveryCodes(ctx.user.id)),

	regenerateRecoveryCodes: reauthProcedure
		.input(schemas.reauth)
		.mutation(({ ctx }) => secondFactor.regenerateRecoveryCodes(ctx.user)),

	createToken: reauthProcedure
		.input(schemas.createToken)
		.mutation(({ ctx, input }) => personalTokens.create(ctx.user.id, ctx.passwordHash, input, ctx.client)),

	tokens: sessionProcedure.query(({ ctx }) => account.listTokens(ctx.user.id)),

	revokeToken: sessionProcedure.input(byId).mutation(async ({ ctx, input }) => {
		await personalTokens.revoke(ctx.user.id, input.id, ctx.client);
		return ok;
	}),

	export: sessionProcedure.query(async ({ ctx }) => ({
		exportedAt: new Date().toISOString(),
		user: toUser(ctx.user),
		...(await account.everythingOf(ctx.user.id))
	})),

	delete: reauthProcedure.input(schemas.reauth).mutation(async ({ ctx }) => {
		await transaction(async (tx) => {
			await auth.endSessionsOf(ctx.user.id, tx);
			await account.deleteUser(ctx.user.id, tx);
		});
		// Nothing of the account remains, so this is the only trace.
		log.info({ requestId: ctx.requestId, user: ctx.user.id }, 'account_deleted');
		if (ctx.via === 'cookie') ctx.cookie.clear();
		return ok;
	})
});
