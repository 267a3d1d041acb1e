import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { sql } from 'kysely';

import {
	runStoreBatches,
	type StoreBatchesOptions,
} from '../../../../src/collector/consume/store-source';
import { openPostgresDatabase } from '../../../../src/storage/database/postgres/postgres-database';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { startStore } from '../../../../src/storage/start-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { startCutOff, type CutOff } from '../../../support/cut-off';
import { keysOf } from '../../../support/denylist-keys';
import { eventually } from '../../../support/n8n-instance';
import { sampleOpen, START } from '../../../support/sample-opens';
import {
	describeOnPostgres,
	newPostgresPlace,
	onEachEngine,
	postgresUrl,
	type StorePlace,
} from '../../../support/stores';

const READER = 'workflow/node';
/** A turn lasts six seconds, and who waits asks every second. */
const TAKEN_OVER_WITHIN_MS = 9000;

const openOf = (recipientId: string, more: Partial<OpenEvent> & { at?: number } = {}) =>
	sampleOpen({ recipientId, pixelId: 'pixel', ...more });
const idsOf = (opens: readonly OpenEvent[]) => opens.map(({ eventId }) => eventId);
const named = (prefix: string, count: number) =>
	Array.from({ length: count }, (_, index) => openOf(`${prefix}-${index}`));

/** Readers of one store, each as in a process of its own. */
function readers() {
	const running: Array<{ stop(): Promise<void> }> = [];
	return {
		start: (store: TrackingStore, options: Partial<StoreBatchesOptions> = {}) => {
			const stopping = new AbortController();
			const batches: OpenEvent[][] = [];
			const turns: boolean[] = [];
			const away: unknown[] = [];
			const failures: number[] = [];
			const reading = runStoreBatches({
				openStore: async () => store,
				reader: READER,
				begin: 'oldest',
				batchSize: 10,
				intervalMs: 1,
				backoff: { firstMs: 1, longestMs: 2 },
				isWanted: () => true,
				deliver: async (opens) => void batches.push(opens),
				onRefused: async () => undefined,
				onFailure: (_error, count) => failures.push(count),
				onTurn: (has) => turns.push(has),
				onAway: (error) => away.push(error),
				onBack: () => undefined,
				signal: stopping.signal,
				...options,
			});
			const stop = async () => {
				stopping.abort();
				await reading;
			};
			const one = { stop, batches, turns, away, failures, ids: () => idsOf(batches.flat()) };
			running.push(one);
			return one;
		},
		stopAll: async () => void (await Promise.all(running.map(({ stop }) => stop()))),
	};
}

