import type { KeyRing } from './key-ring';
import { openToken, sealToken, TOKEN_PARAMETER } from './sealed-token';
import { normaliseBaseUrl } from './tracking-link';

/** Where the consent pages are served, below the base URL. */
export const PRIVACY_PATH = 'email-open/privacy';

/**
 * What the holder of a link may do. `consent` goes into every email, which people forward, so it
 * only shows and changes consent. `rights` goes to the person's own address when they ask: with it
 * they get a copy of their data, or have it erased. `unsubscribe` goes into the header of an email, where
 * email programs offer it as a button (RFC 8058): it ends tracking, and says that no more emails are
 * wanted. Append only: tokens carry the position in this list.
 */
export const PERSON_LINK_SCOPES = ['consent', 'rights', 'unsubscribe'] as const;
export type PersonLinkScope = (typeof PERSON_LINK_SCOPES)[number];

/** How long a link for a copy or an erasure holds. The others hold as long as their key. */
export const RIGHTS_LINK_HOURS = 48;

export interface PersonLink {
	recipientId: string;
	scope: PersonLinkScope;
	issuedAt: Date;
}

export type PersonLinkVerdict =
	| { ok: true; link: PersonLink }
	| { ok: false; reason: 'not-genuine' | 'expired' };

const CLAIMS_BYTES = 5;
const MAX_ID_LENGTH = 256;

/**
 * The address of a person's consent page. The id is sealed, so that neither a log nor n8n's own
 * database gets to see it.
 *
 * @param iv 12 fresh random bytes, never used twice
 * @throws when the base URL is not usable or the id is empty or over 256 characters
 */
export function personLink({
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
	return `${url.href}?${TOKEN_PARAMETER}=${signPersonToken(link, keyRing, iv)}`;
}

/** The token of such an address: scope (1 byte), seconds since 1970 (4), the id in UTF-8. */
export function signPersonToken(link: PersonLink, keyRing: KeyRing, iv: Uint8Array): string {
	const { recipientId, scope, issuedAt } = link;
	if (recipientId === '' || recipientId.length > MAX_ID_LENGTH) {
		throw new Error('The recipient id of a consent link must have 1 to 256 characters.');
	}
	const claims = Buffer.alloc(CLAIMS_BYTES);
	claims[0] = PERSON_LINK_SCOPES.indexOf(scope);
	claims.writeUInt32BE(Math.floor(issuedAt.getTime() / 1000), 1);
	const content = Buffer.concat([claims, Buffer.from(recipientId, 'utf8')]);
	return sealToken('person', content, keyRing.active, iv);
}

/**
 * Reads a token and says whether this installation made it and it still holds. Every key of the ring
 * vouches for consent and for an unsubscription. For a copy or an erasure only the active key does: such a link lives for two
 * days, so an older key that still vouched for it would serve nobody but a thief of that key.
 */
export function readPersonToken(token: string, keyRing: KeyRing, now: Date): PersonLinkVerdict {
	const opened = openToken('person', token, keyRing);
	const link = opened.ok ? unpackLink(opened.content) : null;
	if (!opened.ok || link === null) return { ok: false, reason: 'not-genuine' };
	if (link.scope !== 'rights') return { ok: true, link };
	const ageHours = (now.getTime() - link.issuedAt.getTime()) / 3_600_000;
	if (opened.keyId !== keyRing.active.id || ageHours < 0) {
		return { ok: false, reason: 'not-genuine' };
	}
	return ageHours > RIGHTS_LINK_HOURS ? { ok: false, reason: 'expired' } : { ok: true, link };
}

function unpackLink(content: Buffer): PersonLink | null {
	const scope = PERSON_LINK_SCOPES[content[0]];
	if (!scope || content.length <= CLAIMS_BYTES) return null;
	return {
		recipientId: content.toString('utf8', CLAIMS_BYTES),
		scope,
		issuedAt: new Date(content.readUInt32BE(1) * 1000),
	};
}
