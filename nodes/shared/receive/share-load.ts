import { domainMark, type PlacedLoad } from '../../../src/tracking/bursts/burst-rules';
import { deriveKey } from '../../../src/tracking/links/key-ring';
import { outage } from '../installation/outage';
import { signingOf } from '../installation/signing';
import { openTrackingStore, storeKey } from '../installation/store';
import { createBurstQueue, type BurstQueue } from './burst-queue';
import { relabelEarlier, type RelabellingContext } from './relabel-earlier';

/** One queue per store, in module scope because n8n makes node instances anew. */
const queues = new Map<string, SharingStore>();

interface SharingStore {
	queue: BurstQueue;
	/** The latest one: its credential is the one in force */
	context: RelabellingContext;
}

/**
 * Tells the other processes on the same store of a load, so that the burst rules see it together
 * with theirs. Returns at once.
 */
export function shareLoad(context: RelabellingContext, load: PlacedLoad | null): void {
	if (load === null) return;
	const key = storeKey(context);
	const known = queues.get(key);
	const queue = known?.queue ?? newQueue(() => queues.get(key)?.context ?? context);
	queues.set(key, { queue, context });
	queue.add(load);
}

function newQueue(context: () => RelabellingContext): BurstQueue {
	const sharing = () =>
		outage(context(), 'Loads could not be shared with other processes yet, and are kept');
	return createBurstQueue({
		observe: async (loads) => {
			const { active } = (await signingOf(context())).keyRing;
			const markOf = (domain: string) => domainMark(domain, deriveKey(active, 'burst'));
			const store = await openTrackingStore(context());
			const missing = await store.observeBursts(loads, new Date(), markOf);
			sharing().worked();
			return missing;
		},
		onMissing: (relabels) => relabelEarlier(context(), relabels),
		onFailure: (error) => sharing().failed(error),
	});
}
