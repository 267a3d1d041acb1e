/** With other signs a URL has another host: that of `a/b` is `a`. */
const DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u;
const ASCII = /^[\0-\x7f]*$/;

/**
 * The form in which people are compared everywhere: in consents, on the list of erased people, in
 * the registry of recipients. An address loses the space around it, its letters become lower case,
 * and its domain ASCII. An id that is no address stays as it is, letter by letter.
 *
 * @example normalId(' Ada@Bücher.Example ') // 'ada@xn--bcher-kva.example'
 */
export function normalId(id: string): string {
	if (!id.includes('@')) return id;
	const text = id.trim();
	if (!isAddress(text)) return id;
	const at = text.lastIndexOf('@');
	const domain = text.slice(at + 1);
	return `${text.slice(0, at)}@${asciiOf(domain)}`.toLowerCase();
}

function asciiOf(domain: string): string {
	const url = `https://${domain}`;
	if (ASCII.test(domain) || !DOMAIN.test(domain) || !URL.canParse(url)) return domain;
	return new URL(url).hostname;
}

/** Whether an id is an address. */
export function isAddress(id: string): boolean {
	const at = id.lastIndexOf('@');
	return at > 0 && at < id.length - 1 && !/\s/.test(id);
}
