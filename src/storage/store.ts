import { listOpens, recordOpens } from './opens';
import type { StoreDatabase } from './store-database';
import type { TrackingStore } from './tracking-store';

/** The tracking store over one open, migrated database. */
export function createStore(database: StoreDatabase): TrackingStore {
	return {
		recordOpens: (events) => database.write((db) => recordOpens(db, events)),
		listOpens: (request) => database.read((db) => listOpens(db, request)),
		close: () => database.close(),
	};
}
