import type { Relabel, ViewTime } from '../storage/tracking-store';
import type { OpenEvent } from '../tracking/open-event';

/**
 * What one entry of the log says: somebody opened, an earlier open was not who it seemed, or how
 * long the client of an earlier open stayed. All but the first are for the store alone.
 */
export type LogRecord = { open: OpenEvent } | { relabel: Relabel } | { viewTime: ViewTime };

/** The text of an entry. An open is its own JSON, so that the log is easy to read with any tool. */
export function writeRecord(record: LogRecord): string {
	return JSON.stringify('open' in record ? record.open : record);
}

/** Reads the text of an entry. Throws a SyntaxError when it is no JSON. */
export function readRecord(text: string): LogRecord {
	const value = JSON.parse(text) as OpenEvent | Exclude<LogRecord, { open: OpenEvent }>;
	return 'relabel' in value || 'viewTime' in value ? value : { open: value };
}
