import { CAMPAIGN_SORTS } from '../../storage/port/answers-store';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { campaignTable } from '../shown/list-tables';
import { knownSort, listPage, partOf, sortingOf, type ListView } from './list-page';

/** Every campaign, to be searched, sorted and compared. */
export async function campaignsPage(store: TrackingStore, view: ListView): Promise<string> {
	const sort = knownSort(CAMPAIGN_SORTS, view.sort);
	const { rows, hasMore } = await store.searchCampaigns({
		...partOf(view),
		search: view.search,
		sort,
	});
	const sorting = sortingOf(view, 'campaigns', sort);
	return listPage(view, {
		title: 'Campaigns',
		path: 'campaigns',
		about: 'Figures are of all time. Choose two to four to compare them at the same age.',
		table: campaignTable(rows, view, { sorting, choice: 'id' }),
		hasMore,
		sort,
		searchLabel: 'Part of the name',
		choosing: { page: 'compare', text: 'Compare' },
	});
}
