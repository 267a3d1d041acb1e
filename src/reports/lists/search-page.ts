import type { TrackingStore } from '../../storage/port/tracking-store';
import { pageData } from '../pages/page-data';
import { render } from '../render';
import { linkTo, type Frame } from '../shown/frame';
import { campaignTable, pixelTable, recipientTable } from '../shown/list-tables';

/** What is shown of each kind; the lists have the rest. */
const SHOWN = 10;

/** Campaigns, pixels and recipients that match a text. */
export async function searchPage(
	store: TrackingStore,
	frame: Frame,
	search: string,
): Promise<string> {
	const request = { search, limit: SHOWN };
	const [recipients, campaigns, pixels] = await Promise.all([
		store.searchRecipients(request),
		store.searchCampaigns(request),
		store.searchPixels(request),
	]);
	const found = [
		{
			title: 'Recipients',
			path: 'recipients',
			table: recipientTable(recipients.rows, frame),
			...recipients,
		},
		{
			title: 'Campaigns',
			path: 'campaigns',
			table: campaignTable(campaigns.rows, frame),
			...campaigns,
		},
		{ title: 'Pixels', path: 'pixels', table: pixelTable(pixels.rows, frame), ...pixels },
	];
	return render('templates/search', {
		...pageData(frame, { title: `Search for ${search}`, query: search }),
		search,
		found: found
			.filter(({ rows }) => rows.length > 0)
			.map(({ title, path, table, hasMore }) => ({
				title,
				path,
				table,
				more: hasMore ? linkTo(frame, path, { q: search }) : null,
			})),
	});
}
