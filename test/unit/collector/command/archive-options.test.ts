import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readArchiveOptions } from '../../../../src/collector/command/archive-options';
import { KEY_FILE_NAME } from '../../../../src/intake/key-file';

const PASSWORD = 'planted-password';
const ENVIRONMENT = {
	CLICKHOUSE_URL: `https://archive:${PASSWORD}@clickhouse.example.com:8443/analytics`,
	STORE_URL: `postgres://n8n:${PASSWORD}@db.example.com/n8n`,
	EMPTY: '',
};
const NEEDED = ['--clickhouse-url-env', 'CLICKHOUSE_URL', '--keep-days', '730'];

describe('the options of archive', () => {
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), 'archive-options-'));
		writeFileSync(join(folder, KEY_FILE_NAME), '{}');
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	it('name the embedded store, the table and what the privacy report says of it', () => {
		const read = readArchiveOptions(
			[...NEEDED, '--data', folder, '--country', 'Germany'],
			ENVIRONMENT,
		);
		expect(read).toMatchObject({
			settings: {
				store: { engine: 'embedded', folder },
				table: { database: 'analytics', name: 'email_opens', keepDays: 730 },
				once: false,
			},
			keys: { keyFolder: folder },
		});
		const { part } = read?.settings ?? {};
		expect(part?.settings).toMatchObject({ country: 'Germany' });
		expect(JSON.stringify(part)).toContain('kept for 730 days');
		expect(JSON.stringify(part)).not.toContain(PASSWORD);
	});

	it('name a store in PostgreSQL, and a run that ends', () => {
		const args = [...NEEDED, '--postgres-url-env', 'STORE_URL', '--keys', folder, '--once'];
		expect(readArchiveOptions([...args, '--table', 'opens'], ENVIRONMENT)).toMatchObject({
			settings: {
				store: { engine: 'postgres', connectionString: ENVIRONMENT.STORE_URL, tls: 'verify-full' },
				table: { name: 'opens' },
				once: true,
			},
		});
	});

	it('are nothing where only help is asked for', () => {
		expect(readArchiveOptions(['--help'], {})).toBeNull();
	});

	it.each([
		[['--keep-days', '730'], /--clickhouse-url-env is missing/],
		[['--clickhouse-url-env', 'EMPTY', '--keep-days', '1'], /variable EMPTY .* is empty/],
		[['--clickhouse-url-env', 'CLICKHOUSE_URL'], /--keep-days must be/],
		[[...NEEDED.slice(0, 3), '0'], /--keep-days must be/],
		[[...NEEDED, '--table', 'a;b'], /--table must be a name/],
		[NEEDED, /--data is missing/],
		[[...NEEDED, '--data', tmpdir()], /There is no signing-keys\.json/],
		[[...NEEDED, '--wrong'], /See archive --help/],
	])('say what to correct in %j', (args, message) => {
		const read = () => readArchiveOptions(args, ENVIRONMENT);
		expect(read).toThrow(message);
		expect(read).toThrow(
			expect.not.objectContaining({ message: expect.stringContaining(PASSWORD) }),
		);
	});
});
