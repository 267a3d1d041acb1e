import type { Relabel } from '../storage/tracking-store';
import type { OpenEvent } from '../tracking/open-event';

/** What one entry of the log says: somebody opened, or an earlier open was not who it seemed. */
export type LogRecord = { open: OpenEvent } | { relabel: Relabel };

/** The text of an entry. An open is its own JSON, so that the log is easy to read with any tool. */
export function writeRecord(record: LogRecord): string {
	return JSON.stringify('open' in record ? record.open : record);
}

/** Reads the text of an entry. Throws a SyntaxError when it is no JSON. */
export function readRecord(text: string): LogRecord {
	const value = JSON.parse(text) as OpenEvent | { relabel: Relabel };
	return 'relabel' in value ? value : { open: value };
}