onEachEngine('batches of the opens in a store on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;
	let all: ReturnType<typeof readers>;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
		all = readers();
	});
	afterEach(async () => {
		await all.stopAll();
		await place.dispose();
	});

	it('hold every open once, in the order in which they came in, whenever they happened', async () => {
		const opens = Array.from({ length: 25 }, (_, index) =>
			openOf(`reader-${index % 3}`, { at: START - index * 60_000 }),
		);
		await store.recordOpens(opens.slice(0, 12));
		const one = all.start(store);
		await eventually(() => one.ids().length >= 12);
		await (await place.openStore()).recordOpens(opens.slice(12));
		await eventually(() => one.ids().length >= 25);
		expect(one.ids()).toEqual(idsOf(opens));
		for (const batch of one.batches) expect(batch.length).toBeLessThanOrEqual(10);
	});

	it('begin with what comes in from now on, and go on where they stood', async () => {
		await store.recordOpens(named('before', 5));
		const first = all.start(store, { begin: 'now' });
		await eventually(() => first.turns.length > 0);
		const fresh = named('fresh', 3);
		await store.recordOpens(fresh);
		await eventually(() => first.ids().length >= 3);
		await first.stop();
		expect(first.ids()).toEqual(idsOf(fresh));
		const later = named('later', 3);
		await store.recordOpens(later);
		const second = all.start(store);
		await eventually(() => second.ids().length >= 3);
		expect(second.ids()).toEqual(idsOf(later));
	});

	it('wait to be filled, but no longer than the interval', async () => {
		const one = all.start(store, { batchSize: 4, intervalMs: 1500 });
		await eventually(() => one.turns.length > 0);
		const since = Date.now();
		await store.recordOpens(named('a', 5));
		await eventually(() => one.ids().length === 5);
		expect(one.batches.map((batch) => batch.length)).toEqual([4, 1]);
		expect(Date.now() - since).toBeGreaterThan(1400);
	});

	it('hold an open that changed once: as it is by then, and not again', async () => {
		const opens = named('a', 6);
		await store.recordOpens(opens);
		const label = (open: OpenEvent) =>
			store.relabelOpens([
				{ eventId: open.eventId, actor: 'bot', actorReason: 'test', rulesVersion: '2' },
			]);
		// It is the last one in the order of storing now, behind several batches.
		await label(opens[1]);
		const one = all.start(store, { batchSize: 2 });
		await eventually(() => one.ids().length >= 6);
		expect(one.ids()).toEqual(idsOf(opens));
		expect(one.batches.flat()[1]).toMatchObject({ actor: 'bot', actorReason: 'test' });
		for (const open of opens) await label({ ...open });
		await label(opens[3]);
		const last = openOf('last');
		await store.recordOpens([last]);
		await eventually(() => one.ids().length > 6);
		expect(one.ids()).toEqual(idsOf([...opens, last]));
	});

	it('hold nobody who was erased meanwhile, also when a batch comes again', async () => {
		const opens = [openOf('ada'), openOf('bob'), openOf('cleo')];
		await store.recordOpens(opens);
		const erase = async (recipientId: string) =>
			await store.eraseSubject(
				{ recipientId, pseudonymsOf: () => [], denylistKeysOf: keysOf },
				new Date(),
			);
		await erase('ada');
		const tries: string[][] = [];
		const one = all.start(store, {
			deliver: async (batch) => {
				tries.push(batch.map(({ recipientId }) => String(recipientId)));
				if (tries.length > 1) return;
				await erase('bob');
				throw new Error('the workflow failed');
			},
		});
		await eventually(() => tries.length > 1);
		expect(tries).toEqual([['bob', 'cleo'], ['cleo']]);
		expect(one.failures).toEqual([1]);
	});

	it('pass over what retention deleted, and go on', async () => {
		const old = openOf('old', { at: START - 86_400_000 });
		const recent = openOf('recent');
		await store.recordOpens([old, recent]);
		await store.applyRetention(
			[{ dataClass: 'open', action: 'delete', deleteBefore: new Date(START - 1) }] as never,
			{ dryRun: false },
		);
		const one = all.start(store);
		await eventually(() => one.ids().length > 0);
		expect(one.ids()).toEqual([recent.eventId]);
	});

	it('leave out what the workflow does not start for', async () => {
		const opens = ['human', 'bot', 'human'].map((actor) =>
			openOf('a', { actor: actor as OpenEvent['actor'] }),
		);
		await store.recordOpens(opens);
		const one = all.start(store, { isWanted: ({ actor }) => actor === 'human' });
		await eventually(() => one.ids().length > 1);
		expect(one.ids()).toEqual([opens[0].eventId, opens[2].eventId]);
	});

	it('go on without an open that always fails, and it stays in the store', async () => {
		const opens = [...named('good', 3), openOf('poison'), ...named('more', 3)];
		await store.recordOpens(opens);
		const refused: unknown[] = [];
		const one = all.start(store, {
			deliver: async (batch) => {
				if (batch.some(({ recipientId }) => recipientId === 'poison')) throw new Error('not this');
				one.batches.push(batch);
			},
			onRefused: async (given) => void refused.push(...given),
		});
		await eventually(() => refused.length > 0);
		expect(refused).toMatchObject([{ open: { eventId: opens[3].eventId }, reason: 'not this' }]);
		const last = openOf('last');
		await store.recordOpens([last]);
		await eventually(() => one.ids().includes(last.eventId));
		expect(new Set(one.ids())).toEqual(
			new Set(idsOf([...opens, last].filter((o) => o !== opens[3]))),
		);
		expect(await store.findOpens([opens[3]])).toHaveLength(1);
	});

	it('go to one reader at a time; the next one goes on when it ends', async () => {
		const first = all.start(store);
		await eventually(() => first.turns.includes(true));
		const second = all.start(await place.openStore());
		await eventually(() => second.turns.length > 1);
		const opens = named('a', 30);
		await store.recordOpens(opens);
		await eventually(() => first.ids().length >= 30);
		expect(second.turns).not.toContain(true);
		const since = Date.now();
		await first.stop();
		await eventually(() => second.turns.includes(true));
		expect(Date.now() - since).toBeLessThan(2500);
		const more = named('b', 5);
		await store.recordOpens(more);
		await eventually(() => second.ids().length >= 5);
		expect([first.ids(), second.ids()]).toEqual([idsOf(opens), idsOf(more)]);
	}, 30_000);

	it('go to readers of other workflows all the same', async () => {
		const opens = named('a', 3);
		await store.recordOpens(opens);
		const both = ['one', 'two'].map((reader) => all.start(store, { reader }));
		await eventually(() => both.every((one) => one.ids().length >= 3));
		for (const one of both) expect(one.ids()).toEqual(idsOf(opens));
	});
});

