import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { v7 as uuidV7 } from 'uuid';

import { openPostgresStore } from '../src/storage/postgres-store';
import { newOpenEvent } from '../src/tracking/event/open-event';
import { startCutOff } from '../test/support/cut-off';

/**
 * Several processes that record opens of one campaign with one pixel in one PostgreSQL: on this
 * machine, and two milliseconds away, where each waits for the network most of the time. Opens a
 * second, as multiples of those of one process.
 */
const AWAY_MS = [0, 2];
const WRITERS = [1, 2, 4];
const BATCH = 100;
const SECONDS = 8;
const RECIPIENTS = 5000;

/** One of the processes: opens its store, and writes from the first message on. */
async function write(connectionString: string): Promise<void> {
	const store = await openPostgresStore({ connectionString, tls: 'disable' });
	process.send?.('ready');
	await once(process, 'message');
	const end = performance.now() + SECONDS * 1000;
	let recorded = 0;
	while (performance.now() < end) {
		const result = await store.recordOpens(Array.from({ length: BATCH }, openOfCampaign));
		recorded += result.recorded;
	}
	process.send?.(recorded);
	await store.close();
	process.disconnect();
}

function openOfCampaign() {
	return newOpenEvent({
		eventId: uuidV7(),
		occurredAt: new Date().toISOString(),
		recipientId: `recipient-${process.pid}-${Math.floor(Math.random() * RECIPIENTS)}`,
		pixelId: 'pixel',
		campaignId: 'campaign',
		trackingMode: 'identified',
		purpose: 'performance',
		actor: 'human',
		actorReason: 'bench',
		rulesVersion: '1',
		consent: { status: 'given' },
	});
}

/** Opens that so many writers record in a second. */
async function measure(writers: number, delayMs: number): Promise<number> {
	// Here, since it looks for the server and says so: once is enough.
	const { foundPostgres } = await import('../test/support/postgres-server');
	const { newDatabase } = await import('../test/support/own-database');
	if (foundPostgres === null) throw new Error('This needs PostgreSQL. Set TEST_POSTGRES_URL.');
	const database = await newDatabase(foundPostgres);
	const url = new URL(database.url.href);
	const way = await startCutOff(url.hostname, Number(url.port || 5432), { delayMs });
	url.hostname = '127.0.0.1';
	url.port = String(way.port);
	try {
		await (await openPostgresStore({ connectionString: url.href, tls: 'disable' })).close();
		const children = Array.from({ length: writers }, () =>
			fork(__filename, ['write', url.href], { execArgv: ['--import', 'tsx'] }),
		);
		await Promise.all(children.map(nextMessage));
		const counts = await Promise.all(
			children.map(async (child) => {
				const recorded = nextMessage(child);
				child.send('go');
				return Number(await recorded);
			}),
		);
		await Promise.all(children.map(async (child) => child.exitCode ?? (await once(child, 'exit'))));
		return counts.reduce((sum, count) => sum + count, 0) / SECONDS;
	} finally {
		await way.close();
		await database.drop();
	}
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
	const [message] = await Promise.race([
		once(child, 'message'),
		once(child, 'exit').then(() => Promise.reject(new Error('A writer ended.'))),
	]);
	return message;
}

async function main(): Promise<void> {
	for (const delayMs of AWAY_MS) {
		let one = 0;
		for (const writers of WRITERS) {
			const rate = await measure(writers, delayMs);
			if (writers === 1) one = rate;
			const what = `${writers} writing to a database ${delayMs} ms away`;
			process.stdout.write(
				`${what.padEnd(42)}  ${Math.round(rate)}/s  ${(rate / one).toFixed(2)} x one\n`,
			);
		}
	}
}

const [, , task, connectionString] = process.argv;
void (task === 'write' && connectionString ? write(connectionString) : main());
