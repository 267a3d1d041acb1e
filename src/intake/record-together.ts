import { setTimeout as sleep } from 'node:timers/promises';

import { StoreError } from '../storage/port/store-error';
import type { CheckedOpen, TrackingStore } from '../storage/port/tracking-store';

/**
 * Opens that come at the same time share a transaction, which under load takes most of the cost of
 * writing away. The requester has the image already and does not wait for this.
 */
const SHARE_FOR_MS = 20;
/** A transaction of some ten milliseconds. */
const MOST_AT_ONCE = 500;

/**
 * What the store made of an open: it may have had it already, and the person may have been erased
 * since it came in.
 */
export type StoredOutcome = 'stored' | 'known' | 'erased' | { refused: StoreError };

type RecordingStore = Pick<TrackingStore, 'recordUnlessErased'>;

interface Waiting {
	open: CheckedOpen;
	isWanted(): boolean;
	resolve(outcome: StoredOutcome): void;
	reject(error: unknown): void;
}

const writers = new WeakMap<RecordingStore, (waiting: Waiting) => void>();

/**
 * Writes one open, together with others that come at the same time: the way of all doors that do
 * not write a log first. The erasure check is part of the transaction, so nobody who was erased
 * since the lookup comes back. One transaction is under way at a
 * time: otherwise each of them would ask a locked store again and again.
 *
 * @param isWanted whether the caller still waits; one that gave up is not written any more
 * @returns `refused` for an event that the store will never take
 * @throws what the store threw for all of them: it may take them later
 */
export async function recordTogether(
	store: RecordingStore,
	open: CheckedOpen,
	isWanted: () => boolean = () => true,
): Promise<StoredOutcome> {
	const write = writers.get(store) ?? newWriter(store);
	writers.set(store, write);
	return await new Promise((resolve, reject) => write({ open, isWanted, resolve, reject }));
}

function newWriter(store: RecordingStore): (waiting: Waiting) => void {
	let all: Waiting[] = [];
	let busy = false;
	const work = async (): Promise<void> => {
		busy = true;
		await sleep(SHARE_FOR_MS);
		while (all.length > 0) {
			const wanted = all.filter(({ isWanted }) => isWanted());
			const group = wanted.slice(0, MOST_AT_ONCE);
			all = wanted.slice(MOST_AT_ONCE);
			try {
				const outcomes = await writeAll(
					store,
					group.map(({ open }) => open),
				);
				group.forEach(({ resolve }, index) => resolve(outcomes[index]));
			} catch (error) {
				for (const { reject } of group) reject(error);
			}
		}
		busy = false;
	};
	return (waiting) => {
		all.push(waiting);
		if (!busy) void work();
	};
}

async function writeAll(
	store: RecordingStore,
	opens: readonly CheckedOpen[],
): Promise<StoredOutcome[]> {
	if (opens.length === 0) return [];
	try {
		const { erased, recorded } = await store.recordUnlessErased(opens);
		// Of two with the same id, which may stand side by side here, one is new.
		const fresh = new Set(recorded);
		return opens.map(({ event: { eventId } }) => {
			if (erased.has(eventId)) return 'erased';
			return fresh.delete(eventId) ? 'stored' : 'known';
		});
	} catch (error) {
		// One event that the store finds invalid must not be the fault of the others.
		if (!(error instanceof StoreError) || error.code !== 'invalid') throw error;
		if (opens.length === 1) return [{ refused: error }];
		const outcomes: StoredOutcome[] = [];
		for (const open of opens) outcomes.push(...(await writeAll(store, [open])));
		return outcomes;
	}
}
