import { createCipheriv, createDecipheriv, randomBytes, webcrypto } from 'node:crypto';
import * as queries from './queries';
import { keyFor } from './secrets';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

type VerifyingKey = { kid: string; publicKey: webcrypto.CryptoKey; jwk: PublicJwk };
type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string; kid: string; alg: 'ES256'; use: 'sig' };

let verifying = new Map<string, VerifyingKey>();
let signing: { kid: string; pkcs8: Uint8Array };

/** Reads the keys, and makes the first one where there is none that this APP_SECRET can open. */
export async function loadKeys(): Promise<void> {
	await queries.insertSigningKey(async (rows) => (rows[0] && open(rows[0]) ? null : makeKey()));
	const rows = await queries.listSigningKeys();
	const newest = rows[0];
	const pkcs8 = newest && open(newest);
	if (!pkcs8) throw new Error('The newest signing key can’t be opened');
	verifying = new Map(
		await Promise.all(rows.map(async (row) => [row.kid, await readPublicKey(row)] as const))
	);
	signing = { kid: newest.kid, pkcs8 };
}

async function makeKey() {
	const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
	return {
		kid: randomBytes(12).toString('base64url'),
		publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)),
		sealedPrivateKey: seal(new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)))
	};
}

async function readPublicKey({ kid, publicKey: spki }: queries.SigningKeyRow): Promise<VerifyingKey> {
	const publicKey = await crypto.subtle.importKey('spki', new Uint8Array(spki), algorithm, true, ['verify']);
	const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
	return { kid, publicKey, jwk: { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' } };
}

/** AES-256-GCM: nonce, tag and ciphertext in one piece. */
function seal(secret: Uint8Array): Uint8Array {
	const nonce = randomBytes(12);
	const cipher = createCipheriv('aes-256-gcm', keyFor('signing-key'), nonce);
	const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
	return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** The private key, or null when it was sealed under another APP_SECRET. */
function open({ sealedPrivateKey }: queries.SigningKeyRow): Uint8Array | null {
	const decipher = createDecipheriv('aes-256-gcm', keyFor('signing-key'), sealedPrivateKey.subarray(0, 12));
	decipher.setAuthTag(sealedPrivateKey.subarray(12, 28));
	const secret = decipher.update(sealedPrivateKey.subarray(28));
	try {
		decipher.final();
	} catch {
		return null;
	}
	return secret;
}

export const signingKey = (): typeof signing => signing;

export const verifyingKey = (kid: string): VerifyingKey | undefined => verifying.get(kid);

/** What `/.well-known/jwks.json` serves. */
export const publicKeys = (): PublicJwk[] => [...verifying.values()].map((key) => key.jwk);
