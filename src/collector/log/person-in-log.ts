import { setImmediate as nextTurn } from 'node:timers/promises';

import type { OpenEvent } from '../../tracking/event/open-event';
import { readRecord } from './log-record';
import type { LogEntry, CollectorLog } from './collector-log';

const PAGE = 500;

type Question = (open: OpenEvent) => boolean;

/** The opens of a log that one person is named in: those that wait, and dead letters. */
export async function findInLog(log: CollectorLog, isTheirs: Question): Promise<OpenEvent[]> {
	const { entries, letters } = await search(log, isTheirs);
	return [...entries, ...letters].flatMap(({ event }) => openOf(event) ?? []);
}

/** Deletes them, with every trace in the log's files. Returns how many there were. */
export async function eraseInLog(log: CollectorLog, isTheirs: Question): Promise<number> {
	const { entries, letters } = await search(log, isTheirs);
	// Also where there are none: what was shipped to the store may still be in the files.
	log.erase(
		entries.map(({ seq }) => seq),
		letters.map(({ seq }) => seq),
	);
	return entries.length + letters.length;
}

async function search(log: CollectorLog, isTheirs: Question) {
	const matching = async (read: (afterSeq: number) => LogEntry[]): Promise<LogEntry[]> => {
		const found: LogEntry[] = [];
		for (let page = read(0); page.length > 0; page = read(page[page.length - 1].seq)) {
			found.push(
				...page.filter(({ event }) => {
					const open = openOf(event);
					return open !== null && isTheirs(open);
				}),
			);
			// Pauses, because reading a long log at once would block n8n.
			await nextTurn();
		}
		return found;
	};
	return {
		entries: await matching((seq) => log.peek(seq, PAGE)),
		letters: await matching((seq) => log.deadLetters(PAGE, seq)),
	};
}

/** The open that an entry stands for; `null` for other records and for what nobody can read. */
function openOf(text: string): OpenEvent | null {
	try {
		const record = readRecord(text);
		return 'open' in record ? record.open : null;
	} catch {
		// No JSON: a dead letter that names nobody.
		return null;
	}
}
