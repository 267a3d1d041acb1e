import type { Period } from './period';

/** What every page knows of its reader, and of where it stands. */
export interface Frame {
	now: Date;
	timeZone: string;
	period: Period;
	/**
	 * The way from this page to the folder that all pages are in, '' or '../'; `null` for a page that
	 * is sent as a file, whose links would lead nowhere
	 */
	root: string | null;
	/** What the reader chose that all pages keep: time zone, period, segment; by name in the address */
	chosen: Readonly<Record<string, string>>;
}

export type Query = Readonly<Record<string, string | number | readonly string[] | null>>;

/**
 * The address of a page with what its reader chose; `null` where links lead nowhere.
 *
 * @param query what else it says; `null` leaves out what the reader chose
 */
export function linkTo(frame: Frame, page: string, query: Query = {}): string | null {
	if (frame.root === null) return null;
	const parameters = new URLSearchParams();
	for (const [name, value] of Object.entries({ ...frame.chosen, ...query })) {
		for (const one of [value ?? []].flat()) parameters.append(name, String(one));
	}
	const text = parameters.toString();
	return `${frame.root}${page}${text === '' ? '' : `?${text}`}`;
}
