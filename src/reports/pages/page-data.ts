import { linkTo, type Frame, type Query } from '../shown/frame';
import { zoneNames } from '../shown/local-time';
import { RANGES } from '../shown/period';

/** The pages that every page leads to. */
const PAGES = [
	{ name: 'Dashboard', page: 'dashboard' },
	{ name: 'Campaigns', page: 'campaigns' },
	{ name: 'Pixels', page: 'pixels' },
	{ name: 'Recipients', page: 'recipients' },
	{ name: 'Opens', page: 'opens' },
	{ name: 'Setup', page: 'setup' },
];

/** What the parts that all pages share need: head, navigation, search, period. */
export function pageData(
	frame: Frame,
	{ title, here = '', query = '' }: { title: string; here?: string; query?: string },
) {
	return {
		view: frame,
		frame,
		title,
		here,
		query,
		pages: PAGES,
		zones: zoneNames(),
		ranges: Object.entries(RANGES).map(([value, { name }]) => ({ value, name })),
		link: (page: string, changes: Query = {}) => linkTo(frame, page, changes),
	};
}