describeOnPostgres('batches of the opens in a store that several hosts share', () => {
	let place: StorePlace;
	let store: TrackingStore;
	let schema: string;
	let all: ReturnType<typeof readers>;

	beforeEach(async () => {
		place = await newPostgresPlace();
		store = await place.openStore();
		schema = String((await place.openDatabase()).schema);
		all = readers();
	});
	afterEach(async () => {
		await all.stopAll();
		await place.dispose();
	});

	it('miss none whose writer is slow', async () => {
		const slow = await place.openDatabase();
		const early = openOf('slow', { pixelId: 'slow' });
		await store.recordOpens([early]);
		const one = all.start(store);
		await eventually(() => one.ids().length === 1);
		let finish = () => {};
		const finished = new Promise<void>((resolve) => (finish = resolve));
		let began = () => {};
		const hasBegun = new Promise<void>((resolve) => (began = resolve));
		// Takes the next number, and holds it while another writer takes and commits a later one.
		const late = randomUUID();
		const writing = slow.write(
			async (db) => {
				const row = await db.selectFrom('opens').selectAll().executeTakeFirstOrThrow();
				await db
					.insertInto('opens')
					.values({ ...row, event_id: late, stored_seq: sql<number>`default` })
					.execute();
				began();
				await finished;
			},
			{ beside: true },
		);
		await hasBegun;
		const quick = openOf('quick', { pixelId: 'quick' });
		await store.recordOpens([quick]);
		await sleep(1000);
		expect(one.ids()).toEqual([early.eventId]);
		finish();
		await writing;
		await eventually(() => one.ids().length >= 3);
		expect(one.ids()).toEqual([early.eventId, late, quick.eventId]);
	}, 30_000);

	it('keep the order of each recipient and lose none, with several writers and a workflow that fails at times', async () => {
		const written = new Map<string, string[]>();
		const one = all.start(store, {
			batchSize: 7,
			deliver: async (batch) => {
				if (one.batches.length % 5 === 4 && one.failures.length < 3)
					throw new Error('a bad moment');
				one.batches.push(batch);
			},
		});
		await eventually(() => one.turns.includes(true));
		await Promise.all(
			['a', 'b', 'c'].map(async (writer) => {
				const its = await place.openStore();
				for (let turn = 0; turn < 15; turn += 1) {
					const opens = Array.from({ length: 4 }, (_, index) =>
						openOf(`${writer}-${index % 2}`, { pixelId: `pixel-${writer}`, at: START + turn }),
					);
					await its.recordOpens(opens);
					for (const { recipientId, eventId } of opens) {
						written.set(String(recipientId), [
							...(written.get(String(recipientId)) ?? []),
							eventId,
						]);
					}
					if (turn % 4 === 0) {
						await its.relabelOpens([
							{ eventId: opens[0].eventId, actor: 'bot', actorReason: 'test', rulesVersion: '2' },
						]);
					}
				}
			}),
		);
		await eventually(() => one.ids().length >= 180);
		const got = new Map<string, string[]>();
		for (const { recipientId, eventId } of one.batches.flat()) {
			got.set(String(recipientId), [...(got.get(String(recipientId)) ?? []), eventId]);
		}
		expect(Object.fromEntries(got)).toEqual(Object.fromEntries(written));
	}, 60_000);

	it('come again from the next reader when one is killed before it noted them', async () => {
		const opens = named('a', 12);
		await store.recordOpens(opens);
		const child = childReader(schema);
		try {
			const taken = await child.firstBatch;
			expect(taken).toEqual(idsOf(opens.slice(0, 10)));
			const second = all.start(store);
			await eventually(() => second.turns.length > 1);
			expect(second.turns).not.toContain(true);
			const since = Date.now();
			child.process.kill('SIGKILL');
			await eventually(() => second.ids().length >= 12);
			expect(Date.now() - since).toBeLessThan(TAKEN_OVER_WITHIN_MS);
			expect(second.ids()).toEqual(idsOf(opens));
		} finally {
			child.process.kill('SIGKILL');
		}
	}, 60_000);

	it('need no connection that stays: PgBouncer has none to give for longer than a transaction', async () => {
		const opens = named('a', 50);
		const one = all.start(store);
		await eventually(() => one.turns.includes(true));
		const second = all.start(await place.openStore());
		const database = await place.openDatabase();
		for (let start = 0; start < opens.length; start += 10) {
			await store.recordOpens(opens.slice(start, start + 10));
			const { rows } = await database.read((db) =>
				sql`select pg_terminate_backend(pid) from pg_stat_activity
					where state = 'idle' and query like ${`%${schema}%`}`.execute(db),
			);
			expect(rows.length).toBeGreaterThan(0);
			await eventually(() => one.ids().length >= start + 10);
			await sleep(1500);
		}
		expect(new Set(one.ids())).toEqual(new Set(idsOf(opens)));
		expect([one.turns.includes(false), second.turns.includes(true)]).toEqual([false, false]);
	}, 60_000);

	describe('behind a network that fails', () => {
		let way: CutOff;
		let distant: TrackingStore;
		beforeEach(async () => {
			const url = new URL(postgresUrl);
			way = await startCutOff(url.hostname, Number(url.port || 5432));
			url.port = String(way.port);
			const connectionString = url.href;
			distant = await startStore(
				await openPostgresDatabase({ connectionString, tls: 'disable', schema }),
			);
		});
		afterEach(async () => {
			await way.close();
			await all.stopAll();
			await distant.close();
		});

		it('are taken over from a reader that is cut off, which hands over nothing more', async () => {
			const first = all.start(distant);
			await eventually(() => first.turns.includes(true));
			const second = all.start(store);
			await eventually(() => second.turns.length > 0);
			const since = Date.now();
			way.hang();
			const opens = named('a', 15);
			await store.recordOpens(opens);
			await eventually(() => second.ids().length >= 15);
			expect(Date.now() - since).toBeLessThan(TAKEN_OVER_WITHIN_MS);
			expect(second.ids()).toEqual(idsOf(opens));
			expect(first.ids()).toEqual([]);
		}, 60_000);

		it('wait while the database is away, and lose none', async () => {
			const opens = named('a', 15);
			const one = all.start(distant);
			await eventually(() => one.turns.includes(true));
			await way.close();
			await store.recordOpens(opens.slice(0, 8));
			await eventually(() => one.away.length > 1);
			expect(one.away[0]).toMatchObject({ code: 'unavailable' });
			expect(one.ids()).toEqual([]);
			await way.open();
			await store.recordOpens(opens.slice(8));
			await eventually(() => one.ids().length >= 15, 30_000);
			expect(one.ids()).toEqual(idsOf(opens));
		}, 60_000);
	});
});

