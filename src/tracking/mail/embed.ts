import { ampEmbedCode, embedCode, isOwnPixel, MARKER_ATTRIBUTE } from './embed-code';
import { findLandmarks } from './html-landmarks';

/**
 * Gmail shows about the first 102 KB of an email's HTML and loads nothing beyond it.
 *
 * @see https://github.com/hteumeuleu/email-bugs/issues/41
 */
export const GMAIL_CLIPPING_BYTES = 102_400;

/** `end` is before the last `</body>`, `start` right after `<body>`. */
export type PixelPosition = 'end' | 'start';

export interface EmbedResult {
	/** The email with the pixel, or exactly the email that came in */
	html: string;
	embedded: boolean;
	/** Why nothing was put in: the email has a pixel already, or it is plain text */
	reason: 'already-embedded' | 'plain-text' | null;
	/** The pixel lies where Gmail has clipped the email, so most Gmail readers do not load it */
	beyondGmailClipping: boolean;
}

/**
 * Puts the pixel into the HTML of an email and leaves every other byte as it was. An email that has a
 * pixel of this package already, for the same link or another, is left alone; so is plain text.
 *
 * @param url the tracking link
 * @param options `position`: before the last real `</body>`, or at the end where there is none;
 *   or after the real `<body>`, or before the first content where there is none
 * @throws when `url` is not an absolute http(s) address
 */
export function embedPixel(
	html: string,
	url: string,
	{ position = 'end' }: { position?: PixelPosition } = {},
): EmbedResult {
	const found = findLandmarks(html);
	const snippet = found.isAmp ? ampEmbedCode(url) : embedCode(url);
	if (!found.hasMarkup) {
		return { html, embedded: false, reason: 'plain-text', beyondGmailClipping: false };
	}

	const existing = found.images.find(({ src, attributeNames }) =>
		isOwnPixel({ src, marked: attributeNames.includes(MARKER_ATTRIBUTE) }, url),
	);
	if (existing) {
		return {
			html,
			embedded: false,
			reason: 'already-embedded',
			beyondGmailClipping: isBeyondClipping(html.slice(0, existing.offset)),
		};
	}

	const at = position === 'start' ? found.bodyStart : (found.bodyEnd ?? found.safeEnd);
	const before = html.slice(0, at);
	return {
		html: before + snippet + html.slice(at),
		embedded: true,
		reason: null,
		beyondGmailClipping: isBeyondClipping(before + snippet),
	};
}

function isBeyondClipping(htmlUntilPixel: string): boolean {
	return Buffer.byteLength(htmlUntilPixel, 'utf8') > GMAIL_CLIPPING_BYTES;
}
