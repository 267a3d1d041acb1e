import type { OPEN_TIMES, ShownCounters } from '../../tracking/counters/tally';
import type { Actor } from '../../tracking/event/open-event';

/** When loads were, ISO 8601 in UTC. */
export type ShownTimes = { [Name in keyof typeof OPEN_TIMES]: string | null };

/** Counters of loads, wherever they stand; besides these, those of the table of counters. */
export interface OpenCounts extends ShownCounters, ShownTimes {
	/** Loads that count: human, human-via-proxy, unknown */
	opens: number;
	/** Loads that do not: prefetch, scanner, bot */
	machineOpens: number;
	/** All loads, by actor */
	loads: Record<Actor, number>;
}

export interface Recipient {
	/** UUIDv7 of the row */
	id: string;
	pixelId: string;
	recipientId: string;
	email: string | null;
	token: string | null;
	/** ISO 8601 in UTC */
	createdAt: string;
}

/** A recipient with what is known of its opens. */
export interface RecipientWithCounts extends Recipient {
	counts: OpenCounts;
}
