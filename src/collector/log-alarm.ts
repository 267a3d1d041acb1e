import type { Collector } from './collector';
import { LOUD_SHARE } from './commit-queue';
import type { ListenReport } from './thread';

const WATCH_EVERY_MS = 1000;
const REPEAT_EVERY_MS = 60_000;

/**
 * Raises its voice while the log fills up, is full or cannot be written: at once, and again each
 * minute for as long as it lasts.
 *
 * @param say gets a sentence for the operator, and numbers without anything personal
 * @returns ends the watch
 */
export function watchLog(
	collector: Pick<Collector, 'listening'>,
	say: (level: 'error' | 'info', message: string, numbers: Record<string, number>) => void,
): () => void {
	let alarm = '';
	let raisedAt = 0;
	const watching = setInterval(() => {
		const report = collector.listening();
		if (!report) return;
		const now = alarmOf(report);
		const numbers = {
			percent: Math.round(report.log.usedShare * 100),
			droppedFull: report.counters.droppedFull,
		};
		if (now !== '' && (now !== alarm || Date.now() - raisedAt >= REPEAT_EVERY_MS)) {
			say('error', now, numbers);
			raisedAt = Date.now();
		}
		if (now === '' && alarm !== '') say('info', 'The log takes opens again', numbers);
		alarm = now;
	}, WATCH_EVERY_MS);
	return () => clearInterval(watching);
}

function alarmOf({ log }: ListenReport): string {
	if (log.usedShare >= 1) {
		return 'The log is full: images are served, opens are LOST. Make the store or the workflow take opens again, or allow a larger log.';
	}
	if (log.failure !== null) {
		return 'The log cannot be written: opens wait in memory. Check the disk.';
	}
	if (log.usedShare >= LOUD_SHARE) {
		return 'The log is filling up. Make the store or the workflow take opens again before it is full.';
	}
	return '';
}
