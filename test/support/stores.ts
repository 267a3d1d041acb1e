import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openPostgresDatabase } from '../../src/storage/database/postgres/postgres-database';
import { openSqliteDatabase } from '../../src/storage/database/sqlite/sqlite-database';
import type { StoreDatabase } from '../../src/storage/database/store-database';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { startStore } from '../../src/storage/start-store';
import { foundPostgres, postgresUrl } from './postgres-server';

export { postgresUrl } from './postgres-server';

/** A fresh place for a store, on one engine; several stores can be opened on it. */
export interface StorePlace {
	/** Opens a store of its own connections, as another process would */
	openStore(): Promise<TrackingStore>;
	/** A connection to look at the tables behind the store's back */
	openDatabase(options?: { lockLimitMs?: number }): Promise<StoreDatabase>;
	/** Closes everything that was opened and removes the data */
	dispose(): Promise<void>;
}

export interface Engine {
	name: string;
	newPlace(): Promise<StorePlace>;
}

/** Declares tests that need the PostgreSQL server; without one they are skipped by their names. */
export const describeOnPostgres = foundPostgres === null ? describe.skip : describe;
/** The same for a single test. */
export const itOnPostgres = foundPostgres === null ? it.skip : it;

const sqlite: Engine = { name: 'SQLite', newPlace: newSqlitePlace };
const postgres: Engine = { name: 'PostgreSQL', newPlace: newPostgresPlace };

/**
 * Declares the same tests for every engine: SQLite, and PostgreSQL, whose tests are skipped by their
 * names where there is none.
 *
 * @param title with `$name` for the engine
 */
export function onEachEngine(title: string, tests: (engine: Engine) => void): void {
	describe(title.replace('$name', sqlite.name), () => tests(sqlite));
	describeOnPostgres(title.replace('$name', postgres.name), () => tests(postgres));
}

async function newSqlitePlace(): Promise<StorePlace> {
	const folder = await mkdtemp(join(tmpdir(), 'tracking-store-'));
	const path = join(folder, 'tracking.sqlite');
	return placeOver(
		(options) => openSqliteDatabase({ path, ...options }),
		async () => {
			await rm(folder, { recursive: true });
		},
	);
}

/** A schema of its own on the server. */
export async function newPostgresPlace(): Promise<StorePlace> {
	const connectionString = postgresUrl;
	const schema = `test_${randomUUID().replaceAll('-', '')}`;
	const open = (options?: { lockLimitMs?: number }) =>
		openPostgresDatabase({ connectionString, tls: 'disable', schema, ...options });
	return placeOver(open, async () => {
		const database = await open();
		await database.read((db) => sql`drop schema if exists ${sql.ref(schema)} cascade`.execute(db));
		await database.close();
	});
}

function placeOver(
	open: (options?: { lockLimitMs?: number }) => Promise<StoreDatabase>,
	remove: () => Promise<void>,
): StorePlace {
	const opened: Array<{ close(): Promise<void> }> = [];
	const keep = <T extends { close(): Promise<void> }>(one: T): T => {
		opened.push(one);
		return one;
	};
	return {
		openStore: async () => keep(await startStore(await open())),
		openDatabase: async (options) => keep(await open(options)),
		dispose: async () => {
			for (const one of opened) await one.close();
			await remove();
		},
	};
}
