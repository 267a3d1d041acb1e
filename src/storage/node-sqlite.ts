import { CompiledQuery, SqliteAdapter, SqliteDialect, SqliteDriver } from 'kysely';
import type {
	DatabaseConnection,
	DialectAdapter,
	Driver,
	SqliteDatabase,
	SqliteDialectConfig,
	SqliteStatement,
} from 'kysely';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** Primary result code of every refusal because of another connection's lock. */
export const SQLITE_BUSY = 5;

/** Gives a `node:sqlite` database the shape that Kysely's SQLite dialect asks for. */
export function asKyselyDatabase(database: DatabaseSync): SqliteDatabase {
	return {
		close: () => database.close(),
		prepare: (text) => asKyselyStatement(database.prepare(text)),
	};
}

function asKyselyStatement(statement: StatementSync): SqliteStatement {
	const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
	return {
		reader: statement.columns().length > 0,
		all: (parameters) => statement.all(...values(parameters)),
		run: (parameters) => statement.run(...values(parameters)),
		iterate: (parameters) => statement.iterate(...values(parameters)),
	};
}

/**
 * Kysely's SQLite dialect with two differences. Transactions take the write lock when they begin:
 * a deferred one that reads first and writes later fails half-way when another process wrote in
 * between (SQLITE_BUSY_SNAPSHOT). And migrations run inside a transaction, which SQLite can do.
 */
export class NodeSqliteDialect extends SqliteDialect {
	readonly #config: SqliteDialectConfig;

	constructor(config: SqliteDialectConfig) {
		super(config);
		this.#config = config;
	}

	override createDriver(): Driver {
		return new ImmediateDriver(this.#config);
	}

	override createAdapter(): DialectAdapter {
		return new TransactionalDdlAdapter();
	}
}

class ImmediateDriver extends SqliteDriver {
	override async beginTransaction(connection: DatabaseConnection): Promise<void> {
		await connection.executeQuery(CompiledQuery.raw('begin immediate'));
	}
}

class TransactionalDdlAdapter extends SqliteAdapter {
	override get supportsTransactionalDdl(): boolean {
		return true;
	}
}

/** Whether SQLite refused because another connection holds the lock (all SQLITE_BUSY codes). */
export function isBusy(error: unknown): boolean {
	const code = sqliteCode(error);
	return code !== null && (code & 0xff) === SQLITE_BUSY;
}

/** The extended result code of a `node:sqlite` error, `null` for any other error. */
export function sqliteCode(error: unknown): number | null {
	if (typeof error !== 'object' || error === null || !('errcode' in error)) return null;
	return typeof error.errcode === 'number' ? error.errcode : null;
}

/** SQLite's fixed English text for the error's result code: no table, no value. */
export function sqliteText(error: unknown): string {
	if (typeof error !== 'object' || error === null || !('errstr' in error)) return 'no text';
	return String(error.errstr);
}
