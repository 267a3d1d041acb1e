import type { KeyRing } from './key-ring';
import { maxTokenLength, openToken, sealToken, TOKEN_PARAMETER } from './sealed-token';
import { packClaims, unpackClaims, type TokenClaims } from './token-claims';
import type { TokenRefusal } from './token';
import { linkPrefix, ofTheDay, refuseUntrackable } from './tracking-link';

/** Where tracked links are followed, below the base URL: the trigger's default path and every link's. */
export const LINK_PATH = 'email-open/link';

/** The longest tracked link that is made, in characters. */
export const MAX_TRACKED_LINK_LENGTH = maxTokenLength('link');

const MAX_POSITION = 0xffff;
const MAX_LABEL_BYTES = 255;
const HEAD_BYTES = 5;

/** One link of an email, as its token says it. */
export interface LinkTarget {
	/** Where the link leads: an absolute http(s) address */
	url: string;
	/** Its place among the web links of the email, from 1 */
	position: number;
	/** What the sender calls it, the same for every recipient */
	label: string | null;
}

export interface TrackedLinkClaims extends TokenClaims {
	link: LinkTarget;
}

export type TrackedLinkVerdict =
	| { ok: true; claims: TrackedLinkClaims }
	| { ok: false; reason: Exclude<TokenRefusal, 'expired'> };

/**
 * The address that stands in the email in place of a link. Everything that following it needs is
 * sealed in it, the destination as well.
 *
 * Links of mode `aggregate` are the same for everybody, as those of pixels are.
 *
 * @param path below the base URL; `LINK_PATH` unless the trigger listens elsewhere
 * @param iv 12 fresh random bytes, never used twice
 * @returns `null` when it would have more than 2,000 characters: the link has to stay as it was
 * @throws when a claim, the destination or the base URL is not usable; and for mode `off`, or
 *   `aggregate` with a recipient or message id
 */
export function signTrackedLink({
	baseUrl,
	path = LINK_PATH,
	claims,
	keyRing,
	iv,
}: {
	baseUrl: string;
	path?: string;
	claims: TrackedLinkClaims;
	keyRing: KeyRing;
	iv: Uint8Array;
}): string | null {
	refuseUntrackable(claims);
	const isShared = claims.trackingMode === 'aggregate';
	const content = pack(isShared ? { ...claims, ...ofTheDay(claims) } : claims);
	const token = sealToken('link', content, keyRing.active, isShared ? 'of-content' : iv);
	const url = linkPrefix(baseUrl, path, TOKEN_PARAMETER) + token;
	return url.length > MAX_TRACKED_LINK_LENGTH ? null : url;
}

/**
 * Reads the token of a tracked link and says whether this installation made it. It never expires:
 * whoever follows a link of an old email still gets where it leads.
 *
 * @returns never throws, whatever the text is
 */
export function readTrackedLink(token: string, keyRing: KeyRing): TrackedLinkVerdict {
	const opened = openToken('link', token, keyRing);
	if (!opened.ok) return opened;
	const claims = unpack(opened.content);
	return claims === null ? { ok: false, reason: 'malformed' } : { ok: true, claims };
}

/** Whether an address is one that a link may lead to. */
export function isWebAddress(text: string): boolean {
	return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Position (2 bytes), lengths of label (1) and claims (2), then label, claims and destination. */
function pack({ link, ...claims }: TrackedLinkClaims): Buffer {
	const { url, position, label } = link;
	if (!isWebAddress(url) || new URL(url).href !== url) {
		throw new Error('The link does not lead to a web address in its normal form. Pass URL.href.');
	}
	if (!(Number.isInteger(position) && position >= 1 && position <= MAX_POSITION)) {
		throw new Error(`The position of the link is not a whole number from 1 to ${MAX_POSITION}.`);
	}
	const name = Buffer.from(label ?? '', 'utf8');
	if (name.length > MAX_LABEL_BYTES) {
		throw new Error(`The label of the link has over ${MAX_LABEL_BYTES} bytes. Shorten it.`);
	}
	const said = packClaims(claims);
	const head = Buffer.alloc(HEAD_BYTES);
	head.writeUInt16BE(position, 0);
	head[2] = name.length;
	head.writeUInt16BE(said.length, 3);
	return Buffer.concat([head, name, said, Buffer.from(url, 'latin1')]);
}

function unpack(content: Buffer): TrackedLinkClaims | null {
	if (content.length < HEAD_BYTES) return null;
	const saidAt = HEAD_BYTES + content[2];
	const urlAt = saidAt + content.readUInt16BE(3);
	const claims = unpackClaims(content.subarray(saidAt, urlAt));
	const url = content.toString('latin1', urlAt);
	const position = content.readUInt16BE(0);
	if (claims === null || position === 0 || !isWebAddress(url)) return null;
	const label = content.toString('utf8', HEAD_BYTES, saidAt) || null;
	return { ...claims, link: { url, position, label } };
}
