import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod4';

import { DEFAULT_SCHEMA } from '../storage/database/postgres/postgres-database';
import { deriveSigningKey } from '../tracking/links/derived-key';
import { KeyError, type StoreSettings } from './intake-settings';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting as n8n itself reads it: the variable, else the file that `<variable>_FILE` names. */
function settingOf(environment: Environment, name: string): string | undefined {
	const value = environment[name] ?? fromFile(environment[`${name}_FILE`]);
	return value?.trim().replace(/^(['"])(.*)\1$/, '$2');
}

function fromFile(path: string | undefined): string | undefined {
	return path ? readFileSync(path, 'utf8') : undefined;
}

/** The folder in which n8n keeps its own files. */
export function n8nFolder(environment: Environment = process.env): string {
	return join(environment.N8N_USER_FOLDER ?? homedir(), '.n8n');
}

/** Whether n8n spreads executions over several processes, where one local file cannot serve. */
export function isQueueMode(environment: Environment = process.env): boolean {
	return settingOf(environment, 'EXECUTIONS_MODE') === 'queue';
}

/**
 * Where n8n in queue mode keeps the store unless a credential says otherwise: on its own PostgreSQL
 * server, in a schema beside its own. Two instances in one database, which n8n tells apart by
 * schema or table prefix, get a store each. `null` when n8n is not on PostgreSQL.
 */
export function databaseOfN8n(environment: Environment = process.env): StoreSettings | null {
	const setting = (name: string) => settingOf(environment, name) || undefined;
	if (setting('DB_TYPE') !== 'postgresdb') return null;
	const postgres = (name: string) => setting(`DB_POSTGRESDB_${name}`);
	const url = new URL('postgres://localhost');
	url.username = encodeURIComponent(postgres('USER') ?? 'postgres');
	url.password = encodeURIComponent(postgres('PASSWORD') ?? '');
	url.port = postgres('PORT') ?? '5432';
	url.pathname = `/${encodeURI(postgres('DATABASE') ?? 'n8n')}`;
	// As a parameter it may also be the folder of a socket.
	url.searchParams.set('host', postgres('HOST') ?? 'localhost');
	const isOn = (value: string | undefined) => ['true', '1'].includes(value?.toLowerCase() ?? '');
	const isOff = (value: string | undefined) => ['false', '0'].includes(value?.toLowerCase() ?? '');
	const [ca, certificate, key] = ['SSL_CA', 'SSL_CERT', 'SSL_KEY'].map(postgres);
	const unchecked = isOff(postgres('SSL_REJECT_UNAUTHORIZED'));
	const encrypted = isOn(postgres('SSL_ENABLED')) || unchecked || ca || certificate || key;
	const own = postgres('SCHEMA') ?? 'public';
	const poolSize = Number(postgres('POOL_SIZE'));
	return {
		engine: 'postgres',
		connectionString: url.href,
		tls: !encrypted ? 'disable' : unchecked ? 'require' : 'verify-full',
		caCertificate: ca,
		...((certificate || key) && { clientCertificate: { certificate, key } }),
		schema: `${own === 'public' ? '' : `${own}_`}${setting('DB_TABLE_PREFIX') ?? ''}${DEFAULT_SCHEMA}`,
		...(poolSize > 0 && { maxConnections: poolSize }),
	};
}

const configSchema = z.object({ encryptionKey: z.string().min(1) });

/**
 * The signing key that all processes of n8n derive from its encryption key: `N8N_ENCRYPTION_KEY`,
 * its `_FILE`, or the file `config` in the n8n folder, where n8n keeps the one that it made.
 *
 * @returns `id:secret`
 * @throws KeyError without a key in the message
 */
export function signingKeyOfN8n(environment: Environment = process.env): string {
	try {
		const key = settingOf(environment, 'N8N_ENCRYPTION_KEY') || keyInConfig(environment);
		return deriveSigningKey(key);
	} catch (error) {
		throw new KeyError(error instanceof Error ? error.message : String(error));
	}
}

function keyInConfig(environment: Environment): string {
	const path = join(n8nFolder(environment), 'config');
	try {
		return configSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).encryptionKey;
	} catch {
		// The errors of the parser and of the schema quote the text, which holds the key.
		throw new Error(
			`The encryption key of n8n could not be read: N8N_ENCRYPTION_KEY is not set, and ${path} does not hold one. Set N8N_ENCRYPTION_KEY to the same value for all processes of n8n, or set an active key in the credential Email Open Tracking.`,
		);
	}
}
