import { PostgresAdapter } from 'kysely';
import type { Kysely, Transaction } from 'kysely';

import type { StoreSchema } from './store-schema';

/** A Kysely handle that may read: the database itself or a transaction. */
export type Reader = Kysely<StoreSchema>;

/** A Kysely handle inside a write transaction. */
export type Writer = Transaction<StoreSchema>;

/** One open database, whichever engine it runs on. All access of the store goes through it. */
export interface StoreDatabase {
	readonly engine: 'sqlite' | 'postgres';
	/** The schema that the tables are in, where the engine has schemas */
	readonly schema?: string;
	/** Runs `query` outside a transaction. Throws a {@link StoreError} on failure. */
	read<T>(query: (db: Reader) => Promise<T>): Promise<T>;
	/**
	 * Runs `change` in one write transaction. Write transactions of all processes follow one
	 * another, but for those that may run beside each other, where the engine can. `change` may run
	 * again when the database was busy, so it must touch nothing but the database. Throws a
	 * {@link StoreError} on failure.
	 *
	 * @param change gets `alone`: whether all other writers wait for it. Where it needs that and has
	 *   not got it, it throws {@link NeedsToBeAlone} and is run again
	 * @param options.beside whether it may run beside others that may. It locks each row that it reads
	 *   in order to write it, adds to others without reading them, and inserts what it did not find,
	 *   so that of two who insert the same one is run again. It takes rows in one order, so that nobody
	 *   waits in a circle
	 */
	write<T>(
		change: (db: Writer, alone: boolean) => Promise<T>,
		options?: { beside?: boolean },
	): Promise<T>;
	/**
	 * Makes the deleted rows of these tables unreadable in the files as well, as far as the engine
	 * can. For after an erasure, not for each request.
	 *
	 * @param options.thorough also where that takes long: for a nightly run
	 */
	scrub(tables: ReadonlyArray<keyof StoreSchema>, options?: { thorough?: boolean }): Promise<void>;
	/** Closes the connections. Later calls of the others fail. */
	close(): Promise<void>;
}

/** A change found out that it has to write what another one may be writing. */
export class NeedsToBeAlone extends Error {
	override readonly name = 'NeedsToBeAlone';
}

/** The schema that the tables of a handle are in, where the engine has schemas. */
export function schemaOf(db: Pick<Kysely<unknown>, 'schema'>): string {
	const { table } = db.schema.dropTable('opens').toOperationNode().table;
	return String(table.schema?.name);
}

/** Which engine a handle runs on, for the few statements that only one of them has. */
export function engineOf(db: Pick<Reader, 'getExecutor'>): StoreDatabase['engine'] {
	return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}
