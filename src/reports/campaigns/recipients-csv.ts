import type { Readable } from 'node:stream';

import type {
	CampaignRecipient,
	CampaignRecipientsRequest,
} from '../../storage/port/answers-store';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { csvOf } from '../csv';
import { stateWords } from './recipients-table';

const COLUMNS: ReadonlyArray<{
	name: string;
	value(row: CampaignRecipient): string | number | null;
	/** Left out where no link of the campaign was followed */
	ofClicks?: boolean;
}> = [
	{ name: 'Recipient ID', value: (row) => row.recipientId },
	{ name: 'Email', value: (row) => row.email },
	{ name: 'Pixel ID', value: (row) => row.pixelId },
	{ name: 'State', value: stateWords },
	{ name: 'Opens', value: (row) => row.opens },
	{ name: 'Machine loads', value: (row) => row.machineOpens },
	{ name: 'Clicks', value: (row) => row.clicks, ofClicks: true },
	{ name: 'Machine clicks', value: (row) => row.machineClicks, ofClicks: true },
	{ name: 'Messages sent', value: (row) => row.sent },
	{ name: 'Last sent', value: (row) => row.lastSentAt },
	{ name: 'First open', value: (row) => row.firstOpenAt },
	{ name: 'Last open', value: (row) => row.lastOpenAt },
	{ name: 'Segments', value: (row) => row.segments.join(' ') },
];
const ROWS = 1_000;

/**
 * The recipients of a campaign that a page lists, all of them, as CSV. Times are ISO 8601 in UTC.
 *
 * @param withClicks whether links of the campaign were followed
 */
export function recipientsCsv(
	store: TrackingStore,
	asked: Omit<CampaignRecipientsRequest, 'limit' | 'offset'>,
	{ withClicks }: { withClicks: boolean },
): Readable {
	const columns = COLUMNS.filter(({ ofClicks }) => withClicks || !ofClicks);
	return csvOf(
		columns.map(({ name }) => name),
		rowsOf(store, asked, (row) => columns.map(({ value }) => value(row))),
	);
}

async function* rowsOf(
	store: TrackingStore,
	asked: Omit<CampaignRecipientsRequest, 'limit' | 'offset'>,
	cellsOf: (row: CampaignRecipient) => Array<string | number | null>,
) {
	for (let offset = 0; ; offset += ROWS) {
		const { rows, hasMore } = await store.campaignRecipients({ ...asked, limit: ROWS, offset });
		for (const row of rows) yield cellsOf(row);
		if (!hasMore) return;
	}
}
