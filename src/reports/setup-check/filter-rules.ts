interface FilterRule {
	/** What the host begins with; absent where any host is meant */
	hosts?: readonly string[];
	/** What the address holds behind the host; absent where any path is meant */
	path?: string;
}

/**
 * What lists of ad blockers block among the addresses that a tracking pixel may have, as far as it
 * was tried with two engines on EasyPrivacy, EasyList and the lists of uBlock Origin of July 2026 at
 * the latest.
 */
const FILTER_RULES: readonly FilterRule[] = [
	{ hosts: ['track.email.', 'click.email.', 'clicks.email.', 'pixel-prod.'] },
	{ hosts: ['beacon.', 'analytics.'], path: '/track' },
	{ path: '/pixel.gif?' },
	{ path: '/strpixel.png?' },
	{ path: '/transparent_pixel.png' },
	{ path: '/email/open?' },
	{ path: '/track/open?' },
	{ hosts: ['t.', 'e.'], path: '/open?' },
	{ hosts: ['email.'], path: '/o/' },
	{ hosts: ['click.'], path: '/q/' },
];

/** Which part of an image's address such a list blocks, in words; `null` where none does. */
export function blockedFor({ hostname, pathname, search }: URL): string | null {
	const behind = `${pathname}${search}`;
	for (const { hosts, path } of FILTER_RULES) {
		const host = hosts?.find((begin) => hostname.startsWith(begin));
		if ((hosts && host === undefined) || (path !== undefined && !behind.includes(path))) continue;
		return [
			path && `"${path.replace('?', '')}" in its path`,
			host && `a host that begins with "${host}"`,
		]
			.filter(Boolean)
			.join(' on ');
	}
	return null;
}
