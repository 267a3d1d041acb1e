import { tokenFromText } from '../links/sealed-token';

/**
 * Marks the snippets of this package. Editors, inliners and email clients may drop `data-`
 * attributes, so the address is looked at as well; see `isOwnPixel`.
 */
export const MARKER_ATTRIBUTE = 'data-open-tracking';
const MARKER = `${MARKER_ATTRIBUTE}="pixel"`;

/**
 * The snippet that loads the pixel: a 1×1 image that takes no room and that screen readers skip.
 * It is not hidden with `display:none`, because some programs then do not load it.
 *
 * @param url the tracking link, or any other http(s) address of an image
 * @throws when `url` is not an absolute http(s) address
 */
export function embedCode(url: string): string {
	return `<img src="${sourceOf(url)}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0" ${MARKER} />`;
}

/**
 * The same for the AMP part of an email, where plain `<img>` is not allowed and would make the whole
 * part invalid.
 *
 * @see https://amp.dev/documentation/guides-and-tutorials/email/learn/email-spec/amp-email-html
 */
export function ampEmbedCode(url: string): string {
	return `<amp-img src="${sourceOf(url)}" width="1" height="1" alt="" ${MARKER}></amp-img>`;
}

/**
 * Whether an image in an email is a pixel of this package: it carries the marker, or its address is
 * `url` itself, or its address holds a token.
 *
 * @param image `src` as written in the HTML, character references and all
 */
export function isOwnPixel(image: { src: string; marked: boolean }, url: string): boolean {
	if (image.marked) return true;
	const src = image.src.trim();
	return src === url || src === escapeAttribute(url) || tokenFromText('pixel', src) !== null;
}

function sourceOf(url: string): string {
	// `URL` forgives white space, an attribute would keep it.
	if (/\s/.test(url) || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
		throw new Error('The address of the pixel is not an http(s) address. Pass a tracking link.');
	}
	return escapeAttribute(url);
}

const ESCAPES: Record<string, string> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
};

/** Text as it stands between the quotes of an attribute. */
export function escapeAttribute(text: string): string {
	return text.replace(/[&<>"']/g, (character) => ESCAPES[character]);
}
