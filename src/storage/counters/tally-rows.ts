import type { Insertable } from 'kysely';

import type {
	GroupTally,
	LoadCounts,
	PixelTally,
	RecipientTally,
} from '../../tracking/counters/tally';
import type { RecipientTalliesTable, TalliesTable } from '../database/store-schema';

type RecipientCounters = Omit<RecipientTalliesTable, 'parent' | 'recipient_id' | 'campaign_id'>;
type GroupCounters = Omit<TalliesTable, 'scope' | 'scope_id'>;
type LoadRow = Pick<
	TalliesTable,
	| 'human'
	| 'human_via_proxy'
	| 'unknown'
	| 'prefetch'
	| 'scanner'
	| 'bot'
	| 'view_time_ms'
	| 'sessions'
	| 'sent'
	| 'first_open_at'
	| 'last_open_at'
	| 'last_load_at'
>;
type Loads = Omit<RecipientTally, 'registered' | 'firstSentAt' | 'lastSentAt'> & LoadCounts;

/** The tally that a row of `recipient_tallies` keeps. */
export function toRecipientTally(row: RecipientCounters): RecipientTally {
	return {
		...loadsFromRow(row),
		firstSentAt: row.first_sent_at,
		lastSentAt: row.last_sent_at,
		registered: row.registered === 1,
	};
}

/** The columns of `recipient_tallies` that keep a tally. */
export function fromRecipientTally(tally: RecipientTally): Insertable<RecipientCounters> {
	return {
		...loadsToRow(tally),
		first_sent_at: tally.firstSentAt,
		last_sent_at: tally.lastSentAt,
		registered: tally.registered ? 1 : 0,
	};
}

/** The tally that a row of `tallies` keeps, whatever its scope. */
export function toPixelTally(row: GroupCounters): PixelTally {
	return {
		...loadsFromRow(row),
		sentRecipients: row.sent_recipients,
		openedOfSent: row.opened_of_sent,
		recipients: row.recipients,
		uniqueRecipients: row.unique_recipients,
		uniqueOpens: row.unique_opens,
		pixels: row.pixels,
		openedPixels: row.opened_pixels,
		invalidTokens: row.invalid_tokens,
		campaignId: row.campaign_id,
		anonymousFirstOpenAt: row.anonymous_first_open_at,
	};
}

/** The columns of `tallies` that keep a tally. */
export function fromGroupTally(tally: GroupTally | PixelTally): Insertable<GroupCounters> {
	return {
		...loadsToRow(tally),
		sent_recipients: tally.sentRecipients,
		opened_of_sent: tally.openedOfSent,
		recipients: tally.recipients,
		unique_recipients: tally.uniqueRecipients,
		unique_opens: tally.uniqueOpens,
		pixels: tally.pixels,
		opened_pixels: tally.openedPixels,
		invalid_tokens: tally.invalidTokens,
		campaign_id: 'campaignId' in tally ? tally.campaignId : null,
		anonymous_first_open_at: 'anonymousFirstOpenAt' in tally ? tally.anonymousFirstOpenAt : null,
	};
}

function loadsFromRow(row: LoadRow): Loads {
	return {
		human: row.human,
		humanViaProxy: row.human_via_proxy,
		unknown: row.unknown,
		prefetch: row.prefetch,
		scanner: row.scanner,
		bot: row.bot,
		viewTimeMs: row.view_time_ms,
		sessions: row.sessions,
		sent: row.sent,
		firstOpenAt: row.first_open_at,
		lastOpenAt: row.last_open_at,
		lastLoadAt: row.last_load_at,
	};
}

function loadsToRow(loads: Loads): LoadRow {
	return {
		human: loads.human,
		human_via_proxy: loads.humanViaProxy,
		unknown: loads.unknown,
		prefetch: loads.prefetch,
		scanner: loads.scanner,
		bot: loads.bot,
		view_time_ms: loads.viewTimeMs,
		sessions: loads.sessions,
		sent: loads.sent,
		first_open_at: loads.firstOpenAt,
		last_open_at: loads.lastOpenAt,
		last_load_at: loads.lastLoadAt,
	};
}
