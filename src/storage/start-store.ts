import { migrateToLatest } from './database/migrate';
import type { StoreDatabase } from './database/store-database';
import { finishDeletions } from './pixels/delete-pixel';
import type { TrackingStore } from './port/tracking-store';
import { createStore } from './store';

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
