import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidV7 } from 'uuid';

import { openPostgresDatabase } from '../src/storage/database/postgres/postgres-database';
import { openSqliteDatabase } from '../src/storage/database/sqlite/sqlite-database';
import type { StoreDatabase, Writer } from '../src/storage/database/store-database';
import type { OpenRow } from '../src/storage/database/store-schema';
import type { TrackingStore } from '../src/storage/port/tracking-store';
import { startStore } from '../src/storage/start-store';
import { ACTORS, EVENT_LEAVES } from '../src/tracking/event/event-fields';
import { newOpenEvent } from '../src/tracking/event/open-event';
import { keysOf } from '../test/support/denylist-keys';

/**
 * What each question of a page costs over many opens of many campaigns, on SQLite and, where
 * `ANSWERS_BENCH_POSTGRES` names one, on PostgreSQL. One campaign is far larger than the others.
 * `ANSWERS_BENCH_OPENS` and `ANSWERS_BENCH_CAMPAIGNS` change the sizes.
 */
const OPENS = Number(process.env.ANSWERS_BENCH_OPENS ?? 1_000_000);
const CAMPAIGNS = Number(process.env.ANSWERS_BENCH_CAMPAIGNS ?? 1_000);
const PEOPLE = 100;
const LARGE = Number(process.env.ANSWERS_BENCH_LARGE ?? 10_000);
const COPIES = 20;
const BATCH = 1_000;
const TURNS = 7;
const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

async function main(): Promise<void> {
	const postgres = process.env.ANSWERS_BENCH_POSTGRES;
	if (postgres) {
		const schema = `bench_${randomUUID().replaceAll('-', '')}`;
		const database = await openPostgresDatabase({
			connectionString: postgres,
			tls: 'disable',
			schema,
		});
		try {
			await measure('PostgreSQL', database);
		} finally {
			await database.read((db) => sql`drop schema ${sql.ref(schema)} cascade`.execute(db));
			await database.close();
		}
		return;
	}
	const folder = await mkdtemp(join(tmpdir(), 'answers-bench-'));
	const database = await openSqliteDatabase({ path: join(folder, 'tracking.sqlite') });
	try {
		await measure('SQLite', database);
	} finally {
		await database.close();
		await rm(folder, { recursive: true });
	}
}

async function measure(engine: string, database: StoreDatabase): Promise<void> {
	const store = await startStore(database);
	const began = performance.now();
	for (let number = 0; number < CAMPAIGNS; number++) await addCampaign(store, number, PEOPLE);
	await addCampaign(store, CAMPAIGNS, LARGE);
	for (let start = 0; start < OPENS / COPIES; start += BATCH) {
		await store.recordOpens(
			Array.from({ length: Math.min(BATCH, OPENS / COPIES - start) }, (_, index) =>
				open(start + index),
			),
		);
	}
	// Recorded opens take minutes; what is asked depends on the number of rows alone.
	for (let copy = 1; copy < COPIES; copy++) await database.write((db) => copyOpens(db, copy));
	if (database.engine === 'postgres') await database.read((db) => sql`analyze`.execute(db));
	const seconds = Math.round((performance.now() - began) / 1000);
	process.stdout.write(
		`${engine}: ${OPENS} opens in ${CAMPAIGNS} campaigns, made in ${seconds} s\n`,
	);
	const [small, large] = [name(7), name(CAMPAIGNS)];
	const page = { limit: 50 };
	const now = new Date(START + 100 * 24 * HOUR);
	const questions: Array<[string, () => Promise<unknown>]> = [];
	for (const [size, campaignId] of [
		['of 100 people', small],
		[`of ${LARGE} people`, large],
	] as const) {
		questions.push([`report ${size}`, () => store.campaignReport({ campaignId })]);
		for (const state of ['opened', 'notOpened', 'hidden', 'machineOnly'] as const) {
			const request = { ...page, campaignId, state };
			questions.push([`${state} ${size}`, () => store.campaignRecipients(request)]);
		}
		const request = { ...page, campaignId, sort: 'lastOpen' as const };
		questions.push([`recipients by last open ${size}`, () => store.campaignRecipients(request)]);
		const search = { ...page, campaignId, search: 'nobody at all' };
		questions.push([`recipients searched ${size}`, () => store.campaignRecipients(search)]);
		questions.push([`rates by segment ${size}`, () => store.segmentRates(campaignId)]);
	}
	questions.push(
		['compare four', () => store.compareCampaigns([small, name(8), name(9), large], now)],
		['person', () => store.personReport({ recipientId: 'person-7-3', now })],
		['campaigns searched', () => store.searchCampaigns({ ...page, search: 'nothing' })],
		['campaigns', () => store.searchCampaigns(page)],
		['pixels searched', () => store.searchPixels({ ...page, search: 'nothing' })],
		['recipients', () => store.searchRecipients(page)],
		['recipients searched', () => store.searchRecipients({ ...page, search: 'person-9' })],
		['address searched', () => store.searchRecipients({ ...page, search: 'Person-9-7@' })],
		['recipients of a segment', () => store.searchRecipients({ ...page, segment: 'even' })],
		['segments', () => store.listSegments()],
		['opens of a segment', () => store.listOpens({ ...page, segment: 'even' })],
		['1,000 opens by storing', () => store.listStoredOpens({ limit: 1000 })],
	);
	for (const [what, ask] of questions) {
		const times: number[] = [];
		for (let turn = 0; turn < TURNS; turn++) {
			const asked = performance.now();
			await ask();
			times.push(performance.now() - asked);
		}
		const [first] = times;
		times.sort((a, b) => a - b);
		const median = times[Math.floor(TURNS / 2)];
		process.stdout.write(
			`${what.padEnd(44)} ${median.toFixed(1).padStart(8)} ms, first ${first.toFixed(1)} ms\n`,
		);
	}
}

