/** The answer to whoever follows a link. */
export interface LinkResponse {
	status: 302 | 404;
	headers: Readonly<Record<string, string>>;
	/** What a GET gets; HEAD gets the headers alone */
	body: Buffer;
}

const SHARED_HEADERS = {
	'cache-control': 'no-store, no-cache, must-revalidate, private, max-age=0',
	'x-content-type-options': 'nosniff',
	'x-robots-tag': 'noindex',
	'content-security-policy': "default-src 'none'",
};

const NOT_FOUND_PAGE = Buffer.from(
	'<!doctype html><html lang="en"><meta charset="utf-8"><title>Not found</title><p>There is no such page.</p></html>\n',
);

/** What a link that was forged or damaged gets: nothing in it says why. */
export const LINK_NOT_FOUND: LinkResponse = {
	status: 404,
	headers: {
		...SHARED_HEADERS,
		'content-type': 'text/html; charset=utf-8',
		'content-length': String(NOT_FOUND_PAGE.length),
	},
	body: NOT_FOUND_PAGE,
};

/**
 * Sends whoever follows a link to where it leads. The same whatever becomes of the click, so that an
 * answer tells nothing of a person; not to be kept by anybody in between, or later clicks would not
 * arrive here.
 *
 * @param url as the token of the link has it
 */
export function redirectTo(url: string): LinkResponse {
	return {
		status: 302,
		headers: { ...SHARED_HEADERS, location: url, 'content-length': '0' },
		body: Buffer.alloc(0),
	};
}
