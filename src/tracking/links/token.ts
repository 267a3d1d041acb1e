import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';

import { deriveKey, type KeyRing, type RingKey } from './key-ring';
import {
	ID_FIELDS,
	packClaims,
	packedIdBytes,
	unpackClaims,
	type TokenClaims,
} from './token-claims';

const VERSION = 1;
/** Bytes of randomness that every new token needs. */
export const TOKEN_IV_BYTES = 12;
const MAC_BYTES = 16;
const COUNTER_START = Buffer.alloc(4);
/** The longest token that is made or looked at, in characters. */
export const MAX_TOKEN_LENGTH = 256;
const SECONDS_PER_DAY = 86_400;

/** Why a token is not believed. For the operator alone: the requester gets the same pixel. */
export const TOKEN_REFUSALS = ['malformed', 'unknown-key', 'bad-signature', 'expired'] as const;
export type TokenRefusal = (typeof TOKEN_REFUSALS)[number];

export type TokenVerdict = { ok: true; claims: TokenClaims } | { ok: false; reason: TokenRefusal };

/**
 * Makes the token of a tracking link with the active key. Encrypted first, then authenticated:
 * AES-256-CTR (NIST SP 800-38A) over the claims, and HMAC-SHA-256 (RFC 2104), cut to 16 bytes,
 * over version, key id, IV and ciphertext. Written in base64url without padding (RFC 4648 §5).
 *
 * @param options `iv` is 12 fresh random bytes, never used twice; `maxLength` is how many
 *   characters the link has room for, at most 256
 * @throws when a claim cannot be stored, or when the ids make the token too long; the message
 *   names the id to shorten and never shows its value
 */
export function signToken(
	claims: TokenClaims,
	keyRing: KeyRing,
	{ iv, maxLength = MAX_TOKEN_LENGTH }: { iv: Uint8Array; maxLength?: number },
): string {
	if (iv.length !== TOKEN_IV_BYTES) {
		throw new Error(`The IV has ${iv.length} bytes. Pass ${TOKEN_IV_BYTES} fresh random bytes.`);
	}
	const key = keyRing.active;
	const signed = Buffer.concat([
		Buffer.from([VERSION, key.id.length]),
		Buffer.from(key.id, 'latin1'),
		iv,
		applyKeyStream(packClaims(claims), key, iv),
	]);
	const bytes = Buffer.concat([signed, macOf(signed, key)]);
	const room = Math.floor((maxLength * 3) / 4);
	if (bytes.length > room) throw tooLong(claims, bytes.length - room);
	return bytes.toString('base64url');
}

/**
 * Reads a token and says whether this installation made it. Nothing is decoded beyond 256
 * characters. Key derivation aside, a forged token costs the same work as a genuine one, and the
 * comparison takes constant time.
 *
 * @param options `maxAgeDays`: how long after its issue a link still counts; without it, for ever
 * @throws when `maxAgeDays` is not a positive number
 */
export function verifyToken(
	token: string,
	keyRing: KeyRing,
	{ now, maxAgeDays }: { now: Date; maxAgeDays?: number },
): TokenVerdict {
	if (maxAgeDays !== undefined && !(maxAgeDays > 0)) {
		throw new Error('The greatest age of a link is not a positive number of days. Correct it.');
	}
	const parts = split(token);
	const known = parts === null ? undefined : keyRing.keys.get(parts.keyId);
	const key = known ?? keyRing.active;
	const { signed, iv, ciphertext, mac } = parts ?? DECOY;
	const genuine = timingSafeEqual(macOf(signed, key), mac);
	const claims = unpackClaims(applyKeyStream(ciphertext, key, iv));

	if (parts === null) return { ok: false, reason: 'malformed' };
	if (known === undefined) return { ok: false, reason: 'unknown-key' };
	if (!genuine) return { ok: false, reason: 'bad-signature' };
	if (claims === null) return { ok: false, reason: 'malformed' };
	const ageSeconds = (now.getTime() - claims.issuedAt.getTime()) / 1000;
	if (maxAgeDays !== undefined && ageSeconds > maxAgeDays * SECONDS_PER_DAY) {
		return { ok: false, reason: 'expired' };
	}
	return { ok: true, claims };
}

/** Whether a text has the outer form of a token, genuine or not. */
export function isTokenShaped(text: string): boolean {
	return split(text) !== null;
}

interface TokenParts {
	keyId: string;
	iv: Buffer;
	ciphertext: Buffer;
	/** Everything the MAC stands for */
	signed: Buffer;
	mac: Buffer;
}

/** Stands in for what cannot be taken apart, so that it costs the same work. */
const DECOY: TokenParts = (() => {
	const bytes = Buffer.alloc(96);
	return {
		keyId: '',
		iv: bytes.subarray(0, TOKEN_IV_BYTES),
		ciphertext: bytes.subarray(0, 40),
		signed: bytes.subarray(0, 80),
		mac: bytes.subarray(80),
	};
})();

function split(token: string): TokenParts | null {
	if (token.length > MAX_TOKEN_LENGTH) return null;
	const bytes = Buffer.from(token, 'base64url');
	// node's decoder skips what it does not know; only the one canonical spelling may pass.
	if (bytes.toString('base64url') !== token) return null;
	if (bytes[0] !== VERSION) return null;
	const ivStart = 2 + bytes[1];
	const ciphertextStart = ivStart + TOKEN_IV_BYTES;
	const macStart = bytes.length - MAC_BYTES;
	if (!(ciphertextStart < macStart)) return null;
	return {
		keyId: bytes.toString('latin1', 2, ivStart),
		iv: bytes.subarray(ivStart, ciphertextStart),
		ciphertext: bytes.subarray(ciphertextStart, macStart),
		signed: bytes.subarray(0, macStart),
		mac: bytes.subarray(macStart),
	};
}

/** Encrypts and decrypts: in counter mode both are the same step. */
function applyKeyStream(bytes: Buffer, key: RingKey, iv: Uint8Array): Buffer {
	const start = Buffer.concat([iv, COUNTER_START]);
	return createCipheriv('aes-256-ctr', deriveKey(key, 'token-encryption'), start).update(bytes);
}

function macOf(bytes: Buffer, key: RingKey): Buffer {
	const mac = createHmac('sha256', deriveKey(key, 'token-mac')).update(bytes).digest();
	return mac.subarray(0, MAC_BYTES);
}

function tooLong(claims: TokenClaims, excess: number): Error {
	const sizes = ID_FIELDS.map((field) => ({ field, bytes: packedIdBytes(claims[field]) }));
	const longest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
	return new Error(
		`The tracking link would be too long: ${longest.field} takes ${longest.bytes} bytes. Make it at least ${excess} bytes shorter.`,
	);
}
