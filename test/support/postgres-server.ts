import { spawnSync } from 'node:child_process';

const POSTGRES_CANDIDATES = [
	'postgres://postgres@127.0.0.1:5432/test',
	'postgres://root@127.0.0.1:5432/test',
	'postgres://postgres:postgres@127.0.0.1:5432/postgres',
];

/** URL of the PostgreSQL server that tests and benchmarks may use; `null` where there is none. */
export const foundPostgres = findPostgres();

/** The same; where there is none it leads nowhere. */
export const postgresUrl = foundPostgres ?? 'postgres://nowhere.invalid/none';

function findPostgres(): string | null {
	const given = process.env.TEST_POSTGRES_URL;
	const url = (given ? [given] : POSTGRES_CANDIDATES).find(canConnect) ?? null;
	if (url !== null) {
		const { host, pathname } = new URL(url);
		say(`Store tests run on SQLite and on PostgreSQL at ${host}${pathname}.`);
	} else if (given || process.env.REQUIRE_POSTGRES === '1') {
		throw new Error(
			'PostgreSQL is required for these tests and did not answer. Start it on 127.0.0.1:5432, or set TEST_POSTGRES_URL.',
		);
	} else {
		say(
			'!!! The tests on PostgreSQL are skipped: none answers at 127.0.0.1:5432 and TEST_POSTGRES_URL is not set.',
		);
	}
	return url;
}

/** Asks in a process of its own, because tests are declared synchronously. */
function canConnect(url: string): boolean {
	const script = `
		const { Client } = require('pg');
		const client = new Client({ connectionString: process.argv[1], connectionTimeoutMillis: 3000 });
		client.connect().then(() => process.exit(0), () => process.exit(1));`;
	const options = { cwd: __dirname, timeout: 10_000 };
	return spawnSync(process.execPath, ['-e', script, url], options).status === 0;
}

function say(line: string): void {
	process.stderr.write(`\n${line}\n`);
}
