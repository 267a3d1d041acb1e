import type { TrackingStore } from '../../storage/port/tracking-store';
import { namesIn, openTable } from '../shown/open-table';
import { listPage, partOf, type ListView } from './list-page';

/** Every load of the period, newest first. */
export async function opensPage(store: TrackingStore, view: ListView): Promise<string> {
	const { range, from, to } = view.period;
	const { opens, nextCursor } = await store.listOpens({
		...partOf(view),
		...(range === 'all' ? {} : { from, to }),
	});
	return listPage(view, {
		title: 'Opens and machine loads',
		path: 'opens',
		about: `Every load that was kept one by one, ${view.period.words}, newest first.`,
		table: openTable(opens, await namesIn(store, opens), view),
		hasMore: nextCursor !== null,
		hasPeriod: true,
	});
}
