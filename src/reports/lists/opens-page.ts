import type { TrackingStore } from '../../storage/port/tracking-store';
import { isClick, namesIn, openTable } from '../shown/open-table';
import { listPage, partOf, type ListView } from './list-page';

/** Every load and click of the period, newest first. */
export async function opensPage(store: TrackingStore, view: ListView): Promise<string> {
	const { range, from, to } = view.period;
	const { opens, nextCursor } = await store.listOpens({
		...partOf(view),
		event: 'any',
		...(range === 'all' ? {} : { from, to }),
	});
	return listPage(view, {
		title: opens.some(isClick) ? 'Opens, machine loads and clicks' : 'Opens and machine loads',
		path: 'opens',
		about: `Every ${opens.some(isClick) ? 'load and click' : 'load'} that was kept one by one, ${view.period.words}, newest first.`,
		table: openTable(opens, await namesIn(store, opens), view),
		hasMore: nextCursor !== null,
		hasPeriod: true,
	});
}
