import { sql, type SelectQueryBuilder } from 'kysely';

import { isConfirmed, isHidden, machineOpensOf, opensOf } from '../../tracking/counters/tally';
import type { RecipientTally } from '../../tracking/counters/tally';
import { isoOrNull } from '../counters/counts-view';
import { pixelOfParent } from '../counters/tally-key';
import { IN_STATE } from '../counters/recipient-states';
import { toRecipientTally } from '../counters/tally-rows';
import type { Reader } from '../database/store-database';
import type { RecipientTallyRow } from '../database/store-schema';
import { segmentsOf } from '../people/segments';
import type { CampaignRecipient, CampaignRecipientsRequest, ListPage } from '../port/answers-store';
import { pageOf, toListPage } from './list-page';
import { contains } from './search-text';

/** One page of a campaign's recipients. */
export async function campaignRecipients(
	db: Reader,
	request: CampaignRecipientsRequest,
): Promise<ListPage<CampaignRecipient>> {
	const { campaignId, state, search, segment, sort = 'recipient' } = request;
	const { take, skip } = pageOf(request);
	let query = db
		.selectFrom('recipient_tallies as tally')
		.leftJoin('recipients as entry', (join) => join.on(OWN_ENTRY))
		.selectAll('tally')
		.where('tally.campaign_id', '=', campaignId)
		.where((is) =>
			// The loads that name nobody are somebody only of a pixel without recipients.
			is.or([is('tally.recipient_id', '<>', sql.lit('')), is('tally.sent', '>', sql.lit(0))]),
		);
	if (state !== undefined) query = query.where(IN_STATE[state]);
	if (search) {
		query = query.where((is) =>
			is.or([contains('tally.recipient_id', search), contains('entry.address', search)]),
		);
	}
	if (segment !== undefined) {
		query = query.where('tally.recipient_id', 'in', (is) =>
			is.selectFrom('recipient_segments').select('recipient_id').where('segment', '=', segment),
		);
	}
	// Entries are looked up for the rows of this page, not for all that are sorted.
	const onPage = inOrder(query, sort).limit(take).offset(skip).as('tally');
	const withEmails = db
		.selectFrom(onPage)
		.leftJoin('recipients as entry', (join) => join.on(OWN_ENTRY))
		.selectAll('tally')
		.select('entry.email');
	const rows = await inOrder(withEmails, sort).execute();
	const shown = rows.slice(0, request.limit);
	const segments = await segmentsOf(
		db,
		shown.map((row) => row.recipient_id),
	);
	return toListPage(rows, request, (row) => ({
		...toMessage(row),
		email: row.email,
		segments: segments.get(row.recipient_id) ?? [],
	}));
}

/** The entry that a row of counters has under its pixel. */
export const OWN_ENTRY = sql<boolean>`entry.pixel_id = substr(tally.parent, 3)
	and entry.recipient_id = tally.recipient_id`;

function inOrder<DB, TB extends keyof DB, Row>(
	query: SelectQueryBuilder<DB, TB, Row>,
	sort: NonNullable<CampaignRecipientsRequest['sort']>,
) {
	const column = { recipient: null, firstOpen: 'first_open_at', lastOpen: 'last_open_at' }[sort];
	const first =
		column === null ? query : query.orderBy(sql`${sql.ref(`tally.${column}`)} desc nulls last`);
	return first.orderBy(sql`tally.recipient_id`).orderBy(sql`tally.parent`);
}

/** What a row of counters says of one recipient. */
export function toMessage(row: RecipientTallyRow): Omit<CampaignRecipient, 'email' | 'segments'> {
	const tally = toRecipientTally(row);
	return {
		pixelId: pixelOfParent(row.parent),
		recipientId: row.recipient_id === '' ? null : row.recipient_id,
		state: stateOf(tally),
		opens: opensOf(tally),
		machineOpens: machineOpensOf(tally),
		clicks: tally.clicks,
		machineClicks: tally.machineClicks,
		sent: tally.sent,
		lastSentAt: isoOrNull(tally.lastSentAt),
		firstOpenAt: isoOrNull(tally.firstOpenAt),
		lastOpenAt: isoOrNull(tally.lastOpenAt),
		lastLoadAt: isoOrNull(tally.lastLoadAt),
	};
}

function stateOf(tally: RecipientTally): CampaignRecipient['state'] {
	if (isConfirmed(tally)) return 'opened';
	if (isHidden(tally)) return 'hidden';
	return tally.sent > 0 || tally.lastLoadAt !== null ? 'notOpened' : null;
}
