import type { Relabel } from '../../../src/storage/port/tracking-store';
import type { PlacedLoad } from '../../../src/tracking/bursts/burst-rules';

/**
 * Loads wait this long for others, so that many go to the store in one transaction, and for their
 * own opens, which are on their way there through the workflow.
 */
const GATHER_MS = 1000;
const AGAIN_AFTER_MS = 5_000;
/** Few enough to hold up n8n's one thread for no more than some milliseconds. */
const BATCH = 200;
/** Loads kept while the store is away; the oldest go first, they are worth least. */
export const MAX_WAITING = 2_000;

export interface BurstQueueDeps {
	/** Adds loads to the windows of the store, and returns the labels of opens it does not hold yet */
	observe(loads: readonly PlacedLoad[]): Promise<Relabel[]>;
	/** Called with labels whose opens are still on their way to the store */
	onMissing(relabels: readonly Relabel[]): void;
	/** Called when the store failed; the loads are tried again */
	onFailure(error: unknown): void;
	gatherMs?: number;
	againAfterMs?: number;
}

export interface BurstQueue {
	/** Takes a load and returns at once */
	add(load: PlacedLoad): void;
	/** Loads that the store does not have yet */
	waiting(): number;
}

/**
 * Gathers loads and hands them to the store behind the answers. Keeps no process alive: what
 * waits at its end is lost, and with it at most a burst that another process would have seen.
 */
export function createBurstQueue(deps: BurstQueueDeps): BurstQueue {
	const { gatherMs = GATHER_MS, againAfterMs = AGAIN_AFTER_MS } = deps;
	let loads: PlacedLoad[] = [];
	let busy = false;

	const later = (afterMs: number): void => {
		busy = true;
		setTimeout(() => void handOver(), afterMs).unref();
	};
	const handOver = async (): Promise<void> => {
		const batch = loads.slice(0, BATCH);
		loads = loads.slice(BATCH);
		let pauseMs = gatherMs;
		try {
			const missing = await deps.observe(batch);
			if (missing.length > 0) deps.onMissing(missing);
		} catch (error) {
			loads = [...batch, ...loads].slice(-MAX_WAITING);
			pauseMs = againAfterMs;
			deps.onFailure(error);
		}
		busy = false;
		if (loads.length > 0) later(pauseMs);
	};
	return {
		add: (load) => {
			if (loads.length >= MAX_WAITING) loads.shift();
			loads.push(load);
			if (!busy) later(gatherMs);
		},
		waiting: () => loads.length,
	};
}
