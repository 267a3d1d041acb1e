import { sql } from 'kysely';

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

/**
 * How many milliseconds the clock of PostgreSQL is ahead of this machine's, as exactly as the way
 * there is short.
 *
 * @throws StoreError that says what to correct
 */
export async function clockAheadOfPostgres(options: PostgresOptions): Promise<number> {
	const database = await openPostgresDatabase(options);
	const ask = async () => {
		const askedAt = Date.now();
		const { rows } = await database.read(
			async (db) =>
				await sql<{
					ms: string;
				}>`select floor(extract(epoch from clock_timestamp()) * 1000) as ms`.execute(db),
		);
		return Number(rows[0].ms) - (askedAt + Date.now()) / 2;
	};
	try {
		// The first time it has to connect.
		await ask();
		return Math.round(await ask());
	} finally {
		await database.close();
	}
}
