import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { v7 as uuidV7 } from 'uuid';

import { openEmbeddedStore } from '../src/storage/embedded-store';
import { openPostgresStore } from '../src/storage/postgres-store';
import type { TrackingStore } from '../src/storage/port/tracking-store';
import { ACTORS } from '../src/tracking/event/event-fields';
import { newOpenEvent, type OpenEvent } from '../src/tracking/event/open-event';
import { keysOf } from '../test/support/denylist-keys';
import { newDatabase, type OwnDatabase } from '../test/support/own-database';
import { foundPostgres } from '../test/support/postgres-server';

/**
 * The store on both databases while it grows from ten thousand opens by tens: opens recorded in a
 * second at each size, and what a status check, the dashboard, a page of opens and a campaign report
 * cost there; in the end in turns with a store that was empty, since a machine is not always as fast.
 * Then, on SQLite, what else writers and readers meet, and the memory of an export.
 * `--only postgres` or `--only sqlite` leaves the other out. `STORE_BENCH_OPENS` and
 * `STORE_BENCH_RECIPIENTS` change the sizes, `TEST_POSTGRES_URL` the server.
 */
const MANY = Number(process.env.STORE_BENCH_OPENS ?? 1_000_000);
const SINGLES = 20_000;
const RECIPIENTS = Number(process.env.STORE_BENCH_RECIPIENTS ?? 1_000_000);
const CAMPAIGNS = 100;
/** So many that each gets to five loads of each email */
const PEOPLE = MANY / CAMPAIGNS / 5;
/** Orders in which they load: each has no divisor in common with their number. */
const STRIDES = [31, 7919, 12_343, 3407, 17_389];
const BATCH = 500;
/** Where nothing is measured. */
const GROWING_BATCH = 5000;
/** Opens at the end of each size that the rate is taken of. */
const LAST = 10_000;
const DAY_MS = 86_400_000;
const DAYS = 90;
const START = Date.now() - DAYS * DAY_MS;
const READS = 200;
/** Windows of opens in the full store and in one that was empty, in turns. */
const TURNS = 5;

async function main(): Promise<void> {
	const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
	if (only !== 'sqlite') await growOnPostgres();
	if (only !== 'postgres') await measureSqlite();
}

async function measureSqlite(): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'store-bench-'));
	const open = async (name: string) =>
		await openEmbeddedStore({ folder: join(folder, name), queueMode: false });
	const store = await open('full');
	try {
		await growStore('SQLite', store);
		const empty = await open('empty');
		await compareWithEmpty('SQLite', store, empty);
		await empty.close();
		const singles = await fill(store, 0, SINGLES, singleMailOpen);
		print(`record ${SINGLES} opens, each of a pixel of its own`, rate(SINGLES, singles));
		const late = await fill(store, 0, SINGLES, lateOpen);
		print(`record ${SINGLES} opens that arrive late`, rate(SINGLES, late));
		await recipients(store);
	} finally {
		await store.close();
		await rm(folder, { recursive: true });
	}
}

async function growOnPostgres(): Promise<void> {
	if (foundPostgres === null) throw new Error('This needs PostgreSQL. Set TEST_POSTGRES_URL.');
	const [database, other] = [await newDatabase(foundPostgres), await newDatabase(foundPostgres)];
	const open = async ({ url }: OwnDatabase) =>
		await openPostgresStore({ connectionString: url.href, tls: 'disable' });
	const [store, empty] = [await open(database), await open(other)];
	try {
		// As the server does by itself within a minute; partitions just filled have no statistics yet.
		await growStore('PostgreSQL', store, () => database.run('analyze'));
		await compareWithEmpty('PostgreSQL', store, empty, () => other.run('analyze'));
	} finally {
		await Promise.all([store.close(), empty.close()]);
		await database.drop();
		await other.drop();
	}
}

/** Opens of today into a store that has grown, and the same into one that was empty. */
async function compareWithEmpty(
	name: string,
	full: TrackingStore,
	empty: TrackingStore,
	settle: () => Promise<void> = async () => undefined,
): Promise<void> {
	const seconds = { full: 0, empty: 0 };
	for (let turn = 0; turn < TURNS; turn += 1) {
		const from = MANY + turn * LAST;
		seconds.empty += await fill(empty, from, from + LAST, campaignOpen);
		seconds.full += await fill(full, from, from + LAST, campaignOpen);
		await settle();
	}
	const rates = [seconds.full, seconds.empty].map((some) => rate(TURNS * LAST, some));
	print(
		`${name}, ${MANY.toLocaleString('en-US')} opens and none, in turns`,
		`${rates.join(' and ')}, ${(seconds.empty / seconds.full).toFixed(2)} ×`,
	);
}

