import type { Insertable } from 'kysely';

import { GROUP_COUNTERS, OPEN_TIMES, RECIPIENT_COUNTERS } from '../../tracking/counters/tally';
import type { GroupTally, PixelTally, RecipientTally } from '../../tracking/counters/tally';
import type { RecipientTallyRow, TalliesTable } from '../database/store-schema';

type RecipientCounters = Omit<RecipientTallyRow, 'parent' | 'recipient_id' | 'campaign_id'>;
type GroupCounters = Omit<TalliesTable, 'scope' | 'scope_id'>;

/** Pairs of a tally's field and its column. */
type Pairs = ReadonlyArray<readonly [field: string, column: string]>;

const LOADS = pairsOf({ ...RECIPIENT_COUNTERS, ...OPEN_TIMES });
const GROUP: Pairs = [...LOADS, ...pairsOf(GROUP_COUNTERS)];

/** The tally that a row of `recipient_tallies` keeps. */
export function toRecipientTally(row: RecipientCounters): RecipientTally {
	return {
		...read<Omit<RecipientTally, 'registered'>>(LOADS, row),
		registered: row.registered === 1,
	};
}

/** The columns of `recipient_tallies` that keep a tally. */
export function fromRecipientTally(tally: RecipientTally): Insertable<RecipientCounters> {
	const columns = write<Omit<RecipientCounters, 'registered'>>(LOADS, tally);
	return { ...columns, registered: tally.registered ? 1 : 0 };
}

/** The tally that a row of `tallies` keeps, whatever its scope. */
export function toPixelTally(row: GroupCounters): PixelTally {
	return {
		...read<GroupTally>(GROUP, row),
		campaignId: row.campaign_id,
		anonymousFirstOpenAt: row.anonymous_first_open_at,
	};
}

/** The columns of `tallies` that keep a tally. */
export function fromGroupTally(tally: GroupTally | PixelTally): Insertable<GroupCounters> {
	return {
		...write<Omit<GroupCounters, 'campaign_id' | 'anonymous_first_open_at'>>(GROUP, tally),
		campaign_id: 'campaignId' in tally ? tally.campaignId : null,
		anonymous_first_open_at: 'anonymousFirstOpenAt' in tally ? tally.anonymousFirstOpenAt : null,
	};
}

function pairsOf(lines: Record<string, { column: string }>): Pairs {
	return Object.entries(lines).map(([field, { column }]) => [field, column]);
}

function read<Tally>(pairs: Pairs, row: object): Tally {
	const values: Record<string, unknown> = { ...row };
	return Object.fromEntries(pairs.map(([field, column]) => [field, values[column]])) as Tally;
}

function write<Row>(pairs: Pairs, tally: object): Row {
	const values: Record<string, unknown> = { ...tally };
	return Object.fromEntries(pairs.map(([field, column]) => [column, values[field]])) as Row;
}
