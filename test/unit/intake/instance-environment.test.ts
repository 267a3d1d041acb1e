import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
	databaseOfN8n,
	isQueueMode,
	signingKeyOfN8n,
} from '../../../src/intake/instance-environment';
import { deriveSigningKey } from '../../../src/tracking/links/derived-key';
import { testPostgresConnection } from '../../../src/storage/postgres-store';
import { describeOnPostgres, postgresUrl } from '../../support/stores';

const KEY = 'hcYlPVNu0AjBGnzZsXgoVmzcwSMpjQnG';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'n8n-environment-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
}

/** The database that n8n is set to, with PostgreSQL chosen. */
const database = (settings: Record<string, string>) => {
	const found = databaseOfN8n({ DB_TYPE: 'postgresdb', ...settings });
	if (found?.engine !== 'postgres') throw new Error('No database was found');
	return found;
};

describe("n8n's own database as the place of the store", () => {
	it('is none where n8n is on SQLite', () => {
		expect(databaseOfN8n({})).toBeNull();
		expect(databaseOfN8n({ DB_TYPE: 'sqlite', DB_POSTGRESDB_HOST: 'db' })).toBeNull();
	});

	it('has the defaults of n8n', () => {
		expect(database({})).toMatchObject({
			connectionString: 'postgres://postgres@localhost:5432/n8n?host=localhost',
			tls: 'disable',
			schema: 'email_open_tracking',
		});
	});

	it('takes every setting from the variable, or from the file that is named for it', () => {
		const { connectionString } = database({
			DB_POSTGRESDB_HOST: 'db.example.com',
			DB_POSTGRESDB_PORT: '6432',
			DB_POSTGRESDB_DATABASE: '"automation"',
			DB_POSTGRESDB_USER_FILE: file('user', 'n8n user\n'),
			DB_POSTGRESDB_PASSWORD_FILE: file('password', 'p@ss:/?#%40 word\n'),
		});
		const url = new URL(connectionString);
		expect([url.searchParams.get('host'), url.port, url.pathname]).toEqual([
			'db.example.com',
			'6432',
			'/automation',
		]);
		expect([url.username, url.password].map(decodeURIComponent)).toEqual([
			'n8n user',
			'p@ss:/?#%40 word',
		]);
	});

	it.each([
		[{}, 'disable'],
		[{ SSL_ENABLED: 'true' }, 'verify-full'],
		[{ SSL_ENABLED: 'false' }, 'disable'],
		[{ SSL_CA: 'PEM' }, 'verify-full'],
		[{ SSL_CERT: 'PEM', SSL_KEY: 'PEM' }, 'verify-full'],
		[{ SSL_REJECT_UNAUTHORIZED: 'false' }, 'require'],
		[{ SSL_ENABLED: 'true', SSL_REJECT_UNAUTHORIZED: 'false' }, 'require'],
	])('uses TLS as n8n does with %j', (settings, tls) => {
		const named = Object.entries(settings).map(([name, value]) => [`DB_POSTGRESDB_${name}`, value]);
		expect(database(Object.fromEntries(named) as Record<string, string>).tls).toBe(tls);
	});

	it('shows the server the certificates of n8n', () => {
		expect(
			database({
				DB_POSTGRESDB_SSL_CA_FILE: file('ca', 'CA'),
				DB_POSTGRESDB_SSL_CERT: 'CERT',
				DB_POSTGRESDB_SSL_KEY: 'KEY',
			}),
		).toMatchObject({
			caCertificate: 'CA',
			clientCertificate: { certificate: 'CERT', key: 'KEY' },
		});
	});

	it('gives each n8n in a database a schema of its own, and as many connections as n8n itself', () => {
		const names = [
			{ DB_POSTGRESDB_SCHEMA: 'staging' },
			{ DB_TABLE_PREFIX: 'team_' },
			{ DB_POSTGRESDB_SCHEMA: 'staging', DB_TABLE_PREFIX: 'team_' },
		].map((settings) => database(settings as Record<string, string>).schema);
		expect(names).toEqual([
			'staging_email_open_tracking',
			'team_email_open_tracking',
			'staging_team_email_open_tracking',
		]);
		expect(database({ DB_POSTGRESDB_POOL_SIZE: '4' }).maxConnections).toBe(4);
	});
});

describeOnPostgres("n8n's own database on a real server", () => {
	it('is reached with these settings', async () => {
		const { hostname, port, username, password, pathname } = new URL(postgresUrl);
		const settings = database({
			DB_POSTGRESDB_HOST: hostname,
			DB_POSTGRESDB_PORT: port || '5432',
			DB_POSTGRESDB_DATABASE: pathname.slice(1),
			DB_POSTGRESDB_USER: decodeURIComponent(username),
			DB_POSTGRESDB_PASSWORD: decodeURIComponent(password),
			DB_POSTGRESDB_SCHEMA: 'never_made',
		});
		expect(await testPostgresConnection(settings)).toEqual({
			schema: 'never_made_email_open_tracking',
			exists: false,
		});
	});
});

describe("the signing key of n8n's processes", () => {
	const config = (content: string) => {
		mkdirSync(join(folder, '.n8n'));
		file('.n8n/config', content);
		return { N8N_USER_FOLDER: folder };
	};

	it('comes from the encryption key, wherever n8n has it from', () => {
		const wanted = deriveSigningKey(KEY);
		expect(signingKeyOfN8n({ N8N_ENCRYPTION_KEY: KEY })).toBe(wanted);
		expect(signingKeyOfN8n({ N8N_ENCRYPTION_KEY_FILE: file('key', `${KEY}\n`) })).toBe(wanted);
		expect(signingKeyOfN8n(config(JSON.stringify({ encryptionKey: KEY })))).toBe(wanted);
	});

	it.each(['{"encryptionKey": 7}', `not JSON ${KEY}`])('is missed in a config %j', (content) => {
		const read = () => signingKeyOfN8n(config(content));
		expect(read).toThrow(/encryption key of n8n could not be read.*Set N8N_ENCRYPTION_KEY/);
		rmSync(join(folder, '.n8n'), { recursive: true });
		expect(read).not.toThrow(KEY);
	});
});

it('queue mode is told by the variable of n8n', () => {
	expect(
		[{ EXECUTIONS_MODE: 'queue' }, { EXECUTIONS_MODE: 'regular' }, {}].map(isQueueMode),
	).toEqual([true, false, false]);
});
