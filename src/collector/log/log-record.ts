import { z } from 'zod4';

import type { ImageHeld } from '../../storage/port/tracking-store';
import type { PlacedLoad } from '../../tracking/bursts/burst-rules';
import type { OpenEvent } from '../../tracking/event/open-event';

const PLACE = z.object({ name: z.string(), mark: z.string().nullable() }).nullable();
const PLACED_LOAD: z.ZodType<PlacedLoad> = z.object({
	eventId: z.string(),
	at: z.number(),
	open: z.boolean(),
	recipient: PLACE,
	address: PLACE,
	clicks: z.boolean().optional(),
});

/**
 * What one entry of the log says: somebody opened, or how long the client of an earlier open stayed,
 * which is for the store alone.
 */
export type LogRecord = OpenRecord | { imageHeld: ImageHeld };

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

/** Reads the text of an entry. Throws a SyntaxError when it is no JSON. */
export function readRecord(text: string): LogRecord {
	const value = JSON.parse(text) as
		| (OpenEvent & { burst?: unknown })
		| Exclude<LogRecord, OpenRecord>;
	if ('imageHeld' in value) return value;
	const { burst, ...open } = value;
	// Another version may have written another form. The open itself still counts.
	const placed = PLACED_LOAD.safeParse(burst);
	return placed.success ? { open, burst: placed.data } : { open };
}
