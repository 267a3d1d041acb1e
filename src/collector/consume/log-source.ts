import type { OpenEvent } from '../../tracking/event/open-event';
import type { CollectorLog, LogEntry } from '../log/collector-log';
import { readRecord, type OpenRecord } from '../log/log-record';
import type { BatchSource } from './batcher';

/**
 * The opens in the log of a collector, for one of its consumers. What is refused becomes a dead
 * letter.
 *
 * @param choose chooses the opens to hand over; all of them where it is left out
 */
export function logSource(
	log: Pick<CollectorLog, 'read' | 'advance' | 'setAside' | 'backlog'>,
	consumer: string,
	choose: (opens: OpenRecord[]) => Promise<OpenEvent[]> = async (opens) =>
		opens.map(({ open }) => open),
): BatchSource<LogEntry> {
	return {
		backlog: (limit) => log.backlog(consumer, limit),
		read: (limit) => log.read(consumer, limit),
		opensOf: async (entries) =>
			await choose(
				entries.flatMap(({ event }) => {
					const record = readRecord(event);
					// Other records are for the store alone.
					return 'open' in record ? [record] : [];
				}),
			),
		advance: (seq, refused) => {
			if (refused.length === 0) log.advance(consumer, seq);
			else log.setAside(consumer, refused, seq, new Date());
		},
	};
}
