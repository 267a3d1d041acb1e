import type { Actor, OpenEvent } from '../tracking/open-event';

/** How many of the given events are new, and how many the store had already. */
export interface RecordResult {
	recorded: number;
	duplicates: number;
}

/** Which opens a list or export is about; a field left out does not limit. */
export interface OpenFilter {
	recipientId?: string;
	pixelId?: string;
	campaignId?: string;
	/** `counted`: human, human-via-proxy, unknown. `machine`: prefetch, scanner, bot. */
	actorClass?: 'counted' | 'machine';
	actor?: Actor;
	/** Opens at or after this time */
	from?: Date;
	/** Opens before this time */
	to?: Date;
}

/** One page of a list, newest first. */
export interface PageRequest {
	/** 1 to 1,000 */
	limit: number;
	/** The `nextCursor` of the page before; opaque */
	cursor?: string;
}

export interface OpenPage {
	opens: OpenEvent[];
	/** Pass it as `cursor` to get the next page; `null` on the last one */
	nextCursor: string | null;
}

/**
 * Everything the package keeps, as one interface. All methods throw a `StoreError`, whose message
 * carries nothing personal.
 */
export interface TrackingStore {
	/** Records opens in one transaction. An `eventId` the store knows already changes nothing. */
	recordOpens(events: readonly OpenEvent[]): Promise<RecordResult>;
	/** Opens, newest first. */
	listOpens(request: PageRequest & OpenFilter): Promise<OpenPage>;
	/** Closes the store. Stores are shared within a process: for its end, and for tests. */
	close(): Promise<void>;
}
