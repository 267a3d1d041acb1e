import { Kysely, PostgresDialect, sql } from 'kysely';
import { createHash } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import pLimit from 'p-limit';

import { StoreError } from '../../port/store-error';
import { OpenGate } from '../open-gate';
import type { StoreDatabase, Writer } from '../store-database';
import type { StoreSchema } from '../store-schema';
import { toPostgresError } from './postgres-error';

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
	/** Schema of the tables, made when missing; default `email_open_tracking` */
	schema?: string;
	/** How long a write may wait for another one, in milliseconds */
	lockLimitMs?: number;
}

const INT8 = 20;
const MAX_CONNECTIONS = 5;
const CONNECT_LIMIT_MS = 10_000;
/** Parameters that would override the TLS setting of the credential. */
const TLS_PARAMETERS = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'uselibpqcompat'];

/** Opens a pool of connections. Nothing is connected before the first read or write. */
export async function openPostgresDatabase(options: PostgresOptions): Promise<StoreDatabase> {
	const { schema = 'email_open_tracking', lockLimitMs = 10_000 } = options;
	const { default: pg } = await import('pg');
	const pool = new pg.Pool({
		connectionString: withoutTlsParameters(options.connectionString),
		ssl: tlsOptions(options),
		application_name: 'n8n-nodes-email-open-tracking',
		max: MAX_CONNECTIONS,
		connectionTimeoutMillis: CONNECT_LIMIT_MS,
		allowExitOnIdle: true,
		types: {
			// Counters and times are 64-bit there and numbers here; of this pool alone.
			getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
		},
	});
	// A connection that breaks while idle is dropped by the pool; the next query tells.
	pool.on('error', () => {});
	// One that breaks between two queries of a transaction is nobody's: the next query tells as well.
	// Without a listener the error would end the process.
	pool.on('connect', (client) => client.on('error', () => {}));
	const db = new Kysely<StoreSchema>({ dialect: new PostgresDialect({ pool }) }).withSchema(schema);
	const lockKey = createHash('sha256').update(`email-open-tracking ${schema}`).digest();
	const lock = (trx: Writer) =>
		sql`select set_config('lock_timeout', ${String(lockLimitMs)}, true),
			pg_advisory_xact_lock(${lockKey.readInt32BE(0)}, ${lockKey.readInt32BE(4)})`.execute(trx);
	const gate = new OpenGate();
	// Writes follow one another anyway; queued here, they leave the other connections to reads.
	const oneAtATime = pLimit(1);
	return {
		engine: 'postgres',
		schema,
		read: (query) => gate.run(() => explained(() => query(db))),
		write: (change) =>
			gate.run(() =>
				oneAtATime(() =>
					explained(() =>
						db.transaction().execute(async (trx) => {
							await lock(trx);
							return await change(trx);
						}),
					),
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

async function explained<T>(action: () => Promise<T>): Promise<T> {
	try {
		return await action();
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

function tlsOptions({ tls, caCertificate }: PostgresOptions): ConnectionOptions | false {
	if (tls === 'disable') return false;
	if (tls === 'require') return { rejectUnauthorized: false };
	const ca = caCertificate?.trim();
	return { rejectUnauthorized: true, ...(ca ? { ca } : {}) };
}
