import { WARN_SHARE } from '../log/commit-queue';
import type { Collector } from '../threads/collector';

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
	collector: Pick<Collector, 'listening' | 'shipping'>,
	say: (level: 'error' | 'info', message: string, numbers: Record<string, number>) => void,
): () => void {
	let alarm = '';
	let raisedAt = 0;
	const watching = setInterval(() => {
		// There is always one who ships; where others write the log, there is nobody who listens.
		const shipping = collector.shipping();
		if (!shipping) return;
		const listening = collector.listening();
		const now = alarmOf(shipping.usedShare, listening?.log.failure ?? null);
		const numbers = {
			percent: Math.round(shipping.usedShare * 100),
			...(listening && { droppedFull: listening.counters.droppedFull }),
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

function alarmOf(usedShare: number, failure: string | null): string {
	if (usedShare >= 1) {
		return 'The log is full: images are served, opens are LOST. Make the store or the workflow take opens again, or allow a larger log.';
	}
	if (failure !== null) {
		return 'The log cannot be written: opens wait in memory. Check the disk.';
	}
	if (usedShare >= WARN_SHARE) {
		return 'The log is filling up. Make the store or the workflow take opens again before it is full.';
	}
	return '';
}
