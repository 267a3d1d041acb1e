import { join, resolve } from 'node:path';

import { openSqliteDatabase } from './database/sqlite/sqlite-database';
import { StoreError } from './port/store-error';
import type { TrackingStore } from './port/tracking-store';
import { sharedStore } from './shared-stores';
import { startStore } from './start-store';

/** Name of the store's file inside its folder. */
export const EMBEDDED_FILE = 'tracking.sqlite';

export interface EmbeddedStoreOptions {
	/** Folder of the store, made when missing */
	folder: string;
	/** Whether n8n runs in queue mode, where several machines would each have a file of their own */
	queueMode: boolean;
	/** How long a read or write may wait for another process's lock, in milliseconds */
	lockLimitMs?: number;
	/** Gets a sentence for the operator when the file is deleted or replaced while it is in use */
	tell?(message: string): void;
}

/**
 * Opens the embedded store, `<folder>/tracking.sqlite`, and brings it to this version's schema.
 * Every caller in the process gets the same store.
 *
 * Throws a {@link StoreError}: `queue-mode`, `newer-version`, `unavailable`, `busy`, `failed`.
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<TrackingStore> {
	const { folder, queueMode, lockLimitMs, tell } = options;
	if (queueMode) {
		throw new StoreError(
			'queue-mode',
			'The embedded tracking store cannot be used in n8n queue mode, because each process would keep a file of its own. Run n8n on PostgreSQL (DB_TYPE=postgresdb), where the store is kept too, or name a PostgreSQL server in the credential Email Open Tracking.',
		);
	}
	const path = join(resolve(folder), EMBEDDED_FILE);
	return await sharedStore(`sqlite ${path}`, async (forget) =>
		startStore(await openSqliteDatabase({ path, lockLimitMs, tell, onLost: forget })),
	);
}
