import type { KeyRing } from './key-ring';
import { maxTokenLength, openToken, sealToken, type SealRefusal } from './sealed-token';
import {
	ID_FIELDS,
	packClaims,
	packedIdBytes,
	unpackClaims,
	type TokenClaims,
} from './token-claims';

const SECONDS_PER_DAY = 86_400;

/** Why a token is not believed. For the operator alone: the requester gets the same pixel. */
export type TokenRefusal = SealRefusal | 'expired';

export type TokenVerdict = { ok: true; claims: TokenClaims } | { ok: false; reason: TokenRefusal };

/**
 * Makes the token of a tracking link with the active key.
 *
 * @param options `iv` is 12 fresh random bytes, never used twice, or `of-content`, which gives equal
 *   claims an equal token; `maxLength` is how many characters the link has room for, at most 256
 * @throws when a claim cannot be stored, or when the ids make the token too long; the message
 *   names the id to shorten and never shows its value
 */
export function signToken(
	claims: TokenClaims,
	keyRing: KeyRing,
	{
		iv,
		maxLength = maxTokenLength('pixel'),
	}: { iv: Uint8Array | 'of-content'; maxLength?: number },
): string {
	const token = sealToken('pixel', packClaims(claims), keyRing.active, iv);
	const excess = bytesOf(token.length) - bytesOf(maxLength);
	if (excess > 0) throw tooLong(claims, excess);
	return token;
}

/**
 * Reads a token and says whether this installation made it. Nothing is decoded beyond 256
 * characters.
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
	const opened = openToken('pixel', token, keyRing);
	if (!opened.ok) return opened;
	const claims = unpackClaims(opened.content);
	if (claims === null) return { ok: false, reason: 'malformed' };
	const ageSeconds = (now.getTime() - claims.issuedAt.getTime()) / 1000;
	if (maxAgeDays !== undefined && ageSeconds > maxAgeDays * SECONDS_PER_DAY) {
		return { ok: false, reason: 'expired' };
	}
	return { ok: true, claims };
}

/** How many bytes so many characters of base64url hold. */
function bytesOf(characters: number): number {
	return Math.floor((characters * 3) / 4);
}

function tooLong(claims: TokenClaims, excess: number): Error {
	const sizes = ID_FIELDS.map((field) => ({ field, bytes: packedIdBytes(claims[field]) }));
	const longest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
	return new Error(
		`The tracking link would be too long: ${longest.field} takes ${longest.bytes} bytes. Make it at least ${excess} bytes shorter.`,
	);
}
