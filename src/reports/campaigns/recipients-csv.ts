import type { Readable } from 'node:stream';

import type { CampaignRecipientsRequest } from '../../storage/port/answers-store';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { csvOf } from '../csv';
import { stateWords } from './recipients-table';

const COLUMNS = [
	'Recipient ID',
	'Email',
	'Pixel ID',
	'State',
	'Opens',
	'Machine loads',
	'Messages sent',
	'Last sent',
	'First open',
	'Last open',
	'Segments',
];
const ROWS = 1_000;

/** The recipients of a campaign that a page lists, all of them, as CSV. Times are ISO 8601 in UTC. */
export function recipientsCsv(
	store: TrackingStore,
	asked: Omit<CampaignRecipientsRequest, 'limit' | 'offset'>,
): Readable {
	return csvOf(COLUMNS, rowsOf(store, asked));
}

async function* rowsOf(
	store: TrackingStore,
	asked: Omit<CampaignRecipientsRequest, 'limit' | 'offset'>,
) {
	for (let offset = 0; ; offset += ROWS) {
		const { rows, hasMore } = await store.campaignRecipients({ ...asked, limit: ROWS, offset });
		for (const row of rows) {
			yield [
				row.recipientId,
				row.email,
				row.pixelId,
				stateWords(row),
				row.opens,
				row.machineOpens,
				row.sent,
				row.lastSentAt,
				row.firstOpenAt,
				row.lastOpenAt,
				row.segments.join(' '),
			];
		}
		if (!hasMore) return;
	}
}