async function growStore(
	name: string,
	store: TrackingStore,
	settle: () => Promise<void> = async () => undefined,
): Promise<void> {
	let there = 0;
	for (let size = LAST; size <= MANY; size *= 10) {
		await fill(store, there, size - LAST, campaignOpen, GROWING_BATCH);
		const seconds = await fill(store, size - LAST, size, campaignOpen);
		there = size;
		await settle();
		const costs = await latencies(store);
		const texts = Object.entries(costs).map(([what, ms]) => `${what} ${ms.toFixed(2)} ms`);
		print(
			`${name}, ${size.toLocaleString('en-US')} opens`,
			[rate(LAST, seconds), ...texts].join(', '),
		);
	}
}

/** Records opens in batches; gives the seconds it took. */
async function fill(
	store: TrackingStore,
	from: number,
	to: number,
	sample: (number: number) => OpenEvent,
	batchSize = BATCH,
): Promise<number> {
	let seconds = 0;
	for (let start = from; start < to; start += batchSize) {
		const batch = Array.from({ length: Math.min(batchSize, to - start) }, (_, index) =>
			sample(start + index),
		);
		const began = performance.now();
		await store.recordOpens(batch);
		seconds += (performance.now() - began) / 1000;
	}
	return seconds;
}

/**
 * One of 100 campaigns, each to the same people, in order of time over the days of retention. Who
 * has loaded the email loads it again in another order than before, as people do.
 */
function campaignOpen(number: number): OpenEvent {
	const campaign = number % CAMPAIGNS;
	const position = Math.floor(number / CAMPAIGNS);
	const round = Math.floor(position / PEOPLE);
	const person = (position * STRIDES[round % STRIDES.length] + campaign * round * 197) % PEOPLE;
	const time = START + Math.floor(Math.min(1, number / MANY) * DAYS * DAY_MS);
	return newOpenEvent({
		eventId: uuidV7({ msecs: time }),
		occurredAt: new Date(time).toISOString(),
		recipientId: `recipient-${person}`,
		pixelId: `pixel-${campaign}`,
		campaignId: `campaign-${campaign}`,
		trackingMode: 'identified',
		purpose: 'performance',
		actor: ACTORS[(number + position) % ACTORS.length] ?? 'human',
		actorReason: 'bench',
		rulesVersion: '1',
		client: { family: 'Mail', os: 'iOS', device: 'phone' },
		consent: { status: 'given' },
	});
}

/** An email with a pixel of its own. */
function singleMailOpen(number: number): OpenEvent {
	return { ...campaignOpen(number), pixelId: uuidV7(), recipientId: uuidV7() };
}

/** Older than what its recipient has already, so that its neighbors must be looked up. */
function lateOpen(number: number): OpenEvent {
	const event = campaignOpen(number);
	return { ...event, occurredAt: new Date(START - number * 1000).toISOString() };
}

async function latencies(store: TrackingStore): Promise<Record<string, number>> {
	return {
		status: await median(() =>
			store.getStatus({ pixelId: 'pixel-7', recipientId: 'recipient-31' }),
		),
		dashboard: await median(() => store.getDashboard()),
		'page of opens': await median(() => store.listOpens({ limit: 50 })),
		'opens of a person': await median(() =>
			store.listOpens({ limit: 50, recipientId: 'recipient-31' }),
		),
		'campaign report': await median(() => store.campaignReport({ campaignId: 'campaign-7' })),
	};
}

async function median(action: () => Promise<unknown>): Promise<number> {
	const times: number[] = [];
	for (let turn = 0; turn < READS; turn++) {
		const began = performance.now();
		await action();
		times.push(performance.now() - began);
	}
	times.sort((a, b) => a - b);
	return times[Math.floor(times.length / 2)] ?? 0;
}

async function recipients(store: TrackingStore): Promise<void> {
	const pixel = await store.createPixel({ name: 'Bench' });
	const part = 10_000;
	let slowest = 0;
	for (let start = 0; start < RECIPIENTS; start += part) {
		const list = Array.from({ length: part }, (_, index) => ({
			recipientId: uuidV7(),
			email: `recipient-${start + index}@example.com`,
			token: `token-${uuidV7()}`,
		}));
		const began = performance.now();
		await store.addRecipients(pixel.id, list, keysOf);
		slowest = Math.max(slowest, performance.now() - began);
	}
	print(`add 10,000 recipients to up to ${RECIPIENTS}`, `at most ${slowest.toFixed(0)} ms`);
	let count = 0;
	let peak = 0;
	global.gc?.();
	const before = process.memoryUsage().rss;
	const began = performance.now();
	for await (const recipient of store.streamRecipients(pixel.id)) {
		if (recipient.email === null) throw new Error('An address is missing.');
		count += 1;
		if (count % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
	}
	print(`stream ${count} recipients`, rate(count, (performance.now() - began) / 1000));
	print(
		'resident memory before and at most while streaming',
		`${mib(before)} and ${mib(peak)} MiB`,
	);
}

function rate(count: number, seconds: number): string {
	return `${Math.round(count / seconds)}/s`;
}

function mib(bytes: number): number {
	return Math.round(bytes / 1024 / 1024);
}

function print(what: string, result: string): void {
	process.stdout.write(`${what.padEnd(40)}  ${result}\n`);
}

void main();
