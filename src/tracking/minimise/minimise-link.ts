/**
 * How much of a destination is kept: the site; the page on it; or all, with the query that may name a
 * person.
 */
export type LinkPrecision = 'site' | 'page' | 'whole';

/**
 * A destination with no more than is asked for. A user name, a password and what follows a `#` go
 * in any case but `whole`.
 *
 * @returns `null` when the text is no web address
 * @example reduceLink('https://shop.example/boots?email=anna@example.com', 'page') // 'https://shop.example/boots'
 */
export function reduceLink(url: string | null, precision: LinkPrecision): string | null {
	if (url === null || precision === 'whole') return url;
	if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return null;
	const { origin, pathname } = new URL(url);
	return precision === 'site' ? `${origin}/` : `${origin}${pathname}`;
}
