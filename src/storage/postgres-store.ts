import { sql } from 'kysely';

import { openPostgresDatabase } from './database/postgres/postgres-database';
import type { PostgresOptions } from './database/postgres/postgres-database';
import type { TrackingStore } from './port/tracking-store';
import { sharedStore } from './shared-stores';
import { startStore } from './start-store';

/**
 * Opens the store in a PostgreSQL database and brings it to this version's schema. Callers with
 * the same options share one pool of connections.
 *
 * Throws a {@link StoreError}: `invalid` connection string, `unavailable`, `newer-version`,
 * `busy`, `failed`. None of them shows the connection string.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<TrackingStore> {
	return await sharedStore(`postgres ${JSON.stringify(options)}`, async () =>
		startStore(await openPostgresDatabase(options)),
	);
}

/**
 * Whether PostgreSQL lets us in, for the credential
 * test. Changes nothing. Throws a {@link StoreError} that says what to correct.
 */
export async function testPostgresConnection(options: PostgresOptions): Promise<void> {
	const database = await openPostgresDatabase(options);
	try {
		await database.read((db) => sql`select 1`.execute(db));
	} finally {
		await database.close();
	}
}
