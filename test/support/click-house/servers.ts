import { fork, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
	openClickHouse,
	readClickHouseAddress,
	type ClickHouse,
} from '../../../src/collector/archive/click-house';

/** A password with what addresses, headers and shells treat specially. */
const SIGN_IN = { user: 'archive', password: "p:ä%&@/'x" };
const STARTS_WITHIN_MS = 60_000;

/** A ClickHouse for one file of tests. */
export interface ClickHouseServer {
	/** With user and password, and a database of its own */
	address: string;
	password: string;
	database: string;
	port: number;
	/** A connection to it */
	open(signal?: AbortSignal): ClickHouse;
	/** Every row of an answer */
	all<Row = Record<string, unknown>>(query: string): Promise<Row[]>;
	stop(): Promise<void>;
}

const root = join(__dirname, '..', '..', '..');
const given = process.env.TEST_CLICKHOUSE_URL;
const hasEngine = existsSync(join(root, 'runtime', 'clickhouse', 'node_modules', 'chdb'));
const hasOldServer = !spawnSync('clickhouse-server', ['--version']).error;
for (const [found, what] of [
	[given ?? hasEngine, 'a current ClickHouse are skipped: its engine is not installed'],
	[hasOldServer, 'the ClickHouse of Debian are skipped: clickhouse-server is not installed'],
] as const) {
	if (!found) process.stderr.write(`\n!!! The tests on ${what}; npm run check installs it.\n`);
}

/** Declares tests that need a current ClickHouse; without one they are skipped by their names. */
export const describeOnClickHouse = (given ?? hasEngine) ? describe : describe.skip;
/** The same for the server that Debian has, version 18.16. */
export const describeOnOldClickHouse = hasOldServer ? describe : describe.skip;

/** The server that TEST_CLICKHOUSE_URL names, or the engine of a current one. */
export async function startClickHouse(): Promise<ClickHouseServer> {
	if (given) return await withDatabase(new URL(given), async () => undefined);
	const folder = mkdtempSync(join(tmpdir(), 'clickhouse-engine-'));
	const child = fork(
		join(__dirname, 'engine-process.js'),
		[folder, SIGN_IN.user, SIGN_IN.password],
		{ execArgv: [] },
	);
	const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	const port = await new Promise<number>((resolve, reject) => {
		child.once('message', (message: { port: number }) => resolve(message.port));
		void exited.then(() => reject(new Error('The engine of ClickHouse ended at its start')));
	});
	return await withDatabase(addressOf(port), async () => {
		child.kill('SIGKILL');
		await exited;
		rmSync(folder, { recursive: true });
	});
}

/** The server that Debian has, with data of its own. */
export async function startOldClickHouse(): Promise<ClickHouseServer> {
	const folder = mkdtempSync(join(tmpdir(), 'clickhouse-server-'));
	const [http, tcp] = await Promise.all([freePort(), freePort()]);
	for (const name of ['data', 'tmp']) mkdirSync(join(folder, name));
	const escaped = SIGN_IN.password.replace('&', '&amp;');
	writeFileSync(
		join(folder, 'config.xml'),
		`<yandex>
			<logger><level>error</level><console>1</console></logger>
			<http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
			<path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path>
			<users_config>${folder}/users.xml</users_config>
			<default_profile>default</default_profile><default_database>default</default_database>
			<mark_cache_size>10000000</mark_cache_size>
		</yandex>`,
	);
	writeFileSync(
		join(folder, 'users.xml'),
		`<yandex>
			<profiles><default></default></profiles><quotas><default></default></quotas>
			<users><${SIGN_IN.user}>
				<password>${escaped}</password><networks><ip>127.0.0.1</ip></networks>
				<profile>default</profile><quota>default</quota>
			</${SIGN_IN.user}></users>
		</yandex>`,
	);
	const args = [`--config-file=${join(folder, 'config.xml')}`];
	const child = spawn('clickhouse-server', args, { cwd: folder, stdio: 'ignore' });
	const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	const stop = async () => {
		child.kill('SIGKILL');
		await exited;
		rmSync(folder, { recursive: true });
	};
	const until = Date.now() + STARTS_WITHIN_MS;
	while (!(await fetch(`http://127.0.0.1:${http}/ping`).catch(() => null))?.ok) {
		if (child.exitCode !== null || Date.now() > until) {
			await stop();
			throw new Error('The ClickHouse of Debian did not start');
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return await withDatabase(addressOf(http), stop);
}

async function withDatabase(address: URL, stop: () => Promise<void>): Promise<ClickHouseServer> {
	const open = (signal = new AbortController().signal) =>
		openClickHouse(readClickHouseAddress(address.href), signal);
	const database = `test_${randomUUID().slice(0, 8)}`;
	await open().run(`CREATE DATABASE ${database}`);
	address.pathname = database;
	return {
		address: address.href,
		password: decodeURIComponent(address.password),
		database,
		port: Number(address.port),
		open,
		all: async <Row>(query: string) => {
			const rows: Row[] = [];
			for await (const row of open().rows<Row>(query)) rows.push(row);
			return rows;
		},
		stop: async () => {
			await open().run(`DROP DATABASE ${database}`);
			await stop();
		},
	};
}

function addressOf(port: number): URL {
	const { user, password } = SIGN_IN;
	return new URL(`http://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/`);
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}
