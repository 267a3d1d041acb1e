import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sql } from 'kysely';

import { openPostgresDatabase } from '../src/storage/database/postgres/postgres-database';
import { openSqliteDatabase } from '../src/storage/database/sqlite/sqlite-database';
import type { StoreDatabase } from '../src/storage/database/store-database';
import { RECIPIENT_STATES } from '../src/storage/port/answers-store';
import type { TrackingStore } from '../src/storage/port/tracking-store';
import { startStore } from '../src/storage/start-store';
import {
	campaignName,
	copyLoads,
	makeCampaigns,
	personName,
	recordLoads,
} from '../test/support/many-opens';
import { testApi } from '../test/support/tracking-api';

/**
 * What each page and each question behind it costs the server with no open, some and many: the
 * median of some times on the clock, and for pages that of processor time. On SQLite, or where
 * `ANSWERS_BENCH_POSTGRES` names one, on PostgreSQL. `ANSWERS_BENCH_OPENS` changes the many.
 */
const SOME = 10_000;
const MANY = Number(process.env.ANSWERS_BENCH_OPENS ?? 1_000_000);
/** Recorded one by one; the others are copies of them */
const RECORDED = Math.min(MANY, 50_000);
const LIMIT_MS = 300;
const TURNS = 7;
const NOW = new Date('2026-11-20T10:00:00.000Z');
const CAMPAIGNS = { campaigns: 1_000, large: 10, people: 100, peopleOfLarge: 10_000, until: NOW };
const [LARGEST, LARGE, SMALL] = [campaignName(0), campaignName(1), campaignName(700)];

type Question = readonly [what: string, ask: () => Promise<unknown>];

async function main(): Promise<void> {
	const connectionString = process.env.ANSWERS_BENCH_POSTGRES;
	if (connectionString) {
		const schema = `bench_${randomUUID().replaceAll('-', '')}`;
		const database = await openPostgresDatabase({ connectionString, tls: 'disable', schema });
		try {
			await measure(database);
		} finally {
			await database.read((db) => sql`drop schema ${sql.ref(schema)} cascade`.execute(db));
			await database.close();
		}
		return;
	}
	const folder = await mkdtemp(join(tmpdir(), 'answers-bench-'));
	const database = await openSqliteDatabase({ path: join(folder, 'tracking.sqlite') });
	try {
		await measure(database);
	} finally {
		await database.close();
		await rm(folder, { recursive: true });
	}
}

async function measure(database: StoreDatabase): Promise<void> {
	const store = await startStore(database);
	const questions = [...pages(store), ...questionsTo(store)];
	const times = new Map<string, number[]>(questions.map(([what]) => [what, []]));
	const at = async (opens: number, make: () => Promise<void>) => {
		await make();
		process.stderr.write(`${database.engine}: ${opens} opens\n`);
		for (const [what, ask] of questions) times.get(what)?.push(await medianOf(ask));
	};
	await at(0, async () => {});
	await at(SOME, async () => {
		await makeCampaigns(store, CAMPAIGNS);
		await recordLoads(store, CAMPAIGNS, 0, SOME);
		await copyLoads(database, 0);
	});
	await at(MANY, async () => {
		await recordLoads(store, CAMPAIGNS, SOME, RECORDED);
		await copyLoads(database, Math.round(MANY / RECORDED) - 1);
	});
	const { campaigns } = CAMPAIGNS;
	process.stdout.write(
		`${database.engine}: ms with 0, ${SOME} and ${MANY} opens of ${campaigns} campaigns\n`,
	);
	for (const [what, measured] of times) {
		const shown = measured.map((ms) => ms.toFixed(1).padStart(8)).join('');
		process.stdout.write(`${what.padEnd(64)}${shown}\n`);
	}
	const slow = [...times].filter(([, measured]) => Math.max(...measured) > LIMIT_MS);
	if (slow.length === 0) return;
	process.stdout.write(`Over ${LIMIT_MS} ms: ${slow.map(([what]) => what).join(', ')}\n`);
	process.exitCode = 1;
}

