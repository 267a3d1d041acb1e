import type { Actor } from '../../tracking/event/open-event';

/** Counters of loads, wherever they stand. Times are ISO 8601 in UTC. */
export interface OpenCounts {
	/** Loads that count: human, human-via-proxy, unknown */
	opens: number;
	/** Loads that do not: prefetch, scanner, bot */
	machineOpens: number;
	/** All loads, by actor */
	loads: Record<Actor, number>;
	/** Sum of the gaps of at most 30 s between successive counted loads, in milliseconds */
	viewTimeMs: number;
	/** Number of runs of counted loads with such gaps */
	sessions: number;
	firstOpenAt: string | null;
	lastOpenAt: string | null;
	/** The last load of any actor */
	lastLoadAt: string | null;
	/** Messages registered as sent */
	sent: number;
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
