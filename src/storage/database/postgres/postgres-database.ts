import { Kysely, PostgresDialect, sql } from 'kysely';
import { createHash } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import pLimit from 'p-limit';

import { retry, type Backoff } from '../../../async/backoff';
import { StoreError } from '../../port/store-error';
import { QueryGate } from '../query-gate';
import { NeedsToBeAlone, type StoreDatabase, type Writer } from '../store-database';
import type { StoreSchema } from '../store-schema';
import { makePartitions } from './open-partitions';
import { textOf, toPostgresError } from './postgres-error';

export interface PostgresOptions {
	/** `postgres://user:password@host:5432/database` */
	connectionString: string;
	/**
	 * `disable`: plain text; `require`: encrypted, the server is not checked; `verify-full`:
	 * encrypted, certificate and host name are checked. Stands above `sslmode` in the string.
	 */
	tls: 'disable' | 'require' | 'verify-full';
	/** PEM of the authority that signed the server's certificate; default: those Node.js trusts */
	caCertificate?: string;
	/** PEM of certificate and key that the server knows this client by; default: none */
	clientCertificate?: { certificate?: string; key?: string };
	/** Connections of this process at most, at least 2; default 5 */
	maxConnections?: number;
	/** Schema of the tables, made when missing; default {@link DEFAULT_SCHEMA} */
	schema?: string;
	/** How long a write may wait for another one, in milliseconds */
	lockLimitMs?: number;
}

const INT8 = 20;
const UNIQUE_VIOLATION = '23505';
const CHECK_VIOLATION = '23514';
const DEADLOCK = '40P01';
/** No room for more locks: many statements at once look at all partitions, each for milliseconds. */
const OUT_OF_ROOM = '53200';
const ROOM_BACKOFF: Backoff = { firstMs: 20, longestMs: 500 };
const ROOM_TRIES = 12;
/** One that writes, and one for the reads meanwhile */
const LEAST_CONNECTIONS = 2;
/** How often a write that met another one tries again beside others, before it goes alone. */
const BESIDE_TRIES = 3;
const CONNECT_LIMIT_MS = 10_000;
/** Parameters that would override the TLS setting of the credential. */
const TLS_PARAMETERS = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'uselibpqcompat'];

/** Schema of the tables where none is named. */
export const DEFAULT_SCHEMA = 'email_open_tracking';