/** A reader in a process of its own, of the built package, that never ends with its first batch. */
function childReader(schema: string): { process: ChildProcess; firstBatch: Promise<string[]> } {
	const built = join(__dirname, '..', '..', '..', '..', 'dist', 'src');
	const script = `
		const { runStoreBatches } = require(${JSON.stringify(join(built, 'collector/consume/store-source.js'))});
		const { openPostgresStore } = require(${JSON.stringify(join(built, 'storage/postgres-store.js'))});
		runStoreBatches({
			openStore: () => openPostgresStore(${JSON.stringify({ connectionString: postgresUrl, tls: 'disable', schema })}),
			reader: ${JSON.stringify(READER)}, begin: 'oldest', batchSize: 10, intervalMs: 1,
			isWanted: () => true, onRefused: async () => {}, onFailure: () => {}, onTurn: () => {},
			onAway: (error) => { throw error; }, onBack: () => {},
			deliver: async (opens) => {
				console.log(JSON.stringify(opens.map(({ eventId }) => eventId)));
				await new Promise((resolve) => setTimeout(resolve, 600_000));
			},
			signal: new AbortController().signal,
		});`;
	const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
	const firstBatch = new Promise<string[]>((resolve, reject) => {
		createInterface({ input: child.stdout }).once('line', (line) =>
			resolve(JSON.parse(line) as string[]),
		);
		child.once('exit', () => reject(new Error('The reader ended by itself')));
	});
	return { process: child, firstBatch };
}
