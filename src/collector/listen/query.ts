/** More than any tracking link has; what comes after them is not looked at. */
const MAX_PARAMETERS = 64;

/**
 * Reads the query parameters that are asked for out of a request target, as `URLSearchParams`
 * would (https://url.spec.whatwg.org/#urlencoded-parsing), and only those: this runs for every
 * load, and a hostile query of thousands of names costs nothing. The first of several values
 * counts.
 *
 * @param target the request target as node:http gives it, for example `/o.png?id=42&t=abc`
 * @param names in plain text; each may occur encoded
 * @returns an object without prototype; a name that does not occur is not in it
 */
export function readQuery(
	target: string,
	names: readonly string[],
): Record<string, string | undefined> {
	const values = Object.create(null) as Record<string, string | undefined>;
	let start = target.indexOf('?') + 1;
	if (start === 0) return values;
	const stop = target.length;

	for (let count = 0; start < stop && count < MAX_PARAMETERS; count += 1) {
		const ampersand = target.indexOf('&', start);
		const end = ampersand === -1 ? stop : ampersand;
		const equals = target.indexOf('=', start);
		const nameEnd = equals === -1 || equals > end ? end : equals;
		const name = decode(target.slice(start, nameEnd));
		if (names.includes(name) && values[name] === undefined) {
			values[name] = nameEnd < end ? decode(target.slice(nameEnd + 1, end)) : '';
		}
		start = end + 1;
	}
	return values;
}

function decode(text: string): string {
	const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
	if (!spaced.includes('%')) return spaced;
	try {
		return decodeURIComponent(spaced);
	} catch {
		// Half an escape, or bytes that are no UTF-8: the slow and lenient way.
		return new URLSearchParams(`v=${text}`).get('v') ?? '';
	}
}