/** Puts every recorded open into the log once more, under another id and a minute later. */
async function copyOpens(db: Writer, copy: number): Promise<void> {
	const columns = EVENT_LEAVES.map(({ column }) => column as keyof OpenRow);
	const others = columns.filter((column) => column !== 'event_id' && column !== 'occurred_at');
	await db
		.insertInto('opens')
		.columns(['event_id', 'occurred_at', ...others])
		.expression((is) =>
			is
				.selectFrom('opens')
				.select([
					sql<string>`${String(copy)} || event_id`.as('event_id'),
					sql<number>`occurred_at + ${sql.lit(copy * 60_000)}`.as('occurred_at'),
				])
				.select(others)
				.where('stored_seq', '<=', OPENS / COPIES),
		)
		.execute();
}

function name(number: number): string {
	return `campaign-${number}`;
}

async function addCampaign(store: TrackingStore, number: number, people: number): Promise<void> {
	const [pixelId, campaignId] = [`pixel-${number}`, name(number)];
	await store.createPixel({ id: pixelId, name: `Pixel ${number}`, campaignId });
	for (let start = 0; start < people; start += 1000) {
		const ids = Array.from(
			{ length: Math.min(1000, people - start) },
			(_, index) => `person-${number}-${start + index}`,
		);
		await store.addRecipients(
			pixelId,
			ids.map((recipientId, index) => ({
				recipientId,
				email: `${recipientId}@domain-${index % 40}.example`,
				segments: index % 2 === 0 ? ['even'] : ['odd'],
			})),
			keysOf,
		);
		await store.registerSent(
			ids.map((recipientId) => ({
				messageId: null,
				pixelId,
				campaignId,
				recipientId,
				sentAt: new Date(START + number * HOUR),
				trackingMode: 'identified' as const,
			})),
			keysOf,
		);
	}
}

/** Of each hundred opens, three are in the large campaign. */
function open(number: number) {
	const isLarge = number % 100 < 3;
	const campaign = isLarge ? CAMPAIGNS : Math.floor(number / 100) % CAMPAIGNS;
	const person =
		(number * 31 + Math.floor(number / 7)) % Math.floor((isLarge ? LARGE : PEOPLE) * 0.8);
	return newOpenEvent({
		eventId: uuidV7(),
		occurredAt: new Date(START + campaign * HOUR + (number % 500_000) * 600).toISOString(),
		recipientId: `person-${campaign}-${person}`,
		pixelId: `pixel-${campaign}`,
		campaignId: name(campaign),
		trackingMode: 'identified',
		purpose: 'performance',
		actor: ACTORS[(person + (number % 5 === 0 ? 1 : 0)) % ACTORS.length],
		actorReason: 'bench',
		rulesVersion: '1',
		client: { family: `Program ${person % 9}`, os: 'iOS', device: 'phone' },
		consent: { status: 'given' },
	});
}

void main();
