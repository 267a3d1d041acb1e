import { WARN_SHARE } from '../log/commit-queue';
import type { Collector } from '../threads/collector';

const WATCH_EVERY_MS = 1000;
const REPEAT_EVERY_MS = 60_000;

/**
 * Logs an error when the log is filling up, full or unwritable: at once, and then every minute.
 *
 * @param say gets a sentence for the operator, and numbers without anything personal
 * @returns ends the watch
 */
export function watchLog(
	collector: Pick<Collector, 'listening' | 'shipping'>,
	say: (level: 'error' | 'info', message: string, numbers: Record<string, number>) => void,
): () => void {
	let alarm = '';
	let loggedAt = 0;
	const watching = setInterval(() => {
		// The ship thread always runs; the listen thread does not where only webhooks write the log.
		const shipping = collector.shipping();
		if (!shipping) return;
		const listening = collector.listening();
		const now = alarmOf(shipping.usedShare, listening?.log.failure ?? null);
		const numbers = {
			percent: Math.round(shipping.usedShare * 100),
			...(listening && { droppedFull: listening.counters.droppedFull }),
		};
		if (now !== '' && (now !== alarm || Date.now() - loggedAt >= REPEAT_EVERY_MS)) {
			say('error', now, numbers);
			loggedAt = Date.now();
		}
		if (now === '' && alarm !== '') say('info', 'The log takes opens again', numbers);
		alarm = now;
	}, WATCH_EVERY_MS);
	return () => clearInterval(watching);
}

function alarmOf(usedShare: number, failure: string | null): string {
	if (usedShare >= 1) {
		return 'The log is full: images are served, opens are LOST. Make the store, the workflow or the broker take opens again, or allow a larger log.';
	}
	if (failure !== null) {
		return 'The log cannot be written: opens wait in memory. Check the disk.';
	}
	if (usedShare >= WARN_SHARE) {
		return 'The log is filling up. Make the store, the workflow or the broker take opens again before it is full.';
	}
	return '';
}
