import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { chunks } from '../../../src/storage/database/chunks';
import { openSqliteDatabase } from '../../../src/storage/database/sqlite/sqlite-database';
import { startStore } from '../../../src/storage/start-store';
import { createStore } from '../../../src/storage/store';
import { ACTORS } from '../../../src/tracking/event/event-fields';
import { forgetMigrations, undoImageHeld } from '../../support/older-store';
import { groupBy, recountGroup, recountHours } from '../../support/reference-counts';
import { sampleOpen, START } from '../../support/sample-opens';
import { onEachEngine } from '../../support/stores';
import type { StorePlace } from '../../support/stores';

onEachEngine('several processes and failures on $name', (engine) => {
	let place: StorePlace;
	beforeEach(async () => {
		place = await engine.newPlace();
	});
	afterEach(async () => {
		await place.dispose();
	});

	/** Another connection that holds the write lock until it is told to let go. */
	async function holdLock() {
		const database = await place.openDatabase();
		let letGo = () => {};
		const told = new Promise<void>((resolve) => {
			letGo = resolve;
		});
		let held: Promise<void> = Promise.resolve();
		await new Promise<void>((resolve) => {
			held = database.write(async () => {
				resolve();
				await told;
			});
		});
		return {
			letGo: async () => {
				letGo();
				await held;
			},
		};
	}

	test('a write waits while another connection holds the lock, with the event loop free', async () => {
		const store = await place.openStore();
		const lock = await holdLock();
		const recording = store.recordOpens([sampleOpen({ pixelId: 'p', recipientId: 'ada' })]);
		let done = false;
		void recording.then(() => {
			done = true;
		});
		// Reads go on meanwhile, and see nothing of the write.
		for (let turn = 0; turn < 20; turn++) {
			expect((await store.listOpens({ limit: 1 })).opens).toEqual([]);
		}
		expect(done).toBe(false);
		await lock.letGo();
		expect(await recording).toMatchObject({ recorded: 1 });
	});

	test('a write gives up when the lock is held too long, and works once it is free', async () => {
		await place.openStore();
		const store = createStore(await place.openDatabase({ lockLimitMs: 150 }));
		const lock = await holdLock();
		const event = sampleOpen({ pixelId: 'p', recipientId: 'ada' });
		await expect(store.recordOpens([event])).rejects.toMatchObject({ code: 'busy' });
		await lock.letGo();
		expect(await store.recordOpens([event])).toMatchObject({ recorded: 1 });
	});

	test('stores that start at the same moment all get the schema', async () => {
		const stores = await Promise.all([1, 2, 3, 4].map(() => place.openStore()));
		await Promise.all(
			stores.map((store) => store.recordOpens([sampleOpen({ pixelId: 'p', recipientId: 'a' })])),
		);
		expect((await stores[0]?.getDashboard())?.totals).toMatchObject({ opens: 4, uniqueOpens: 1 });
	});

	test('counters equal a recount when several processes record and relabel at once', async () => {
		const stores = await Promise.all([1, 2, 3].map(() => place.openStore()));
		const pixels = Array.from({ length: 12 }, (_, index) => `pixel-${index}`);
		// Of every pixel, recipient and campaign, each process brings some; all times are mixed.
		const events = Array.from({ length: 600 }, (_, index) => {
			const pixel = (index * 7) % 12;
			return sampleOpen({
				pixelId: pixels[pixel] ?? null,
				campaignId: `campaign-${pixel % 3}`,
				recipientId: index % 5 === 0 ? null : `recipient-${index % 4}`,
				actor: ACTORS[index % ACTORS.length],
				at: START + ((index * 7919) % 600) * 9000,
			});
		});
		let relabeled = 0;
		await Promise.all(
			stores.map(async (store, which) => {
				const own = events.filter((_, index) => index % 3 === which);
				for (const part of chunks(own, 10)) {
					// The others bring some of the same events.
					const again = events.filter((_, index) => index % 50 === which);
					await store.recordOpens([...part, ...again]);
				}
				for (const event of own.slice(0, 10)) {
					const label = { actor: 'scanner' as const, actorReason: 'test', rulesVersion: '1' };
					const result = await store.relabelOpens([{ eventId: event.eventId, ...label }]);
					event.actor = 'scanner';
					relabeled += result.relabeled;
				}
			}),
		);
		expect(relabeled).toBe(30);
		const [store] = stores;
		const { uniqueAt, ...total } = recountGroup(events, new Set());
		expect((await store?.getDashboard())?.totals).toMatchObject(total);
		const span = { from: new Date(START - 86_400_000), to: new Date(START + 30 * 86_400_000) };
		expect(await store?.listOpensPerHour(span)).toEqual(recountHours(events, uniqueAt));
		for (const [campaignId, log] of groupBy(events, (event) => event.campaignId)) {
			const { uniqueAt: unique, ...expected } = recountGroup(log, new Set());
			expect(await store?.getCampaign(campaignId)).toMatchObject(expected);
			const hours = await store?.listOpensPerHour({ ...span, campaignId });
			expect(hours).toEqual(recountHours(log, unique));
		}
		for (const [pixelId, log] of groupBy(events, (event) => event.pixelId)) {
			const { opens, viewTimeMs, sessions, lastOpenAt } = recountGroup(log, new Set());
			const status = await store?.getStatus({ pixelId });
			expect(status).toMatchObject({ opens, viewTimeMs, sessions, lastOpenAt });
		}
	});

	test('the one total of an older version goes on counting', async () => {
		const old = await place.openStore();
		await old.recordOpens([sampleOpen({ pixelId: 'p', recipientId: 'ada' })]);
		const database = await place.openDatabase();
		await database.write(async (db) => {
			for (const table of ['tallies', 'hourly'] as const) {
				await db.updateTable(table).set({ scope_id: '' }).where('scope', '=', 'total').execute();
			}
			await undoImageHeld(db);
			await forgetMigrations(db, '0006-total-in-parts');
		});
		const store = await place.openStore();
		for (const recipientId of ['bob', 'eve', 'kim', 'lou', 'max']) {
			await store.recordOpens([sampleOpen({ pixelId: 'p', recipientId, at: START + 1 })]);
		}
		expect((await store.getDashboard()).totals).toMatchObject({
			opens: 6,
			uniqueOpens: 6,
			firstOpenAt: new Date(START).toISOString(),
			lastOpenAt: new Date(START + 1).toISOString(),
		});
		const hours = await store.listOpensPerHour({ from: new Date(START), to: new Date(START + 1) });
		expect(hours).toEqual([
			{ hour: new Date(START).toISOString(), opens: 6, uniqueOpens: 6, machineOpens: 0 },
		]);
	});

	test('a store of a newer version is refused, and left as it is', async () => {
		const store = await place.openStore();
		await store.recordOpens([sampleOpen()]);
		const database = await place.openDatabase();
		await database.read((db) =>
			db
				.withTables<{ schema_migrations: { name: string; timestamp: string } }>()
				.insertInto('schema_migrations')
				.values({ name: '9999-from-the-future', timestamp: new Date().toISOString() })
				.execute(),
		);
		await expect(place.openStore()).rejects.toMatchObject({
			code: 'newer-version',
			message: expect.stringContaining('Update the package'),
		});
		const opens = await database.read((db) => db.selectFrom('opens').select('event_id').execute());
		expect(opens).toHaveLength(1);
	});

	test('a transaction that fails half-way leaves nothing, and the store goes on', async () => {
		const store = await place.openStore();
		const database = await place.openDatabase();
		const failing = database.write(async (db) => {
			await createStore({ ...database, write: (change) => change(db, true) }).recordOpens([
				sampleOpen({ pixelId: 'p', recipientId: 'ada' }),
			]);
			throw new Error('half-way');
		});
		await expect(failing).rejects.toThrow('half-way');
		expect((await store.getDashboard()).totals).toMatchObject({ opens: 0, uniqueOpens: 0 });
		expect((await store.listOpens({ limit: 9 })).opens).toEqual([]);
		expect(await store.recordOpens([sampleOpen()])).toMatchObject({ recorded: 1 });
	});

	test('closing waits for the writes that are under way', async () => {
		const store = await place.openStore();
		const events = [sampleOpen({ pixelId: 'p' }), sampleOpen({ pixelId: 'p' })];
		const recording = events.map((event) => store.recordOpens([event]));
		await store.close();
		expect(await Promise.all(recording)).toMatchObject([{ recorded: 1 }, { recorded: 1 }]);
		const again = await place.openStore();
		expect((await again.getDashboard()).totals.opens).toBe(2);
	});

	test('a closed store says so', async () => {
		const store = await place.openStore();
		await store.close();
		await store.close();
		await expect(store.listOpens({ limit: 1 })).rejects.toMatchObject({ code: 'closed' });
		await expect(store.recordOpens([sampleOpen()])).rejects.toMatchObject({ code: 'closed' });
	});
});

test('a process killed in the middle of writing leaves whole batches and right counters', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'tracking-store-'));
	const path = join(folder, 'tracking.sqlite');
	const size = 20;
	const script = join(__dirname, '../../support/endless-writer.ts');
	const writer = spawn(process.execPath, ['--import', 'tsx', script, path, String(size)], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	let confirmed = 0;
	createInterface({ input: writer.stdout }).on('line', () => {
		confirmed += 1;
		if (confirmed === 15) writer.kill('SIGKILL');
	});
	await once(writer, 'close');
	expect(writer.signalCode).toBe('SIGKILL');

	const store = await startStore(await openSqliteDatabase({ path }));
	const { opens } = await store.listOpens({ limit: 1000 });
	expect(opens.length).toBeGreaterThanOrEqual(confirmed * size);
	expect(opens.length % size).toBe(0);
	const { uniqueAt, ...expected } = recountGroup(opens, new Set());
	expect(uniqueAt).toHaveLength(7);
	expect((await store.getDashboard()).totals).toMatchObject(expected);
	await store.close();
	await rm(folder, { recursive: true });
});