/** Every page, and what the APIs answer. */
function pages(store: TrackingStore): Question[] {
	const { send, sendJson, clock } = testApi(store);
	clock.now = NOW;
	const campaign = (id: string, more = '') => `/campaign?id=${id}${more}`;
	const paths = [
		'/dashboard',
		'/dashboard?range=all',
		'/dashboard?live=on',
		'/dashboard/live',
		'/campaigns',
		'/campaigns?sort=likely&page=20',
		'/campaigns?q=nothing',
		'/pixels',
		'/pixels?q=nothing',
		'/recipients',
		'/recipients?q=person-7',
		'/recipients?page=1000',
		'/opens',
		'/opens?range=all&page=100',
		'/search?q=campaign-7',
		'/search?q=nothing',
		...[SMALL, LARGE, LARGEST].map((id) => campaign(id)),
		campaign(LARGEST, '&page=190'),
		...RECIPIENT_STATES.map((state) => campaign(LARGEST, `&show=${state}`)),
		campaign(LARGEST, '&sort=lastOpen'),
		campaign(LARGEST, '&q=nobody'),
		`/campaign/recipients.csv?id=${LARGEST}`,
		`/compare?id=${LARGEST}&id=${LARGE}&id=${campaignName(2)}&id=${SMALL}`,
		`/person?id=${personName(0, 0)}`,
		'/logs/pixel-0',
		'/logs/pixel-0?page=1000',
		'/logs/pixel-700',
		'/api/dashboard',
		'/api/v1/campaigns?limit=1000',
		'/api/v1/campaigns?limit=1000&format=csv',
		'/api/v1/events',
		'/api/v1/events?format=csv',
		'/api/v1/pixels/pixel-0/generate-tokens/csv',
	];
	return [
		...paths.map((path): Question => [path, async () => await (await send(path)).text()]),
		[
			'/api/pixel/check',
			async () => await (await sendJson('/api/pixel/check', { id: 'pixel-0' })).text(),
		],
	];
}

/** What nodes and lists to choose from ask, as far as no page does. */
function questionsTo(store: TrackingStore): Question[] {
	const page = { limit: 50 };
	const sentBefore = NOW;
	return [
		[
			'not opened of the largest',
			() => store.listNotOpened({ ...page, campaignId: LARGEST, sentBefore }),
		],
		[
			'not opened of a segment',
			() => store.listNotOpened({ ...page, campaignId: LARGEST, sentBefore, segment: 'even' }),
		],
		[
			'statuses',
			() =>
				store.listStatuses(
					[0, 1, 2].map((n) => ({ pixelId: 'pixel-0', recipientId: personName(0, n) })),
				),
		],
		['recipients of a segment', () => store.searchRecipients({ ...page, segment: 'even' })],
		['address searched', () => store.searchRecipients({ ...page, search: 'Person-9-7@' })],
		['campaigns to choose', () => store.listChoices({ ...page, of: 'campaign', search: '9' })],
		['pixels to choose', () => store.listChoices({ ...page, of: 'pixel', search: '9' })],
		['recipients to choose', () => store.listChoices({ ...page, of: 'recipient' })],
		[
			'recipients to choose, none found',
			() => store.listChoices({ ...page, of: 'recipient', search: 'nobody' }),
		],
		[
			'recipients of the largest in a segment',
			() => store.campaignRecipients({ ...page, campaignId: LARGEST, segment: 'even' }),
		],
		['rates by segment of the largest', () => store.segmentRates(LARGEST)],
		['segments', () => store.listSegments()],
		['opens of a segment', () => store.listOpens({ ...page, segment: 'even' })],
		['opens of a person', () => store.listOpens({ ...page, recipientId: personName(0, 0) })],
	];
}

async function medianOf(ask: () => Promise<unknown>): Promise<number> {
	const times: number[] = [];
	for (let turn = 0; turn <= TURNS; turn++) {
		const asked = performance.now();
		await ask();
		times.push(performance.now() - asked);
	}
	// The first one reads from the disk and compiles; nobody waits for it twice.
	return times.slice(1).sort((a, b) => a - b)[Math.floor(TURNS / 2)];
}

void main();
