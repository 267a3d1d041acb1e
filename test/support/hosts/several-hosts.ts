/** What happens to opens while hosts are cut off, killed and restarted under load. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';

import { Client } from 'pg';

import { startLoad } from '../../../bench/soak/start-load';
import { eventually } from '../n8n-instance';
import { reportOf, type FoundOpen, type SeveralHostsReport } from './hosts-report';
import { PATHS, startHosts } from './running-hosts';

export interface SeveralHostsOrder {
	/** Loads a second for the collectors */
	rate: number;
	/** Loads a second for the webhook processor */
	webhookRate: number;
	/** How long a host is cut off, PostgreSQL is away, and a killed process is gone */
	awayMs: { cutOff: number; postgres: number; killed: number };
}

const LOADS = {
	collectors: { prefix: 'c', connections: 16, recipientsPerConnection: 4 },
	webhooks: { prefix: 'w', connections: 8, recipientsPerConnection: 2 },
};
const OPENS = 'email_open_tracking.opens';
/** More than n8n takes to notice a killed worker, and to give its batch again. */
const GOES_ON_WITHIN_MS = 180_000;

/** Starts everything in `folder`, has the load go on through all of it, and compares in the end. */
export async function severalHosts(
	order: SeveralHostsOrder,
	folder: string,
	say: (line: string) => void,
): Promise<SeveralHostsReport> {
	const hosts = await startHosts(folder, say);
	const { postgres, proxy, collectors, workers } = hosts;
	const at = { host: proxy.host, port: proxy.port, seconds: 3600 };
	const [loads, directLoads] = [
		startLoad({ ...at, ...LOADS.collectors, path: PATHS.collectors, rate: order.rate }),
		startLoad({ ...at, ...LOADS.webhooks, path: PATHS.webhooks, rate: order.webhookRate }),
	];
	/** Waits until the store has more opens of each way in than now. */
	const bothGoOn = async () => {
		const before = await countStored(postgres.url);
		await goesOn(async () => {
			const now = await countStored(postgres.url);
			return now.every((count, way) => count >= before[way] + 10);
		});
	};
	const answersAgain = async ({ metric }: (typeof collectors)[number]) => {
		const before = await metric('answered_total');
		await goesOn(async () => (await metric('answered_total')) > before);
	};
	await bothGoOn();
	await Promise.all(collectors.map(answersAgain));

	say('a collector is cut off');
	collectors[0].host.cutOff();
	await pause(order.awayMs.cutOff);
	await answersAgain(collectors[1]);
	collectors[0].host.connect();
	await answersAgain(collectors[0]);
	await bothGoOn();

	say('PostgreSQL is restarted');
	await postgres.stop();
	await pause(order.awayMs.postgres);
	await postgres.start();
	await bothGoOn();

	say('a worker and the other collector are killed');
	await Promise.all([workers[0].kill(), collectors[1].kill()]);
	await pause(order.awayMs.killed);
	[collectors[1]] = await Promise.all([
		hosts.startCollector(collectors[1].host),
		hosts.startWorker(workers[0].host),
	]);
	await answersAgain(collectors[1]);
	await bothGoOn();

	say('the webhook processor is killed');
	await hosts.webhook.kill();
	await pause(order.awayMs.killed);
	await hosts.startWebhook();
	await bothGoOn();
	// What was answered before its end goes along with the next loads.
	await goesOn(() => waitingIn(hosts.webhook.folder) === 0);

	for (const load of [loads, directLoads]) load.stop();
	const reports = { collectors: await loads.report, webhooks: await directLoads.report };
	say('the load has ended');
	for (const { metric } of collectors) await goesOn(async () => (await metric('backlog')) === 0);
	await goesOn(async () => (await hosts.queued()) === 0);
	for (const { folder: its } of workers) await goesOn(() => waitingIn(its) === 0);
	const stored = await readStored(postgres.url);
	await goesOn(() => {
		const got = new Set(hosts.handedOver.map(({ eventId }) => eventId));
		return stored.every(({ eventId }) => got.has(eventId));
	});
	const { handedOver } = hosts;
	return reportOf({ loads: reports, stored, handedOver, passedOn: proxy.passedOn() });
}

async function goesOn(probe: () => boolean | Promise<boolean>): Promise<void> {
	await eventually(probe, GOES_ON_WITHIN_MS);
}

/** How many opens wait on the disk of an n8n: for the store, or to go through their workflow again. */
function waitingIn(n8nFolder: string): number {
	const folder = join(n8nFolder, '.n8n', 'email-open-tracking-waiting');
	const files = existsSync(folder)
		? readdirSync(folder, { recursive: true, encoding: 'utf8' })
		: [];
	return files
		.filter((file) => file.endsWith('.sqlite'))
		.reduce((sum, file) => {
			const log = new DatabaseSync(join(folder, file), { readOnly: true, timeout: 5000 });
			const { count } = log.prepare('select count(*) as count from log').get()!;
			log.close();
			return sum + Number(count);
		}, 0);
}

async function query<Row extends object>(url: URL, sql: string): Promise<Row[]> {
	const client = new Client({ connectionString: url.href });
	await client.connect();
	try {
		return (await client.query<Row>(sql)).rows;
	} finally {
		await client.end();
	}
}

async function readStored(url: URL): Promise<FoundOpen[]> {
	const rows = await query<FoundOpen>(
		url,
		`select event_id as "eventId", occurred_at as "occurredAt", recipient_id as "recipientId",
			message_id::int as "messageId" from ${OPENS} order by coalesce(first_stored_seq, stored_seq)`,
	);
	return rows.map((row) => ({ ...row, occurredAt: Number(row.occurredAt) }));
}

/** How many opens came in each way. */
async function countStored(url: URL): Promise<number[]> {
	const ways = Object.values(LOADS).map(
		({ prefix }) => `count(*) filter (where recipient_id like '${prefix}%')::int as ${prefix}`,
	);
	const [counts] = await query<Record<string, number>>(url, `select ${ways.join()} from ${OPENS}`);
	return Object.values(counts);
}
