import { CompiledQuery, SqliteAdapter, SqliteDialect, SqliteDriver } from 'kysely';
import type {
	DatabaseConnection,
	DialectAdapter,
	Driver,
	SqliteDatabase,
	SqliteDialectConfig,
	SqliteStatement,
} from 'kysely';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

/** Primary result code of every refusal because of another connection's lock. */
export const SQLITE_BUSY = 5;

/** Statements kept ready; the store has about a hundred, and more for lists of many lengths. */
const MAX_STATEMENTS = 200;

/**
 * Gives a `node:sqlite` database the shape that Kysely's SQLite dialect asks for. Kysely prepares
 * the text of a query each time it runs, which for one open takes longer than running it, so
 * statements are kept. SQLite itself prepares them anew when the schema has changed
 * (https://www.sqlite.org/c3ref/prepare.html).
 */
export function asKyselyDatabase(database: DatabaseSync): SqliteDatabase {
	const statements = new Map<string, SqliteStatement>();
	return {
		close: () => database.close(),
		prepare: (text) => {
			const known = statements.get(text);
			if (known !== undefined) return known;
			// Those in use are back at once, so there is no need to know which they are.
			if (statements.size === MAX_STATEMENTS) statements.clear();
			const statement = asKyselyStatement(database, text);
			statements.set(text, statement);
			return statement;
		},
	};
}

function asKyselyStatement(database: DatabaseSync, text: string): SqliteStatement {
	const statement = database.prepare(text);
	const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
	return {
		reader: statement.columns().length > 0,
		all: (parameters) => statement.all(...values(parameters)),
		run: (parameters) => statement.run(...values(parameters)),
		// One of its own: rows that are still being read must not end when the same query runs again.
		iterate: (parameters) => database.prepare(text).iterate(...values(parameters)),
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
