import fc from 'fast-check';

import type { Relabel, TrackingStore } from '../../../../src/storage/port/tracking-store';
import { ACTORS } from '../../../../src/tracking/event/event-fields';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import {
	groupBy,
	recountGroup,
	recountHours,
	recountRecipient,
} from '../../../support/reference-counts';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { keysOf } from '../../../support/denylist-keys';

const FROM = new Date(START - 86_400_000);
const TO = new Date(START + 86_400_000);

onEachEngine('counters on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => {
		await place.dispose();
	});

	const loads = (seconds: number[], changes: Parameters<typeof sampleOpen>[0] = {}) =>
		seconds.map((second) =>
			sampleOpen({ pixelId: 'p', recipientId: 'ada', at: START + second * 1000, ...changes }),
		);

	test('loads at 0, 15, 28, 65 and 80 s are five opens, 43 s of view time and two sessions', async () => {
		const expected = { opens: 5, opened: true, viewTimeMs: 43_000, sessions: 2, machineOpens: 0 };
		await store.recordOpens(loads([0, 15, 28, 65, 80]));
		expect(await store.getStatus({ pixelId: 'p', recipientId: 'ada' })).toMatchObject(expected);
		expect(await store.getStatus({ pixelId: 'p' })).toMatchObject(expected);
		const { totals } = await store.getDashboard();
		expect(totals).toMatchObject({ opens: 5, uniqueOpens: 1, viewTimeMs: 43_000, sessions: 2 });
	});

	test('the same five loads in another order and in pieces give the same', async () => {
		for (const event of loads([80, 15, 65, 0, 28])) await store.recordOpens([event]);
		const status = await store.getStatus({ pixelId: 'p', recipientId: 'ada' });
		expect(status).toMatchObject({ opens: 5, viewTimeMs: 43_000, sessions: 2 });
		expect(status?.firstOpenAt).toBe(new Date(START).toISOString());
		expect(status?.lastOpenAt).toBe(new Date(START + 80_000).toISOString());
	});

	test('loads by machines are kept apart and make nothing opened', async () => {
		await store.recordOpens(loads([0, 10], { actor: 'prefetch' }));
		await store.recordOpens(loads([20], { actor: 'scanner' }));
		const status = await store.getStatus({ pixelId: 'p', recipientId: 'ada' });
		expect(status).toMatchObject({
			opened: false,
			opens: 0,
			machineOpens: 3,
			viewTimeMs: 0,
			sessions: 0,
			firstOpenAt: null,
			lastLoadAt: new Date(START + 20_000).toISOString(),
		});
		expect(status?.loads).toMatchObject({ prefetch: 2, scanner: 1, bot: 0, human: 0 });
	});

	test('a pixel without recipients is one unique open, with recipients only they are', async () => {
		await store.createPixel({ id: 'p', name: 'Newsletter', campaignId: 'spring' });
		await store.recordOpens(loads([0, 100], { recipientId: null }));
		expect((await store.getPixel('p'))?.counts.uniqueOpens).toBe(1);
		expect((await store.getDashboard()).totals.uniqueOpens).toBe(1);

		await store.addRecipients('p', [{ recipientId: 'ada' }, { recipientId: 'bob' }], keysOf);
		expect((await store.getPixel('p'))?.counts).toMatchObject({ uniqueOpens: 0, recipients: 2 });
		expect((await store.getDashboard()).totals).toMatchObject({ uniqueOpens: 0, opens: 2 });
		expect(await store.getCampaign('spring')).toMatchObject({ uniqueOpens: 0, recipients: 2 });

		await store.recordOpens(loads([200]));
		expect((await store.getPixel('p'))?.counts).toMatchObject({ uniqueOpens: 1, opens: 3 });
		expect(await store.getCampaign('spring')).toMatchObject({ uniqueOpens: 1, opens: 3 });
	});

	test('the same recipient id under two pixels is two recipients', async () => {
		await store.recordOpens(loads([0, 5]));
		await store.recordOpens(loads([3], { pixelId: 'q' }));
		expect(await store.getStatus({ pixelId: 'p', recipientId: 'ada' })).toMatchObject({
			opens: 2,
			viewTimeMs: 5000,
		});
		expect((await store.getDashboard()).totals).toMatchObject({ uniqueOpens: 2, sessions: 2 });
	});

	test('without a pixel, a recipient is one of its campaign', async () => {
		await store.recordOpens(loads([0, 9], { pixelId: null, campaignId: 'spring' }));
		await store.recordOpens(loads([4], { pixelId: null, campaignId: 'autumn' }));
		await store.recordOpens(loads([7], { pixelId: null }));
		expect(await store.getCampaign('spring')).toMatchObject({ uniqueOpens: 1, viewTimeMs: 9000 });
		expect(await store.getCampaign('autumn')).toMatchObject({ uniqueOpens: 1, viewTimeMs: 0 });
		expect((await store.getDashboard()).totals).toMatchObject({ uniqueOpens: 3, opens: 4 });
	});

	const someEvents = fc.array(
		fc.record({
			second: fc.integer({ min: 0, max: 200 }).map((second) => second * 7),
			pixelId: fc.constantFrom('p', 'q', null),
			recipientId: fc.constantFrom('ada', 'bob', null),
			campaignId: fc.constantFrom('spring', null),
			actor: fc.constantFrom(...ACTORS),
			event: fc.constantFrom('open' as const, 'open' as const, 'click' as const),
		}),
		{ minLength: 1, maxLength: 40 },
	);

	test('whatever arrives in whatever order, batch and label, counters equal a recount of the log', async () => {
		await fc.assert(
			fc.asyncProperty(
				someEvents,
				fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 10 }),
				fc.array(fc.tuple(fc.nat(), fc.constantFrom(...ACTORS)), { maxLength: 12 }),
				fc.infiniteStream(fc.boolean()),
				fc.boolean(),
				async (samples, batchSizes, labels, again, withRecipients) => {
					const own = await engine.newPlace();
					try {
						const fresh = await own.openStore();
						// A pixel belongs to one campaign; p's is settled beforehand, q has none.
						await fresh.createPixel({ id: 'p', name: 'P', campaignId: 'spring' });
						await fresh.createPixel({ id: 'q', name: 'Q' });
						if (withRecipients) await fresh.addRecipients('p', [{ recipientId: 'eve' }], keysOf);
						const events = samples.map(({ second, campaignId, ...rest }) =>
							sampleOpen({
								...rest,
								at: START + second * 1000,
								campaignId:
									rest.pixelId === 'p' ? 'spring' : rest.pixelId === 'q' ? null : campaignId,
							}),
						);
						await recordInBatches(fresh, events, batchSizes, again);
						for (const [index, actor] of labels) {
							const event = events[index % events.length];
							if (event === undefined) continue;
							await fresh.relabelOpens([relabel(event.eventId, actor)]);
							event.actor = actor;
						}
						await expectRecount(fresh, events, new Set(withRecipients ? ['p'] : []));
					} finally {
						await own.dispose();
					}
				},
			),
			{ endOnFailure: true, numRuns: engine.name === 'SQLite' ? 60 : 15 },
		);
	}, 120_000);

	async function recordInBatches(
		fresh: TrackingStore,
		events: readonly OpenEvent[],
		sizes: readonly number[],
		again: fc.Stream<boolean>,
	): Promise<void> {
		let start = 0;
		for (let turn = 0; start < events.length; turn++) {
			const batch = events.slice(start, start + (sizes[turn % sizes.length] ?? 1));
			await fresh.recordOpens(batch);
			if (again.next().value) {
				const repeated = await fresh.recordOpens([...batch, ...events.slice(0, start)]);
				expect(repeated.recorded).toBe(0);
			}
			start += batch.length;
		}
	}

	async function expectRecount(
		fresh: TrackingStore,
		events: readonly OpenEvent[],
		pixelsWithRecipients: ReadonlySet<string>,
	): Promise<void> {
		const span = { from: FROM, to: TO };
		const all = recountGroup(events, pixelsWithRecipients);
		const { uniqueAt, ...total } = all;
		expect((await fresh.getDashboard()).totals).toMatchObject(total);
		expect(await fresh.listOpensPerHour(span)).toEqual(recountHours(events, uniqueAt));

		for (const [pixelId, log] of groupBy(events, (event) => event.pixelId)) {
			const { uniqueAt: unique, ...expected } = recountGroup(log, pixelsWithRecipients);
			expect((await fresh.getPixel(pixelId))?.counts).toMatchObject(expected);
			expect(await fresh.listOpensPerHour({ ...span, pixelId })).toEqual(recountHours(log, unique));
			for (const [recipientId, own] of groupBy(log, (event) => event.recipientId)) {
				const status = await fresh.getStatus({ pixelId, recipientId });
				expect(status).toMatchObject(recountRecipient(own));
			}
		}
		for (const [campaignId, log] of groupBy(events, (event) => event.campaignId)) {
			const { uniqueAt: unique, ...expected } = recountGroup(log, pixelsWithRecipients);
			expect(await fresh.getCampaign(campaignId)).toMatchObject(expected);
			const hours = await fresh.listOpensPerHour({ ...span, campaignId });
			expect(hours).toEqual(recountHours(log, unique));
		}
	}
});

function relabel(eventId: string, actor: Relabel['actor']): Relabel {
	return { eventId, actor, actorReason: 'test', rulesVersion: '2' };
}
