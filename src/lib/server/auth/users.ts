import type { UserRow } from './queries';

/** A user as the outside sees one. */
export type User = {
	id: string;
	email: string;
	name: string | null;
	emailVerified: boolean;
	twoFactorEnabled: boolean;
	timezone: string;
	createdAt: string;
};

export const toUser = ({
	id,
	email,
	name,
	emailVerifiedAt,
	twoFactorSince,
	timezone,
	createdAt
}: UserRow): User => ({
	id,
	email,
	name,
	emailVerified: emailVerifiedAt !== null,
	twoFactorEnabled: twoFactorSince !== null,
	timezone,
	createdAt
});
