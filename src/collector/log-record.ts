import type { Relabel } from '../storage/tracking-store';
import type { BurstRelabel } from '../tracking/burst-rules';
import type { OpenEvent } from '../tracking/open-event';

/** What one entry of the log says: somebody opened, or an earlier open was not who it seemed. */
export type LogRecord = { open: OpenEvent } | { relabel: Relabel };

/** The text of an entry. An open is its own JSON, so that the log is easy to read with any tool. */
export function writeRecord(record: LogRecord): string {
	return JSON.stringify('open' in record ? record.open : record);
}

/** The entries of an open and of the earlier ones that it shows to be a scanner's. */
export function writeOpen(open: OpenEvent, relabels: readonly BurstRelabel[]): string[] {
	const { rulesVersion } = open;
	return [
		writeRecord({ open }),
		...relabels.map(({ eventId, actor, actorReason }) =>
			writeRecord({ relabel: { eventId, actor, actorReason, rulesVersion } }),
		),
	];
}

/** Reads the text of an entry. Throws a SyntaxError when it is no JSON. */
export function readRecord(text: string): LogRecord {
	const value = JSON.parse(text) as OpenEvent | { relabel: Relabel };
	return 'relabel' in value ? value : { open: value };
}
