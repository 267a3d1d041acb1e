import { sql } from 'kysely';
import { Client } from 'pg';
import { v7 as uuidV7 } from 'uuid';

import { listPartitions } from '../../../../src/storage/database/postgres/open-partitions';
import type { StoreDatabase } from '../../../../src/storage/database/store-database';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { findAbout, findById } from '../../../../src/storage/opens/find-by-id';
import { startStore } from '../../../../src/storage/start-store';
import { newOpenEvent, type OpenEvent } from '../../../../src/tracking/event/open-event';
import { DEFAULT_RETENTION, retentionPlan } from '../../../../src/tracking/people/retention';
import { undoOpensByDay } from '../../../support/older-store';
import { describeOnPostgres, newPostgresPlace, postgresUrl } from '../../../support/stores';

const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;

describeOnPostgres('opens on PostgreSQL', () => {
	let place: Awaited<ReturnType<typeof newPostgresPlace>>;
	let database: StoreDatabase;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await newPostgresPlace();
		database = await place.openDatabase();
		store = await startStore(database);
	});
	const onTestEnd: Array<() => Promise<unknown>> = [];
	afterEach(async () => {
		for (const end of onTestEnd.splice(0)) await end();
		await place.dispose();
	});

	const partitions = async () =>
		await database.read((db) => listPartitions(db, String(database.schema)));
	const daysOf = async () =>
		(await partitions()).map(({ from, to }) => [day(from), day(to)] as const);

	test('lie in partitions by day, which are made ahead', async () => {
		expect(await daysOf()).toEqual(
			Array.from({ length: 8 }, (_, ahead) => [
				day(TODAY + ahead * DAY_MS),
				day(TODAY + (ahead + 1) * DAY_MS),
			]),
		);
	});

	test('find their day wherever they come from, and old ones their month', async () => {
		const past = TODAY - 20 * DAY_MS + 5000;
		const old = Date.UTC(2024, 1, 29, 23, 59);
		await store.recordOpens([openAt(past), openAt(old), openAt(TODAY)]);
		const days = await daysOf();
		expect(days).toContainEqual(['2024-02-01', '2024-03-01']);
		expect(days).toContainEqual([day(past), day(past + DAY_MS)]);
		expect(
			(await store.listOpens({ limit: 10 })).opens.map(({ occurredAt }) => occurredAt),
		).toEqual([TODAY, past, old].map((time) => new Date(time).toISOString()));
	});

	test('are looked for by their key in a day that has no statistics yet', async () => {
		const schema = sql.ref(String(database.schema));
		const keys = Array.from({ length: 500 }, (_, index) => {
			const time = TODAY + index;
			return { event_id: uuidV7({ msecs: time }), occurred_at: time };
		});
		const read = await database.write(async (db) => {
			await sql`insert into ${schema}.opens (event_id, occurred_at, tracking_mode, actor, features)
				select gen_random_uuid()::text, ${TODAY}::bigint + number, 'identified', 'human', '[]'
				from generate_series(1, 20000) as number`.execute(db);
			const rowsRead = async () => {
				const { rows } = await sql<{ count: number }>`
					select sum(seq_tup_read + idx_tup_fetch) as count from pg_stat_xact_user_tables
					where schemaname = ${String(database.schema)} and relname like 'opens_from_%'`.execute(db);
				return Number(rows[0].count);
			};
			const before = await rowsRead();
			expect(await findAbout(db, keys)).toEqual([]);
			expect(
				await findById(
					db,
					keys.map((key) => key.event_id),
				),
			).toEqual([]);
			return (await rowsRead()) - before;
		});
		expect(read).toBe(0);
	});

	test('stay few partitions, however long they are kept', async () => {
		const times = Array.from({ length: 300 }, (_, back) => TODAY - back * DAY_MS);
		await store.recordOpens(times.map((time) => openAt(time)));
		// A hundred days, the months before them, and the days ahead.
		expect((await partitions()).length).toBeLessThan(120);
		expect((await store.getDashboard()).totals.opens).toBe(300);
	});

	test('are found and recorded once the server has room for locks again', async () => {
		const times = Array.from({ length: 100 }, (_, back) => TODAY - back * DAY_MS);
		await store.recordOpens(times.map((time) => openAt(time)));
		const all = `select count(*) from "${String(database.schema)}".opens`;
		const others: Client[] = [];
		const connect = async () => {
			const other = new Client({ connectionString: postgresUrl });
			others.push(other);
			try {
				await other.connect();
				await other.query('begin');
				return await other.query(all);
			} catch (error) {
				return (error as { code: string }).code;
			}
		};
		// Whatever happens: without room no other test of this server gets on.
		const letGo = async () =>
			await Promise.all(others.splice(0).map(async (other) => await other.end()));
		onTestEnd.push(letGo);
		// Each transaction holds a lock of every partition, with its indexes, until it ends.
		while ((await connect()) !== '53200') expect(others.length).toBeLessThan(50);
		const page = store.listOpens({ limit: 100, recipientId: 'r' });
		const erased = store.eraseSubject(
			{ recipientId: 'r', denylistKeysOf: (name) => [`key of ${name}`], pseudonymsOf: () => [] },
			new Date(),
		);
		expect(await connect()).toBe('53200');
		await letGo();
		expect((await page).opens).toHaveLength(100);
		expect((await erased).eventIds).toHaveLength(100);
	});

	test('are stored once, also when they come again or under another time', async () => {
		const event = openAt(TODAY - 3 * DAY_MS);
		const imported = { ...openAt(TODAY - 40 * DAY_MS), eventId: 'from a file' };
		const both = [event, imported];
		expect(await store.recordOpens(both)).toMatchObject({ recorded: 2 });
		const moved = both.map((open) => ({ ...open, occurredAt: new Date(TODAY).toISOString() }));
		for (const again of [both, moved]) {
			expect(await store.recordOpens(again)).toMatchObject({ recorded: 0, duplicates: 2 });
		}
	});

	test('go with their whole day when retention ends, and with them the history of labels', async () => {
		const days = [92, 91, 90, 89].map((back) => TODAY - back * DAY_MS);
		const events = days.flatMap((time) => [openAt(time), openAt(time + DAY_MS - 1)]);
		await store.recordOpens(events);
		await store.relabelOpens(
			events.map(({ eventId }) => ({
				eventId,
				actor: 'scanner' as const,
				actorReason: 'test',
				rulesVersion: '2',
			})),
		);
		const plan = retentionPlan(DEFAULT_RETENTION, new Date(TODAY + 3_600_000));
		const dry = await store.applyRetention(plan, { dryRun: true });
		const opens = (counts: typeof dry) => counts.find(({ dataClass }) => dataClass === 'open');
		const { records } = opens(dry) ?? {};
		const before = await partitions();
		expect(opens(await store.applyRetention(plan, { dryRun: false }))?.records).toBe(records);
		const left = (await store.listOpens({ limit: 20 })).opens;
		expect(left.map(({ eventId }) => eventId).sort()).toEqual(
			events
				.slice(4)
				.map(({ eventId }) => eventId)
				.sort(),
		);
		expect((await partitions()).length).toBe(before.length - 2);
		expect(await store.listLabelHistory(events[0]?.eventId ?? '')).toEqual([]);
		expect(await store.listLabelHistory(events[7]?.eventId ?? '')).toHaveLength(1);
	});

	test('change, are erased and are handed over across days', async () => {
		const events = [0, 5, 50, 500].map((back) => openAt(TODAY - back * DAY_MS));
		await store.recordOpens(events);
		const numberBefore = await store.newestNumber();
		const [, second] = events;
		const change = { actor: 'scanner' as const, actorReason: 'late', rulesVersion: '2' };
		expect(await store.relabelOpens([{ eventId: second?.eventId ?? '', ...change }])).toMatchObject(
			{
				relabeled: 1,
			},
		);
		expect(await store.newestNumber()).toBe(numberBefore + 1);
		const arrived = await store.listArrived({ after: 0, upTo: numberBefore + 1, limit: 10 });
		expect(arrived.map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId));
		const found = await store.findOpens(arrived);
		expect(found.map(({ actor }) => actor)).toEqual(['human', 'scanner', 'human', 'human']);
		await store.eraseSubject(
			{ recipientId: 'r', denylistKeysOf: (name) => [`key of ${name}`], pseudonymsOf: () => [] },
			new Date(),
		);
		expect((await store.listOpens({ limit: 10 })).opens).toEqual([]);
		expect((await store.getDashboard()).totals.opens).toBe(0);
	});

	test('of a store from before stay where they are, with their indexes, and are found', async () => {
		const events = [-40, -1, 2, 30].map((ahead) => openAt(TODAY + ahead * DAY_MS));
		await store.recordOpens(events);
		await database.write(undoOpensByDay);
		const indexes = async (table: string) =>
			(
				await database.read((db) =>
					sql<{ count: number }>`select count(*) as count from pg_indexes
						where schemaname = ${String(database.schema)} and tablename = ${table}`.execute(db),
				)
			).rows[0].count;
		const before = await indexes('opens');
		const again = await startStore(await place.openDatabase());
		expect(await indexes('opens_before')).toBe(before);
		expect((await daysOf())[0]).toEqual(['-Infinity', day(TODAY + DAY_MS)]);
		expect((await again.listOpens({ limit: 10 })).opens.map(({ eventId }) => eventId)).toEqual(
			events.map(({ eventId }) => eventId).reverse(),
		);
		expect(await again.recordOpens(events)).toMatchObject({ duplicates: 4 });
		const newest = await again.newestNumber();
		await again.recordOpens([openAt(TODAY + 1000)]);
		expect(await again.newestNumber()).toBe(newest + 1);
	});
});

function openAt(time: number): OpenEvent {
	return newOpenEvent({
		eventId: uuidV7({ msecs: time }),
		occurredAt: new Date(time).toISOString(),
		recipientId: 'r',
		pixelId: 'p',
		campaignId: 'c',
		trackingMode: 'identified',
		purpose: 'performance',
		actor: 'human',
		actorReason: 'test',
		rulesVersion: '1',
		client: { family: 'Mail', os: 'iOS', device: 'phone' },
		consent: { status: 'given' },
	});
}

function day(time: number): string {
	return Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : String(time);
}
