import type { TrackingStore } from '../../storage/port/tracking-store';
import { recipientTable } from '../shown/list-tables';
import { listPage, partOf, type ListView } from './list-page';

/** Everybody who is known by name, to be searched and narrowed to a segment. */
export async function recipientsPage(store: TrackingStore, view: ListView): Promise<string> {
	const { segment } = view.chosen;
	const [{ rows, hasMore }, segments] = await Promise.all([
		store.searchRecipients({ ...partOf(view), search: view.search, segment }),
		store.listSegments(),
	]);
	return listPage(view, {
		title: 'Recipients',
		path: 'recipients',
		about: 'From A to Z, each with the sums over all emails. Figures are of all time.',
		table: recipientTable(rows, view),
		hasMore,
		searchLabel: 'Beginning of the ID or address',
		segments: segments.map((one) => one.segment),
	});
}
