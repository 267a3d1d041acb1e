/** PostgreSQL away under load: a collector process, its way to the server cut off for a while. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';

import { collectorMetric, startCollectorProcess } from '../../test/support/collector-process';
import { startCutOff } from '../../test/support/cut-off';
import { eventually, freePort } from '../../test/support/n8n-instance';
import { foundPostgres, postgresUrl } from '../../test/support/postgres-server';
import { check, drained, makeLoad } from './checks';
import { createArrivals } from './identity';

/** Few recipients, so that each batch holds several opens of each: that is where order is lost. */
const LOAD = { connections: 64, recipientsPerConnection: 2 };
const TABLE = 'email_open_tracking.opens';
const READ_ROWS = 50_000;

export async function outage({ rate, away }: { rate: number; away: number }): Promise<void> {
	if (foundPostgres === null) throw new Error('This part needs PostgreSQL. Set TEST_POSTGRES_URL.');
	const database = `open_tracking_soak_${randomUUID().slice(0, 8)}`;
	const direct = Object.assign(new URL(postgresUrl), { pathname: `/${database}` });
	await withClient(
		postgresUrl,
		async (client) => await client.query(`create database ${database}`),
	);
	const folder = mkdtempSync(join(tmpdir(), 'soak-outage-'));
	try {
		await run(direct, folder, rate, away);
	} finally {
		rmSync(folder, { recursive: true, force: true });
		await withClient(
			postgresUrl,
			async (client) => await client.query(`drop database ${database} with (force)`),
		);
	}
}

async function run(direct: URL, folder: string, rate: number, away: number): Promise<void> {
	const seconds = away * 2;
	process.stdout.write(
		`PostgreSQL away for ${away} of ${seconds} s, ${rate} loads/s\n` +
			'         PostgreSQL itself runs on: a TCP proxy between it and the collector is closed and\n' +
			'         opened again, which drops all connections and refuses new ones.\n',
	);
	const way = await startCutOff(direct.hostname, Number(direct.port || 5432));
	const throughWay = Object.assign(new URL(direct), { hostname: '127.0.0.1', port: way.port });
	const collector = await startCollectorProcess(
		folder,
		[
			...['--admin-port', String(await freePort()), '--postgres-tls', 'disable'],
			...['--postgres-url-env', 'SOAK_STORE_URL'],
		],
		{ SOAK_STORE_URL: throughWay.href },
	);
	const metric = async (name: string) => await collectorMetric(collector, name);
	try {
		await withClient(direct.href, async (client) => {
			// The table is there a moment after the collector is.
			await eventually(
				async () =>
					(await client.query('select to_regclass($1) as found', [TABLE])).rows[0].found !== null,
			);
			// In this database alone: the order in which rows come in.
			await client.query(`alter table ${TABLE} add column arrived bigserial`);
		});
		const loading = makeLoad({ ...LOAD, port: collector.port, rate, seconds });
		const sleep = (part: number) =>
			new Promise((resolve) => setTimeout(resolve, part * seconds * 1000));
		await sleep(0.25);
		const before = await metric('shipped_total');
		await way.close();
		await sleep(0.5);
		const backlog = await metric('backlog');
		const failures = await metric('shipping_failures');
		await way.open();
		const report = await loading;
		check(before > 0, `${before} opens were stored before the outage`);
		check(
			failures > 0 && backlog >= rate * away * 0.9,
			`the outage was one: ${failures} failures in a row, ${backlog} opens waiting in the log`,
		);
		// Reports come twice a second; the first one after the last load counts.
		await new Promise((resolve) => setTimeout(resolve, 1000));
		await drained('the log drained', async () => await metric('backlog'));

		const arrivals = createArrivals();
		await withClient(direct.href, async (client) => {
			for (let after = 0; ; ) {
				const { rows } = await client.query<{ arrived: string; id: string; message: string }>(
					`select arrived, recipient_id as id, message_id as message from ${TABLE}
						where arrived > $1 order by arrived limit ${READ_ROWS}`,
					[after],
				);
				for (const { id, message } of rows) arrivals.note(id, message);
				if (rows.length < READ_ROWS) break;
				after = Number(rows[rows.length - 1].arrived);
			}
		});
		const { answered, missing, repeated, outOfOrder } = arrivals.compare(report);
		check(missing === 0, `${missing} of ${answered} answered loads are missing in the store`);
		check(repeated === 0, `${repeated} loads are in the store more than once`);
		check(outOfOrder === 0, `${outOfOrder} opens came behind a later one of the same recipient`);
		const waits = (await metric('answered_early_total')) + (await metric('failed_total'));
		check(waits === 0, `${waits} loads were answered before they were on disk`);
	} finally {
		collector.child.kill('SIGTERM');
		await collector.exited;
		await way.close();
	}
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
	const client = new Client({ connectionString: url });
	await client.connect();
	try {
		return await work(client);
	} finally {
		await client.end();
	}
}
