import { sql, type RawBuilder } from 'kysely';

import type { RecipientState } from '../port/answers-store';

const MACHINES = sql<boolean>`tally.prefetch + tally.scanner + tally.bot > 0`;
const ONLY_PREFETCH = sql<boolean>`(tally.prefetch > 0 and tally.scanner = 0 and tally.bot = 0)`;

/** Whether a row of counters, `tally`, is of somebody who read the email for certain. */
export const CONFIRMED = sql<boolean>`(tally.first_open_at is not null or tally.clicks > 0)`;

/** Conditions on a row of `recipient_tallies` that is named `tally`. */
export const IN_STATE = {
	opened: CONFIRMED,
	hidden: sql<boolean>`(not ${CONFIRMED} and ${MACHINES} and ${ONLY_PREFETCH})`,
	notOpened: sql<boolean>`(not ${CONFIRMED} and tally.sent > 0
		and not ${ONLY_PREFETCH})`,
	machineOnly: sql<boolean>`(not ${CONFIRMED} and ${MACHINES} and not ${ONLY_PREFETCH})`,
	clicked: sql<boolean>`tally.clicks > 0`,
	notClicked: sql<boolean>`(tally.first_open_at is not null and tally.clicks = 0)`,
} as const satisfies Record<RecipientState, RawBuilder<boolean>>;
