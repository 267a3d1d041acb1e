import { gather } from '../../src/gather';
import type { CheckedOpen } from '../../src/storage/record-unless-erased';
import { StoreError } from '../../src/storage/store-error';
import type { TrackingStore } from '../../src/storage/tracking-store';

/**
 * Executions that run at the same time share a transaction, which under load takes most of the
 * cost of writing away. The requester has the image already and does not wait for this.
 */
const SHARE_FOR_MS = 20;

type Outcome = 'logged' | 'erased' | { failed: unknown };

const writers = new WeakMap<TrackingStore, (open: CheckedOpen) => Promise<Outcome>>();

/**
 * Writes one open, together with those of other executions.
 *
 * @returns false where the person was erased since the open came in: it may have waited in n8n for
 *   a store that was away
 * @throws what the store threw for this open
 */
export async function logOpen(store: TrackingStore, open: CheckedOpen): Promise<boolean> {
	let write = writers.get(store);
	if (!write) {
		write = gather(async (opens) => await writeAll(store, opens), SHARE_FOR_MS);
		writers.set(store, write);
	}
	const outcome = await write(open);
	if (typeof outcome === 'object') throw outcome.failed;
	return outcome === 'logged';
}

async function writeAll(store: TrackingStore, opens: readonly CheckedOpen[]): Promise<Outcome[]> {
	try {
		const erased = await store.recordUnlessErased(opens);
		return opens.map(({ event }) => (erased.has(event.eventId) ? 'erased' : 'logged'));
	} catch (failed) {
		// One event that the store finds invalid must not be the fault of the others.
		const isRefusal = failed instanceof StoreError && failed.code === 'invalid';
		if (!isRefusal || opens.length === 1) return opens.map(() => ({ failed }));
		return (await Promise.all(opens.map((open) => writeAll(store, [open])))).flat();
	}
}
