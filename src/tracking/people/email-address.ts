const ATOM = /[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+/u.source;
const QUOTED = /"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])+"/u.source;
const LABEL = /[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?/u.source;
const TOP_LABEL = /(?:xn--[a-z0-9-]{1,57}[a-z0-9]|[\p{L}\p{M}]{2,63})/u.source;
const EMAIL = new RegExp(
	`^(?:${ATOM}(?:\\.${ATOM})*|${QUOTED})@(?:${LABEL}\\.)+${TOP_LABEL}$`,
	'iu',
);

/** The longest parts that RFC 5321 allows, in bytes. */
const LONGEST_NAME = 64;
const LONGEST_DOMAIN = 254;

/**
 * Whether an email can be sent to a text: a name, an @ and a domain on the Internet, in any script.
 * Takes no display name and no white space around it.
 *
 * @example isEmailAddress('ada@bücher.example') // true
 */
export function isEmailAddress(text: string): boolean {
	const at = text.lastIndexOf('@');
	return (
		Buffer.byteLength(text.slice(0, at)) <= LONGEST_NAME &&
		Buffer.byteLength(text.slice(at + 1)) <= LONGEST_DOMAIN &&
		EMAIL.test(text)
	);
}
