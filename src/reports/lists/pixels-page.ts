import { PIXEL_SORTS } from '../../storage/port/answers-store';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { pixelTable } from '../shown/list-tables';
import { knownSort, listPage, partOf, sortingOf, type ListView } from './list-page';

/** Every pixel, to be searched and sorted. */
export async function pixelsPage(store: TrackingStore, view: ListView): Promise<string> {
	const sort = knownSort(PIXEL_SORTS, view.sort);
	const { rows, hasMore } = await store.searchPixels({
		...partOf(view),
		search: view.search,
		sort,
	});
	return listPage(view, {
		title: 'Pixels',
		path: 'pixels',
		about: 'Figures are of all time.',
		table: pixelTable(rows, view, sortingOf(view, 'pixels', sort)),
		hasMore,
		sort,
		searchLabel: 'Part of the name, or beginning of the ID',
	});
}
