import { z } from 'zod4';

import type { ImageHeld } from '../../storage/port/tracking-store';
import type { PlacedLoad } from '../../tracking/bursts/burst-rules';
import type { LoadInPlace, ReceivedOpen } from '../../tracking/receive/receive-types';
import type { OpenEvent } from '../../tracking/event/open-event';

const ORIGIN = z.object({
	network: z.string().nullable(),
	v6: z.boolean(),
	os: z.string().nullable(),
});
const PLACE = z.object({ name: z.string(), mark: z.string().nullable() }).nullable();
const PLACED_LOAD: z.ZodType<PlacedLoad> = z.object({
	eventId: z.string(),
	at: z.number(),
	open: z.boolean(),
	recipient: PLACE,
	address: PLACE,
	from: ORIGIN.optional(),
	link: z.object({ position: z.number(), head: z.boolean() }).optional(),
});

/**
 * What one entry of the log says: somebody opened or clicked. Or, for the store alone, how long the
 * client of an earlier open stayed, and that a link was looked at with HEAD.
 */
export type LogRecord = OpenRecord | { imageHeld: ImageHeld } | { looked: LoadInPlace };

export interface OpenRecord {
	open: OpenEvent;
	/** What the burst windows of the store are to know of it, if anything */
	burst?: PlacedLoad | null;
}

/** The text of an entry. An open is its own JSON, so that the log is easy to read with any tool. */
export function writeRecord(record: LogRecord): string {
	if (!('open' in record)) return JSON.stringify(record);
	const { open, burst } = record;
	return JSON.stringify(burst ? { ...open, burst } : open);
}

/** The entries that a request leaves in the log, if any. */
export function entriesOf({
	event,
	load,
	looked,
}: Pick<ReceivedOpen, 'event' | 'load' | 'looked'>): string[] {
	if (event !== null) return [writeRecord({ open: event, burst: load })];
	return looked ? [writeRecord({ looked })] : [];
}

/** Reads the text of an entry. Throws a SyntaxError when it is no JSON. */
export function readRecord(text: string): LogRecord {
	const value = JSON.parse(text) as
		| (OpenEvent & { burst?: unknown })
		| Exclude<LogRecord, OpenRecord>;
	if ('imageHeld' in value || 'looked' in value) return value;
	const { burst, ...open } = value;
	// Another version may have written another form. The open itself still counts.
	const placed = PLACED_LOAD.safeParse(burst);
	return placed.success ? { open, burst: placed.data } : { open };
}
