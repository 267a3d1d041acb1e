import { openPostgresDatabase } from './database/postgres/postgres-database';
import type { PostgresOptions } from './database/postgres/postgres-database';
import { demandSchema } from './database/postgres/schema-rights';
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
	return await sharedStore(`postgres ${JSON.stringify(options)}`, async () => {
		const database = await openPostgresDatabase(options);
		try {
			await demandSchema(database);
		} catch (error) {
			await database.close();
			throw error;
		}
		return await startStore(database);
	});
}

/**
 * Whether PostgreSQL lets us in and the store can be kept there. Changes nothing.
 *
 * @returns the schema, and whether it is there already
 * @throws StoreError that says what to correct
 */
export async function testPostgresConnection(
	options: PostgresOptions,
): Promise<{ schema: string; exists: boolean }> {
	const database = await openPostgresDatabase(options);
	try {
		return { exists: await demandSchema(database), schema: String(database.schema) };
	} finally {
		await database.close();
	}
}
