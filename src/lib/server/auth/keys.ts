import { randomBytes, type webcrypto } from 'node:crypto';
import { config } from '../config';
import * as queries from './queries';
import type { SigningKeyRow } from './queries';
import { open, seal } from './secrets';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const ROTATE_AFTER_MS = 30 * 24 * 60 * 60 * 1000;
/** For as long an instance that missed the news may go on to sign with a retired key. */
const NEWS_TRAVELS_MS = 60_000;

type VerifyingKey = { kid: string; publicKey: webcrypto.CryptoKey; jwk: PublicJwk };
type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string; kid: string; alg: 'ES256'; use: 'sig' };

let verifying = new Map<string, VerifyingKey>();
let signing: { kid: string; pkcs8: Uint8Array };

/**
 * Reads the keys. Where none signs, or the one that does is old or was sealed under another APP_SECRET,
 * there is a new one first.
 */
export function loadKeys(): Promise<void> {
	// One after the other, so that what was read last is what counts.
	loading = loading.catch(() => undefined).then(load);
	return loading;
}

let loading: Promise<void> = Promise.resolve();

async function load(): Promise<void> {
	const rows = await queries.replaceSigningKey(async (current) =>
		current && isUsable(current) ? null : makeKey()
	);
	const current = rows.find(({ retiredAt }) => retiredAt === null);
	const pkcs8 = current && open('signing-key', current.sealedPrivateKey);
	if (!pkcs8) throw new Error('There is no signing key that can be opened');
	const serving = rows.filter((row) => !isForgotten(row));
	verifying = new Map(
		await Promise.all(serving.map(async (row) => [row.kid, await readPublicKey(row)] as const))
	);
	signing = { kid: current.kid, pkcs8 };
}

const isUsable = ({ createdAt, sealedPrivateKey }: SigningKeyRow) =>
	Date.now() - Date.parse(createdAt) < ROTATE_AFTER_MS && open('signing-key', sealedPrivateKey) !== null;

/** Whether the last token that the key signed has expired. */
const isForgotten = ({ retiredAt }: SigningKeyRow) =>
	retiredAt !== null &&
	Date.now() - Date.parse(retiredAt) > config.accessTokenSeconds * 1000 + NEWS_TRAVELS_MS;

/** Drops keys whose tokens have all expired, and rotates by age. */
export async function tendKeys(): Promise<void> {
	for (const row of await queries.listSigningKeys()) {
		if (isForgotten(row)) await queries.deleteSigningKey(row.kid);
	}
	await loadKeys();
}

async function makeKey() {
	const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
	return {
		kid: randomBytes(12).toString('base64url'),
		publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)),
		sealedPrivateKey: seal(
			'signing-key',
			new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
		)
	};
}

async function readPublicKey({ kid, publicKey: spki }: SigningKeyRow): Promise<VerifyingKey> {
	const publicKey = await crypto.subtle.importKey('spki', new Uint8Array(spki), algorithm, true, ['verify']);
	const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
	return { kid, publicKey, jwk: { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' } };
}

export const signingKey = (): typeof signing => signing;

/** When an unknown key was last looked up: a flood of invented ones must not become a flood of queries. */
let lookedUpAt = 0;
let lookUp: Promise<void> | null = null;

export async function verifyingKey(kid: string): Promise<VerifyingKey | undefined> {
	const known = verifying.get(kid);
	if (known) return known;
	if (!lookUp && Date.now() - lookedUpAt > 1_000) {
		lookedUpAt = Date.now();
		lookUp = loadKeys().finally(() => (lookUp = null));
	}
	await lookUp;
	return verifying.get(kid);
}

/** What `/.well-known/jwks.json` serves. */
export const publicKeys = (): PublicJwk[] => [...verifying.values()].map((key) => key.jwk);
