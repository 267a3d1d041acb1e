import { gather } from '../../async/batch-calls';
import { StoreError } from '../../storage/port/store-error';
import type { CheckedOpen, TrackingStore } from '../../storage/port/tracking-store';

/**
 * Executions that run at the same time share a transaction, which under load takes most of the
 * cost of writing away. The requester has the image already and does not wait for this.
 */
const SHARE_FOR_MS = 20;

/** What the store made of an open: the person may have been erased since it came in. */
export type StoredOutcome = 'stored' | 'erased' | { refused: StoreError };

type RecordingStore = Pick<TrackingStore, 'recordUnlessErased'>;

const writers = new WeakMap<RecordingStore, (open: CheckedOpen) => Promise<StoredOutcome>>();

/**
 * Writes one open, together with those of other executions.
 *
 * @returns `refused` for an event that the store will never take
 * @throws what the store threw for all of them: it may take them later
 */
export async function recordTogether(
	store: RecordingStore,
	open: CheckedOpen,
): Promise<StoredOutcome> {
	let write = writers.get(store);
	if (!write) {
		write = gather(async (opens) => await writeAll(store, opens), SHARE_FOR_MS);
		writers.set(store, write);
	}
	return await write(open);
}

async function writeAll(
	store: RecordingStore,
	opens: readonly CheckedOpen[],
): Promise<StoredOutcome[]> {
	try {
		const erased = await store.recordUnlessErased(opens);
		return opens.map(({ event }) => (erased.has(event.eventId) ? 'erased' : 'stored'));
	} catch (error) {
		// One event that the store finds invalid must not be the fault of the others.
		if (!(error instanceof StoreError) || error.code !== 'invalid') throw error;
		if (opens.length === 1) return [{ refused: error }];
		return (await Promise.all(opens.map((open) => writeAll(store, [open])))).flat();
	}
}
