import { finishDeletions } from './delete-pixel';
import { migrateToLatest } from './migrate';
import { createStore } from './store';
import type { StoreDatabase } from './store-database';
import type { TrackingStore } from './tracking-store';

/**
 * The store over an open database: brought to this version's schema, and with the deletions
 * finished that a crash interrupted. Closes the database when that fails.
 */
export async function startStore(database: StoreDatabase): Promise<TrackingStore> {
	try {
		await migrateToLatest(database);
		await finishDeletions(database);
		return createStore(database);
	} catch (error) {
		await database.close();
		throw error;
	}
}
