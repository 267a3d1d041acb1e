import { sql } from 'kysely';

import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { sampleOpen, START } from '../../../support/sample-opens';
import { itOnPostgres, newPostgresPlace, onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { keysOf } from '../../../support/denylist-keys';

const idsOf = (opens: readonly OpenEvent[]) => opens.map(({ eventId }) => eventId);

/** Everything that was stored after a cursor, by pages of two. */
async function rest(store: TrackingStore, from?: string) {
	const ids: string[] = [];
	let cursor = from;
	for (;;) {
		const page = await store.listStoredOpens({ limit: 2, cursor });
		ids.push(...idsOf(page.opens));
		cursor = page.cursor ?? undefined;
		if (!page.hasMore) return { ids, cursor };
	}
}

onEachEngine('opens in the order of storing on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => {
		await place.dispose();
	});

	it('miss none that comes in late, and give out each once', async () => {
		expect(await store.listStoredOpens({ limit: 2 })).toEqual({
			opens: [],
			cursor: null,
			hasMore: false,
		});
		const first = Array.from({ length: 5 }, (_, index) => sampleOpen({ at: START + index }));
		await store.recordOpens(first);
		const start = await rest(store);
		expect(start.ids).toEqual(idsOf(first));
		expect((await rest(store, start.cursor)).ids).toEqual([]);
		const late = sampleOpen({ at: START - 86_400_000 });
		await store.recordOpens([late, ...first]);
		expect((await rest(store, start.cursor)).ids).toEqual([late.eventId]);
	});

	it('come again when their label changes, and go when the person is erased', async () => {
		const opens = ['ada', 'bob'].map((recipientId) => sampleOpen({ recipientId, pixelId: 'p' }));
		await store.recordOpens(opens);
		const { cursor } = await rest(store);
		await store.relabelOpens([
			{ eventId: opens[0].eventId, actor: 'bot', actorReason: 'test', rulesVersion: '2' },
		]);
		const page = await store.listStoredOpens({ limit: 10, cursor });
		expect(page.opens).toMatchObject([{ eventId: opens[0].eventId, actor: 'bot' }]);
		await store.eraseSubject(
			{ recipientId: 'ada', pseudonymsOf: () => [], denylistKeysOf: keysOf },
			new Date(),
		);
		// The highest number went with it, and is not given to another one.
		const fresh = sampleOpen({ recipientId: 'cleo', pixelId: 'p' });
		await store.recordOpens([fresh]);
		expect((await rest(store, page.cursor ?? undefined)).ids).toEqual([fresh.eventId]);
	});

	it('come again without a name when their recipient is deleted', async () => {
		await store.createPixel({ id: 'p', name: 'p' });
		const { recipients } = await store.addRecipients('p', [{ recipientId: 'ada' }], keysOf);
		const opens = ['ada', 'bob', 'ada', 'ada'].map((recipientId) =>
			sampleOpen({ recipientId, pixelId: 'p', messageId: 'm' }),
		);
		await store.recordOpens(opens);
		const { cursor } = await rest(store);
		await store.deleteRecipient(recipients[0]!.id, keysOf);
		const { ids } = await rest(store, cursor);
		expect([...ids].sort()).toEqual(idsOf([opens[0], opens[2], opens[3]]).sort());
		const again = await store.listStoredOpens({ limit: 10, cursor });
		expect(new Set(again.opens.map(({ recipientId }) => recipientId)).size).toBe(1);
		expect(again.opens[0]).toMatchObject({
			recipientId: expect.stringMatching(/^deleted-/),
			messageId: null,
		});
	});

	it('refuse a cursor that is none', async () => {
		await expect(store.listStoredOpens({ limit: 2, cursor: 'x' })).rejects.toThrow(
			'Invalid cursor',
		);
	});
});

describe('opens in the order of storing, with several writers', () => {
	itOnPostgres(
		'wait for a writer that has its number and is not done',
		async () => {
			const place = await newPostgresPlace();
			try {
				const store = await place.openStore();
				const slow = await place.openDatabase();
				const early = sampleOpen({ pixelId: 'slow' });
				await store.recordOpens([early]);
				let finish = () => {};
				const finished = new Promise<void>((resolve) => (finish = resolve));
				let began = () => {};
				const hasBegun = new Promise<void>((resolve) => (began = resolve));
				// Takes the next number, and holds it while another writer takes and commits a later one.
				const writing = slow.write(
					async (db) => {
						await db
							.updateTable('opens')
							.set({ stored_seq: sql<number>`default` })
							.where('event_id', '=', early.eventId)
							.execute();
						began();
						await finished;
					},
					{ beside: true },
				);
				await hasBegun;
				const later = sampleOpen({ pixelId: 'quick' });
				await store.recordOpens([later]);
				const asked = rest(store);
				await new Promise((resolve) => setTimeout(resolve, 300));
				finish();
				await writing;
				expect((await asked).ids).toEqual([early.eventId, later.eventId]);
			} finally {
				await place.dispose();
			}
		},
		30_000,
	);
});
