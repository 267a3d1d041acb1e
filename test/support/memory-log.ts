import type { LogEntry, OpenLog } from '../../src/collector/log/open-log';

/** A log in memory with one consumer, for the tests of those who read it. */
export function memoryLog(events: readonly string[]) {
	const entries: LogEntry[] = events.map((event, index) => ({ seq: index + 1, event }));
	const state = {
		entries,
		cursor: 0,
		buried: [] as Array<LogEntry & { reason: string }>,
		append: (event: string) => entries.push({ seq: entries.length + 1, event }),
	};
	const after = () => entries.filter(({ seq }) => seq > state.cursor);
	const log: Pick<OpenLog, 'read' | 'advance' | 'bury' | 'backlog'> = {
		read: (_consumer, limit) => after().slice(0, limit),
		backlog: (_consumer, limit) => Math.min(limit, after().length),
		advance: (_consumer, seq) => {
			state.cursor = Math.max(state.cursor, seq);
		},
		bury: (_consumer, refused, seq) => {
			state.buried.push(...refused);
			state.cursor = Math.max(state.cursor, seq);
		},
	};
	return { log, state };
}
