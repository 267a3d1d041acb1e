import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

import { deriveKey, type KeyLabel, type KeyRing, type RingKey } from './key-ring';

/** The query parameter of tracking links and consent links that holds the token. */
export const TOKEN_PARAMETER = 't';

/** The same of the Mail Tracker API, whose links are older than ours. */
export const TRACKER_TOKEN_PARAMETER = 'token';

/** Bytes of randomness that every new token needs. */
export const TOKEN_IV_BYTES = 12;

/** What a token is for. The codes are fixed for ever: links in sent emails cannot be changed. */
const KINDS = {
	pixel: { code: 1, label: 'pixel-token', maxLength: 256 },
	// Holds the destination as well; the whole tracked link has at most as many characters.
	link: { code: 2, label: 'link-token', maxLength: 2000 },
	// Room for a recipient id of 256 characters with three bytes each.
	person: { code: 3, label: 'person-token', maxLength: 1100 },
} as const satisfies Record<string, { code: number; label: KeyLabel; maxLength: number }>;
export type TokenKind = keyof typeof KINDS;

/** The longest token of a kind that is made or looked at, in characters. */
export function maxTokenLength(kind: TokenKind): number {
	return KINDS[kind].maxLength;
}

const VERSION = 1;
const KIND_BITS = 3;
const MAX_KEY_ID_BYTES = 16;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** Why a token is not believed. */
export type SealRefusal = 'malformed' | 'unknown-key' | 'bad-signature';

export type OpenedToken =
	| { ok: true; content: Buffer; keyId: string }
	| { ok: false; reason: SealRefusal };

/**
 * Encrypts and authenticates content with AES-256-GCM (NIST SP 800-38D), under a key of its own for
 * each kind. The token is base64url without padding (RFC 4648 §5) of: version and kind (1 byte),
 * length of the key id (1), key id, IV (12), ciphertext, tag (16). What comes before the IV is
 * authenticated with the rest.
 *
 * @param iv 12 fresh random bytes, never used twice; or `of-content`, which makes equal content an
 *   equal token. The IV is then a keyed hash of kind, key id and content, so it can occur twice
 *   only with the very same text behind it.
 */
export function sealToken(
	kind: TokenKind,
	content: Uint8Array,
	key: RingKey,
	iv: Uint8Array | 'of-content',
): string {
	const head = Buffer.concat([
		Buffer.from([headByte(kind), key.id.length]),
		Buffer.from(key.id, 'latin1'),
	]);
	const usedIv = iv === 'of-content' ? ivOfContent(head, content, key) : iv;
	if (usedIv.length !== TOKEN_IV_BYTES) {
		throw new Error(
			`The IV has ${usedIv.length} bytes. Pass ${TOKEN_IV_BYTES} fresh random bytes.`,
		);
	}
	const cipher = createCipheriv(CIPHER, deriveKey(key, KINDS[kind].label), usedIv);
	cipher.setAAD(head);
	const body = [cipher.update(content), cipher.final()];
	return Buffer.concat([head, usedIv, ...body, cipher.getAuthTag()]).toString('base64url');
}

/**
 * Opens a token of one kind with the keys of the ring. What cannot be taken apart, or names an
 * unknown key, costs the same work as what is forged. A genuine token costs a few microseconds
 * less.
 *
 * @param token the token alone; see `tokenFromText` for a text that holds one
 * @returns never throws, whatever the text is
 */
export function openToken(kind: TokenKind, token: string, keyRing: KeyRing): OpenedToken {
	const parts = split(kind, token);
	const known = parts === null ? undefined : keyRing.keys.get(parts.keyId);
	const content = decrypt(kind, parts ?? DECOY, known ?? keyRing.active);
	if (parts === null) return { ok: false, reason: 'malformed' };
	if (known === undefined) return { ok: false, reason: 'unknown-key' };
	if (content === null) return { ok: false, reason: 'bad-signature' };
	return { ok: true, content, keyId: known.id };
}

const IN_QUERY = new RegExp(
	`[?&;](?:${TOKEN_PARAMETER}|${TRACKER_TOKEN_PARAMETER})=([A-Za-z0-9_-]+)`,
	'g',
);

/**
 * The token in a text, genuine or not: the text itself, or the first query parameter of that form
 * in an address, as typed or as written in HTML.
 *
 * @returns `null` where there is none of that kind
 * @example tokenFromText('pixel', 'https://n8n.example.com/webhook/email-open/pixel.png?t=CQY0…')
 */
export function tokenFromText(kind: TokenKind, text: string): string | null {
	const candidates = [text.trim(), ...Array.from(text.matchAll(IN_QUERY), (match) => match[1])];
	return candidates.find((candidate) => split(kind, candidate) !== null) ?? null;
}

interface TokenParts {
	keyId: string;
	/** Everything before the IV */
	head: Buffer;
	iv: Buffer;
	ciphertext: Buffer;
	tag: Buffer;
}

/** Stands in for what cannot be taken apart, so that it costs the same work. */
const DECOY: TokenParts = {
	keyId: '',
	head: Buffer.alloc(8),
	iv: Buffer.alloc(TOKEN_IV_BYTES),
	ciphertext: Buffer.alloc(40),
	tag: Buffer.alloc(TAG_BYTES),
};

function split(kind: TokenKind, token: string): TokenParts | null {
	if (token.length > maxTokenLength(kind)) return null;
	const bytes = Buffer.from(token, 'base64url');
	// node's decoder skips what it does not know; only the one canonical spelling may pass.
	if (bytes.toString('base64url') !== token) return null;
	if (bytes[0] !== headByte(kind) || !(bytes[1] >= 1 && bytes[1] <= MAX_KEY_ID_BYTES)) return null;
	const ivStart = 2 + bytes[1];
	const ciphertextStart = ivStart + TOKEN_IV_BYTES;
	const tagStart = bytes.length - TAG_BYTES;
	if (ciphertextStart >= tagStart) return null;
	return {
		keyId: bytes.toString('latin1', 2, ivStart),
		head: bytes.subarray(0, ivStart),
		iv: bytes.subarray(ivStart, ciphertextStart),
		ciphertext: bytes.subarray(ciphertextStart, tagStart),
		tag: bytes.subarray(tagStart),
	};
}

function decrypt(
	kind: TokenKind,
	{ head, iv, ciphertext, tag }: TokenParts,
	key: RingKey,
): Buffer | null {
	const cipher = createDecipheriv(CIPHER, deriveKey(key, KINDS[kind].label), iv, {
		authTagLength: TAG_BYTES,
	});
	cipher.setAAD(head);
	cipher.setAuthTag(tag);
	const content = cipher.update(ciphertext);
	try {
		cipher.final();
		return content;
	} catch {
		// The tag does not fit: forged, damaged, or sealed with another key of the same id.
		return null;
	}
}

function headByte(kind: TokenKind): number {
	return (VERSION << KIND_BITS) | KINDS[kind].code;
}

function ivOfContent(head: Buffer, content: Uint8Array, key: RingKey): Buffer {
	const hash = createHmac('sha256', deriveKey(key, 'token-iv')).update(head).update(content);
	return hash.digest().subarray(0, TOKEN_IV_BYTES);
}
