import { createJWT } from 'oslo/jwt';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { config } from '../config';
import { signingKey, verifyingKey } from './keys';
import type { SignedIn } from './sessions';

const AUDIENCE = 'latchkey-api';

export type AccessToken = { tokenType: 'Bearer'; accessToken: string; accessTokenExpiresAt: string };

export async function issueAccessToken({ session, user }: SignedIn): Promise<AccessToken> {
	const issuedAt = Math.floor(Date.now() / 1000);
	const sessionEnd = Math.floor(Date.parse(session.createdAt) / 1000) + config.sessionAbsoluteSeconds;
	const expiresAt = Math.min(issuedAt + config.accessTokenSeconds, sessionEnd);
	const key = signingKey();
	const accessToken = await createJWT(
		'ES256',
		key.pkcs8,
		{
			iss: config.origin,
			aud: AUDIENCE,
			sub: user.id,
			email: user.email,
			sid: session.id,
			jti: uuidv7(),
			iat: issuedAt,
			exp: expiresAt
		},
		{ headers: { kid: key.kid } }
	);
	return { tokenType: 'Bearer', accessToken, accessTokenExpiresAt: new Date(expiresAt * 1000).toISOString() };
}

// Strict, so that a header with anything else in it (crit, jwk, jku, …) is not a header of ours.
const headerSchema = z.strictObject({ alg: z.literal('ES256'), typ: z.literal('JWT'), kid: z.string() });

const claimsSchema = z.object({
	iss: z.string(),
	aud: z.string(),
	sub: z.uuid(),
	sid: z.uuid(),
	iat: z.int(),
	exp: z.int()
});

type Claims = z.infer<typeof claimsSchema>;

/** Signatures that were right: checking one costs more than everything else about a request together. */
const verified = new Map<string, Claims>();
const VERIFIED_MAX = 5_000;

/**
 * What a JWT of ours claims. oslo's own validateJWT accepts altered last characters, a missing `exp` and a missing
 * `typ`, and looks at neither `iss`, `aud` nor `crit`; it also imports the key at each call.
 */
export async function readAccessToken(token: string): Promise<Claims | 'token_invalid' | 'token_expired'> {
	const claims = verified.get(token) ?? (await verify(token));
	if (!claims) return 'token_invalid';
	if (claims.exp * 1000 <= Date.now()) {
		verified.delete(token);
		return 'token_expired';
	}
	if (!verified.has(token)) {
		// A Map iterates in the order of insertion: the first key is the oldest.
		if (verified.size >= VERIFIED_MAX) verified.delete(verified.keys().next().value ?? '');
		verified.set(token, claims);
	}
	return claims;
}

async function verify(token: string): Promise<Claims | null> {
	const parts = token.split('.');
	if (token.length > 2_000 || parts.length !== 3 || !parts.every(isCanonicalBase64url)) return null;

	const [head = '', payload = '', signature = ''] = parts;
	const header = headerSchema.safeParse(readJson(head));
	const claims = claimsSchema.safeParse(readJson(payload));
	if (!header.success || !claims.success) return null;

	const key = await verifyingKey(header.data.kid);
	if (!key) return null;
	const genuine = await crypto.subtle.verify(
		{ name: 'ECDSA', hash: 'SHA-256' },
		key.publicKey,
		Buffer.from(signature, 'base64url'),
		Buffer.from(`${head}.${payload}`)
	);
	return genuine && claims.data.iss === config.origin && claims.data.aud === AUDIENCE ? claims.data : null;
}

const isCanonicalBase64url = (part: string) =>
	part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;

function readJson(part: string): unknown {
	try {
		return JSON.parse(Buffer.from(part, 'base64url').toString());
	} catch {
		return null;
	}
}
