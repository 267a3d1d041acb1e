import type { TrackingStore } from './port/tracking-store';

/**
 * The open stores of this process, by what they are opened with. Module scope outlives the node
 * instances, which n8n makes anew, and ends with this version of the code: a store kept on
 * `globalThis` would hand old code to a newer version that n8n loads without a restart.
 */
const openStores = new Map<string, Promise<TrackingStore>>();

/**
 * The open store of this key, or a new one by `open`. A store that failed to open or was closed
 * is opened again by the next caller, and so is one that `open` asks to be forgotten.
 */
export async function sharedStore(
	key: string,
	open: (forget: () => void) => Promise<TrackingStore>,
): Promise<TrackingStore> {
	const known = openStores.get(key);
	if (known !== undefined) return await known;
	const forget = () => {
		if (openStores.get(key) === opening) openStores.delete(key);
	};
	const opening = open(forget).then((store) => ({
		...store,
		close: async () => {
			forget();
			await store.close();
		},
	}));
	openStores.set(key, opening);
	try {
		return await opening;
	} catch (error) {
		forget();
		throw error;
	}
}
