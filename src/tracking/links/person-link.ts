import { createCipheriv, createDecipheriv } from 'node:crypto';

import { deriveKey, type KeyRing, type RingKey } from './key-ring';
import { normaliseBaseUrl } from './tracking-link';

/** Where the consent pages are served, below the base URL. */
export const PRIVACY_PATH = 'email-open/privacy';

/** Bytes of randomness that every new link needs. */
export const WITHDRAWAL_IV_BYTES = 12;

/**
 * What the holder of a link may do. `consent` goes into every mail, which people forward, so it
 * only shows and changes consent. `rights` goes to the person's own address when they ask: with it
 * they get a copy of their data, or have it erased.
 */
export const PERSON_LINK_SCOPES = ['consent', 'rights'] as const;
export type PersonLinkScope = (typeof PERSON_LINK_SCOPES)[number];

/** How long a link for a copy or an erasure holds. Consent links hold as long as their key. */
export const RIGHTS_LINK_HOURS = 48;

export interface PersonLink {
	recipientId: string;
	scope: PersonLinkScope;
	issuedAt: Date;
}

export type PersonLinkVerdict =
	| { ok: true; link: PersonLink }
	| { ok: false; reason: 'not-genuine' | 'expired' };

const VERSION = 1;
const TAG_BYTES = 16;
const HEAD_BYTES = 5;
const MAX_TOKEN_LENGTH = 600;
const CIPHER = 'aes-256-gcm';

/**
 * The address of a person's consent page. The id is encrypted and authenticated (AES-256-GCM, NIST
 * SP 800-38D) under a key of its own, so that neither a log nor n8n's own database gets to see it.
 *
 * @param iv 12 fresh random bytes, never used twice
 * @throws when the base URL is not usable or the id is empty or over 256 characters
 */
export function withdrawalLink({
	baseUrl,
	path = PRIVACY_PATH,
	link,
	keyRing,
	iv,
}: {
	baseUrl: string;
	path?: string;
	link: PersonLink;
	keyRing: KeyRing;
	iv: Uint8Array;
}): string {
	const url = new URL(`${normaliseBaseUrl(baseUrl)}/${path.trim().replace(/^\/+/, '')}`);
	url.search = '';
	return `${url.href}?t=${signPersonToken(link, keyRing, iv)}`;
}

/** The token of such an address, in base64url. */
export function signPersonToken(link: PersonLink, keyRing: KeyRing, iv: Uint8Array): string {
	const { recipientId, scope, issuedAt } = link;
	if (recipientId === '' || recipientId.length > 256) {
		throw new Error('The recipient id of a consent link must have 1 to 256 characters.');
	}
	if (iv.length !== WITHDRAWAL_IV_BYTES) {
		throw new Error(`Pass ${WITHDRAWAL_IV_BYTES} fresh random bytes as IV.`);
	}
	const claims = Buffer.alloc(HEAD_BYTES);
	claims[0] = PERSON_LINK_SCOPES.indexOf(scope);
	claims.writeUInt32BE(Math.floor(issuedAt.getTime() / 1000), 1);
	const key = keyRing.active;
	const head = headOf(key.id);
	const cipher = createCipheriv(CIPHER, deriveKey(key, 'withdrawal-link'), iv);
	cipher.setAAD(head);
	const body = [cipher.update(claims), cipher.update(recipientId, 'utf8'), cipher.final()];
	return Buffer.concat([head, iv, ...body, cipher.getAuthTag()]).toString('base64url');
}

/** Reads a token and says whether this installation made it and it still holds. */
export function readPersonToken(token: string, keyRing: KeyRing, now: Date): PersonLinkVerdict {
	const link = open(token, keyRing);
	if (link === null) return { ok: false, reason: 'not-genuine' };
	const ageHours = (now.getTime() - link.issuedAt.getTime()) / 3_600_000;
	if (link.scope === 'rights' && ageHours > RIGHTS_LINK_HOURS) {
		return { ok: false, reason: 'expired' };
	}
	return { ok: true, link };
}

function headOf(keyId: string): Buffer {
	return Buffer.concat([Buffer.from([VERSION, keyId.length]), Buffer.from(keyId, 'latin1')]);
}

function open(token: string, keyRing: KeyRing): PersonLink | null {
	if (token.length > MAX_TOKEN_LENGTH) return null;
	const bytes = Buffer.from(token, 'base64url');
	if (bytes.toString('base64url') !== token || bytes[0] !== VERSION) return null;
	const ivStart = 2 + bytes[1];
	const bodyStart = ivStart + WITHDRAWAL_IV_BYTES;
	const tagStart = bytes.length - TAG_BYTES;
	if (!(bodyStart + HEAD_BYTES < tagStart)) return null;
	const key = keyRing.keys.get(bytes.toString('latin1', 2, ivStart));
	const claims = key && decrypt(bytes, key, { ivStart, bodyStart, tagStart });
	const scope = claims && PERSON_LINK_SCOPES[claims[0]];
	if (!claims || !scope) return null;
	return {
		recipientId: claims.toString('utf8', HEAD_BYTES),
		scope,
		issuedAt: new Date(claims.readUInt32BE(1) * 1000),
	};
}

function decrypt(
	bytes: Buffer,
	key: RingKey,
	{ ivStart, bodyStart, tagStart }: Record<'ivStart' | 'bodyStart' | 'tagStart', number>,
): Buffer | null {
	const iv = bytes.subarray(ivStart, bodyStart);
	const cipher = createDecipheriv(CIPHER, deriveKey(key, 'withdrawal-link'), iv, {
		authTagLength: TAG_BYTES,
	});
	cipher.setAAD(bytes.subarray(0, ivStart));
	cipher.setAuthTag(bytes.subarray(tagStart));
	try {
		return Buffer.concat([cipher.update(bytes.subarray(bodyStart, tagStart)), cipher.final()]);
	} catch {
		// The tag does not fit: forged, damaged, or of another installation.
		return null;
	}
}
