import { join, resolve } from 'node:path';

import { migrateToLatest } from './migrate';
import { openSqliteDatabase } from './sqlite-database';
import { createStore } from './store';
import { StoreError } from './store-error';
import type { TrackingStore } from './tracking-store';

/**
 * One open store per file. Module scope outlives the node instances, which n8n makes anew, and
 * ends with this version of the code: a store kept on `globalThis` would hand old code to a newer
 * version that n8n loaded without a restart.
 */
const openStores = new Map<string, Promise<TrackingStore>>();

/** Name of the store's file inside its folder. */
export const EMBEDDED_FILE = 'tracking.sqlite';

export interface EmbeddedStoreOptions {
	/** Folder of the store, made when missing */
	folder: string;
	/** Whether n8n runs in queue mode, where several machines would each have a file of their own */
	queueMode: boolean;
	/** How long a read or write may wait for another process's lock, in milliseconds */
	lockLimitMs?: number;
}

/**
 * Opens the embedded store, `<folder>/tracking.sqlite`, and brings it to this version's schema.
 * Every caller in the process gets the same store.
 *
 * Throws a {@link StoreError}: `queue-mode`, `newer-version`, `unavailable`, `busy`, `failed`.
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<TrackingStore> {
	const { folder, queueMode, lockLimitMs } = options;
	if (queueMode) {
		throw new StoreError(
			'queue-mode',
			'The embedded tracking store cannot be used in n8n queue mode, because each worker would keep a file of its own. Choose an Open Tracking PostgreSQL credential.',
		);
	}
	const path = join(resolve(folder), EMBEDDED_FILE);
	const known = openStores.get(path);
	if (known) return await known;
	const opening = open(path, lockLimitMs, () => openStores.delete(path));
	openStores.set(path, opening);
	try {
		return await opening;
	} catch (error) {
		openStores.delete(path);
		throw error;
	}
}

async function open(
	path: string,
	lockLimitMs: number | undefined,
	forget: () => void,
): Promise<TrackingStore> {
	const database = await openSqliteDatabase({ path, lockLimitMs });
	try {
		await database.read((db) => migrateToLatest(db));
	} catch (error) {
		await database.close();
		throw error;
	}
	const store = createStore(database);
	return {
		...store,
		close: async () => {
			forget();
			await store.close();
		},
	};
}
