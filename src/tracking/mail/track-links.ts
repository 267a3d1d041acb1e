import { Tokenizer } from 'htmlparser2';

import { withoutControlCharacters } from '../event/control-characters';
import { isWebAddress, type LinkTarget } from '../links/tracked-link';
import { escapeAttribute } from './embed-code';
import { findLandmarks, type HtmlLink } from './html-landmarks';
import {
	listUnsubscribeUrls,
	NO_TRACK_ATTRIBUTE,
	whyLeft,
	type LeftReason,
} from './untracked-links';

/** Names a link for reports; the same for every recipient. */
export const LABEL_ATTRIBUTE = 'data-track-label';
/** In characters; they take at most four bytes each. */
const MAX_LABEL_LENGTH = 60;

/** A web link that stayed as it was. */
export interface LeftLink {
	position: number;
	reason: LeftReason;
}

export interface TrackLinksResult {
	/** The email with tracked links, or exactly the email that came in */
	html: string;
	/** How many links are tracked now that were not */
	tracked: number;
	/** The web links that are as they were, and why */
	left: LeftLink[];
}

/**
 * Puts tracked links in place of the http(s) links of `a` and `area`, and leaves every other byte of
 * the email as it was. Other schemes, anchors and relative addresses are no web links; those that
 * end a subscription, lead to a consent page, or are marked not to be tracked stay.
 *
 * A link is named by its position among all web links of the email, so that it keeps its name when
 * the function is used again, which changes nothing.
 *
 * @param trackedLink the address to put in place of a link; `null` where that would be too long
 * @param options `listUnsubscribe`: the value of the List-Unsubscribe header of the email, if any
 */
export function trackLinks(
	html: string,
	trackedLink: (link: LinkTarget) => string | null,
	{ listUnsubscribe = '' }: { listUnsubscribe?: string } = {},
): TrackLinksResult {
	const waysOut = listUnsubscribeUrls(listUnsubscribe);
	const left: LeftLink[] = [];
	let tracked = 0;
	let position = 0;
	let result = '';
	let copiedUntil = 0;
	for (const link of findLandmarks(html).links) {
		const written = decodeAttribute(html, link);
		const url = isWebAddress(written) ? new URL(written).href : null;
		if (url === null) continue;
		position += 1;
		const isMarked = link.attributes.has(NO_TRACK_ATTRIBUTE);
		const text = textOf(html.slice(link.content.start, link.content.end));
		const reason = whyLeft({ url, written, text, isMarked }, waysOut);
		const address = reason ?? trackedLink({ url, position, label: labelOf(link) });
		if (reason !== null || address === null) {
			left.push({ position, reason: reason ?? 'too-long' });
			continue;
		}
		tracked += 1;
		result += html.slice(copiedUntil, link.start) + escapeAttribute(address);
		copiedUntil = link.end;
	}
	return { html: result + html.slice(copiedUntil), tracked, left };
}

/** The address of a link with its character references resolved, by the rules for attributes. */
function decodeAttribute(html: string, { start, end }: HtmlLink): string {
	const written = html.slice(start, end);
	if (!written.includes('&')) return written;
	const before = html[start - 1];
	// What ends a reference in it depends on how it is quoted.
	return decodeIn(`<a href=${isQuote(before) ? before + written + before : written}>`);
}

/** The value of the one attribute in a tag. */
function decodeIn(tag: string): string {
	let value = '';
	const tokenizer = new Tokenizer(
		{ decodeEntities: true },
		{
			...NOTHING,
			onattribdata: (start, end) => {
				value += tag.slice(start, end);
			},
			onattribentity: (codePoint) => {
				value += String.fromCodePoint(codePoint);
			},
		},
	);
	tokenizer.write(tag);
	tokenizer.end();
	return value;
}

/** What a piece of HTML says in words: its text, and that of its images. */
function textOf(html: string): string {
	let text = '';
	let attribute = '';
	const tokenizer = new Tokenizer(
		{ decodeEntities: true },
		{
			...NOTHING,
			onopentagname: () => {
				text += ' ';
			},
			onattribname: (start, end) => {
				attribute = html.slice(start, end).toLowerCase();
			},
			onattribdata: (start, end) => {
				if (attribute === 'alt' || attribute === 'title') text += html.slice(start, end);
			},
			ontext: (start, end) => {
				text += html.slice(start, end);
			},
			ontextentity: (codePoint) => {
				text += String.fromCodePoint(codePoint);
			},
		},
	);
	tokenizer.write(html);
	tokenizer.end();
	return text.replace(/\s+/g, ' ').trim();
}

function labelOf({ attributes }: HtmlLink): string | null {
	const written = attributes.get(LABEL_ATTRIBUTE);
	if (written === undefined) return null;
	const label = withoutControlCharacters(decodeIn(`<a b="${written.replaceAll('"', '&quot;')}">`));
	return [...label.trim()].slice(0, MAX_LABEL_LENGTH).join('') || null;
}

function isQuote(character: string | undefined): boolean {
	return character === '"' || character === "'";
}

const nothing = (): void => {};
const NOTHING = {
	onattribdata: nothing,
	onattribentity: nothing,
	onattribend: nothing,
	onattribname: nothing,
	oncdata: nothing,
	onclosetag: nothing,
	oncomment: nothing,
	ondeclaration: nothing,
	onend: nothing,
	onopentagend: nothing,
	onopentagname: nothing,
	onprocessinginstruction: nothing,
	onselfclosingtag: nothing,
	ontext: nothing,
	ontextentity: nothing,
};
