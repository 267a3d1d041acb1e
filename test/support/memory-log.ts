import type { LogEntry, CollectorLog } from '../../src/collector/log/collector-log';

/** A log in memory with one consumer, for the tests of those who read it. */
export function memoryLog(events: readonly string[]) {
	const entries: LogEntry[] = events.map((event, index) => ({ seq: index + 1, event }));
	const state = {
		entries,
		cursor: 0,
		deadLetters: [] as Array<LogEntry & { reason: string }>,
		append: (event: string) => entries.push({ seq: entries.length + 1, event }),
	};
	const after = () => entries.filter(({ seq }) => seq > state.cursor);
	const log: Pick<CollectorLog, 'read' | 'advance' | 'setAside' | 'backlog'> = {
		read: (_consumer, limit) => after().slice(0, limit),
		backlog: (_consumer, limit) => Math.min(limit, after().length),
		advance: (_consumer, seq) => {
			state.cursor = Math.max(state.cursor, seq);
		},
		setAside: (_consumer, refused, seq) => {
			state.deadLetters.push(...refused);
			state.cursor = Math.max(state.cursor, seq);
		},
	};
	return { log, state };
}
