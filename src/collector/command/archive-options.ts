import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import type { KeySettings } from '../../intake/intake-settings';
import { KEY_FILE_NAME } from '../../intake/key-file';
import { ARCHIVED_FIELDS } from '../archive/archive-table';
import { clickHouseInWords, readClickHouseAddress } from '../archive/click-house';
import type { ArchiveSettings } from '../archive/run-archive';
import { CollectorError } from '../config/collector-error';
import { secretFrom, storeOf } from './command-options';

/** What `archive --help` prints. */
export const ARCHIVE_HELP = `Usage: n8n-nodes-email-open-tracking archive --clickhouse-url-env <name> --keep-days <n> [options]

Copies opens and clicks from the tracking store into a table of ClickHouse, which it makes, and goes
on copying what is new or changed. Whoever was erased leaves the table within an hour.

  --clickhouse-url-env <name>  Environment variable with the address of ClickHouse (required):
                               https://user:password@host:8443/database
  --keep-days <n>              Days after an open at which ClickHouse deletes its row (required)
  --table <name>               Table in that database (email_opens)
  --country <name>             Where ClickHouse keeps the data, for the privacy report
  --postgres-url-env <name>    Environment variable with the PostgreSQL connection string of the
                               store; without it, the embedded store in the --data folder
  --postgres-tls <mode>        disable, require or verify-full (verify-full)
  --data <folder>              Folder of the embedded store, tracking.sqlite
  --keys <folder>              Folder of signing-keys.json with all keys (the --data folder)
  --once                       End when everything is copied, and who was erased is removed
  --help                       Show this text

Example, with the embedded store of n8n:
  n8n-nodes-email-open-tracking archive --clickhouse-url-env CLICKHOUSE_URL --keep-days 730 --data ~/.n8n/email-open-tracking

Exit codes: 0 done, or stopped by a signal; 1 failed; 2 wrong arguments.
`;

/** What the command line asks for. */
export interface ArchiveOptions {
	settings: ArchiveSettings;
	keys: KeySettings;
}

/**
 * Reads the command line of `archive`.
 *
 * @returns `null` when only help is asked for
 * @throws CollectorError that names the argument to correct
 */
export function readArchiveOptions(
	args: readonly string[],
	environment: Readonly<Record<string, string | undefined>>,
): ArchiveOptions | null {
	const values = parse(args);
	if (values.help) return null;
	const variable = values['clickhouse-url-env'];
	if (variable === undefined) {
		throw new CollectorError(
			'--clickhouse-url-env is missing. Name the environment variable that holds the address of ClickHouse.',
		);
	}
	const clickHouse = readClickHouseAddress(
		secretFrom(environment, variable, '--clickhouse-url-env', 'the address of ClickHouse'),
	);
	const keepDays = Number(values['keep-days'] ?? NaN);
	if (!Number.isInteger(keepDays) || keepDays < 1 || keepDays > 36_500) {
		throw new CollectorError(
			'--keep-days must be a whole number from 1 to 36500: how many days opens are kept in ClickHouse.',
		);
	}
	if (!/^[A-Za-z_]\w*$/.test(values.table)) {
		throw new CollectorError('--table must be a name of letters, digits and underscores.');
	}
	const folder = values.data ?? values.keys;
	if (folder === undefined || (values.data === undefined && !values['postgres-url-env'])) {
		throw new CollectorError(
			'--data is missing. Name the folder of tracking.sqlite and signing-keys.json; for a store in PostgreSQL, --postgres-url-env and --keys.',
		);
	}
	const table = { database: clickHouse.database, name: values.table, keepDays };
	const destination = `${clickHouseInWords(clickHouse)}, table ${table.database}.${table.name}`;
	return {
		settings: {
			store: storeOf(values, resolve(folder), environment),
			clickHouse,
			table,
			part: {
				kind: 'sink',
				id: `archive ${destination}`,
				name: 'Archive',
				settings: {
					destination: `${destination}: kept for ${keepDays} days, erased people removed within an hour`,
					country: values.country ?? '',
					fields: [...ARCHIVED_FIELDS],
				},
			},
			once: values.once,
		},
		keys: { keyFolder: keyFolderOf(resolve(values.keys ?? folder)) },
	};
}

/** A key made here would be another than that of the store. */
function keyFolderOf(folder: string): string {
	if (existsSync(join(folder, KEY_FILE_NAME))) return folder;
	throw new CollectorError(
		`There is no ${KEY_FILE_NAME} in ${folder}. Without the signing keys nobody can tell who was erased. Name its folder with --keys.`,
	);
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: {
				'clickhouse-url-env': { type: 'string' },
				'keep-days': { type: 'string' },
				table: { type: 'string', default: 'email_opens' },
				country: { type: 'string' },
				'postgres-url-env': { type: 'string' },
				'postgres-tls': { type: 'string', default: 'verify-full' },
				data: { type: 'string' },
				keys: { type: 'string' },
				once: { type: 'boolean', default: false },
				help: { type: 'boolean', default: false },
			},
		}).values;
	} catch (error) {
		const reason = error instanceof Error ? error.message.split('.')[0] : '';
		throw new CollectorError(`${reason}. See archive --help.`);
	}
}