/** Opens a pool of connections. Nothing is connected before the first read or write. */
export async function openPostgresDatabase(options: PostgresOptions): Promise<StoreDatabase> {
	const { schema = DEFAULT_SCHEMA, lockLimitMs = 10_000, maxConnections = 5 } = options;
	const { default: pg } = await import('pg');
	const pool = new pg.Pool({
		connectionString: withoutTlsParameters(options.connectionString),
		ssl: tlsOptions(options),
		application_name: 'n8n-nodes-email-open-tracking',
		max: Math.max(LEAST_CONNECTIONS, maxConnections),
		connectionTimeoutMillis: CONNECT_LIMIT_MS,
		allowExitOnIdle: true,
		types: {
			// Counters and times are 64-bit there and numbers here; of this pool alone.
			getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
		},
	});
	// The pool drops a connection that breaks while idle. The next query reports it.
	pool.on('error', () => {});
	// A client that a transaction holds emits the error itself. Without a listener Node.js would end
	// the process. The next query reports it.
	pool.on('connect', (client) => client.on('error', () => {}));
	const db = new Kysely<StoreSchema>({ dialect: new PostgresDialect({ pool }) }).withSchema(schema);
	const writers = lockKeys(schema);
	const partitionMakers = lockKeys(`${schema} partitions`);
	const transact = <T>(
		change: (db: Writer, alone: boolean) => Promise<T>,
		{ beside = false } = {},
	) =>
		db
			.transaction()
			// Whatever the server's default: what others wrote while this one waited must be seen.
			.setIsolationLevel('read committed')
			.execute(async (trx) => {
				const take = sql.raw(beside ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock');
				await sql`select set_config('lock_timeout', ${String(lockLimitMs)}, true),
					${take}(${sql.join(writers)})`.execute(trx);
				return await change(trx, !beside);
			});
	/** Makes the partition that an open finds missing, and tries again. */
	const withPartitions = async <T>(write: () => Promise<T>): Promise<T> => {
		for (;;) {
			try {
				return await write();
			} catch (error) {
				const time = timeWithoutPartition(error);
				if (time === null) throw error;
				await transact(
					async (trx) => {
						// Two who make the same one would fail.
						await sql`select pg_advisory_xact_lock(${sql.join(partitionMakers)})`.execute(trx);
						await makePartitions(trx, schema, [time]);
					},
					{ beside: true },
				);
			}
		}
	};
	/** Two who meet follow one another then, mostly; else one of them goes alone. */
	const besideOthers = async <T>(change: (db: Writer, alone: boolean) => Promise<T>) => {
		for (let tries = 0; tries < BESIDE_TRIES; tries += 1) {
			try {
				return await withPartitions(() => transact(change, { beside: true }));
			} catch (error) {
				if (error instanceof NeedsToBeAlone) break;
				if (!isCollision(error)) throw error;
			}
		}
		return await withPartitions(() => transact(change));
	};
	const gate = new QueryGate();
	// Of one process, writes follow one another, which leaves the other connections to reads.
	const oneAtATime = pLimit(1);
	return {
		engine: 'postgres',
		schema,
		read: (query) => gate.run(() => explained(() => query(db))),
		write: (change, { beside = false } = {}) =>
			gate.run(() =>
				oneAtATime(() =>
					explained(() => (beside ? besideOthers(change) : withPartitions(() => transact(change)))),
				),
			),
		// VACUUM frees deleted rows to be overwritten; the server's log and backups are its owner's.
		scrub: (tables) =>
			gate.run(() =>
				explained(async () => {
					const names = tables.map((table) => sql.table(`${schema}.${table}`));
					await sql`vacuum ${sql.join(names)}`.execute(db);
				}),
			),
		close: () => gate.close(() => db.destroy()),
	};
}

/** The two numbers of an advisory lock. */
function lockKeys(name: string): readonly [number, number] {
	const digest = createHash('sha256').update(`email-open-tracking ${name}`).digest();
	return [digest.readInt32BE(0), digest.readInt32BE(4)];
}

/** The time of an open that there is no partition for; `null` for other errors. */
function timeWithoutPartition(error: unknown): number | null {
	// The code is that of a violated check, and only a check has a name.
	if (textOf(error, 'code') !== CHECK_VIOLATION || textOf(error, 'constraint')) return null;
	const time = /\(occurred_at\) = \((-?\d+)\)/.exec(textOf(error, 'detail') ?? '')?.[1];
	return time === undefined ? null : Number(time);
}

/** Whether two transactions met: each inserted the same, or waited for the other. */
function isCollision(error: unknown): boolean {
	const code = textOf(error, 'code');
	return code === UNIQUE_VIOLATION || code === DEADLOCK;
}

async function explained<T>(action: () => Promise<T>): Promise<T> {
	try {
		return await retry(
			action,
			ROOM_BACKOFF,
			(error, failures) => textOf(error, 'code') === OUT_OF_ROOM && failures < ROOM_TRIES,
		);
	} catch (error) {
		throw toPostgresError(error);
	}
}

function withoutTlsParameters(connectionString: string): string {
	let url: URL;
	try {
		url = new URL(connectionString);
		for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part);
	} catch {
		throw badConnectionString();
	}
	if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw badConnectionString();
	for (const name of TLS_PARAMETERS) url.searchParams.delete(name);
	return url.href;
}

/** Says nothing of the string itself: it holds a password. */
function badConnectionString(): StoreError {
	return new StoreError(
		'unavailable',
		'The PostgreSQL connection string is not valid. It must look like postgres://user:password@host:5432/database, with special characters in the password percent-encoded.',
	);
}

function tlsOptions(options: PostgresOptions): ConnectionOptions | false {
	const { tls, caCertificate, clientCertificate } = options;
	if (tls === 'disable') return false;
	const { certificate: cert, key } = clientCertificate ?? {};
	const client = { ...(cert && { cert }), ...(key && { key }) };
	if (tls === 'require') return { rejectUnauthorized: false, ...client };
	const ca = caCertificate?.trim();
	return { rejectUnauthorized: true, ...(ca && { ca }), ...client };
}
