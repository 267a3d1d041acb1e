import type { StoreDatabase } from '../database/store-database';
import { newestNumber, settledNumber } from '../opens/storing-order';
import type { BatchStore } from '../port/batch-store';
import { findOpens, listArrived } from './arrived-opens';
import { createTurnStore } from './reader-turns';

/** The part of the store that hands opens over in batches. */
export function createBatchStore(database: StoreDatabase): BatchStore {
	const { read } = database;
	return {
		...createTurnStore(database),
		newestNumber: () => read(newestNumber),
		settledNumber: () => settledNumber(database),
		listArrived: (range) => read((db) => listArrived(db, range)),
		findOpens: (opens) => read((db) => findOpens(db, opens)),
	};
}
