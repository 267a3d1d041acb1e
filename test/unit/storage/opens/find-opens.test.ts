import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { openEvent } from '../../../support/open-events';
import { onEachEngine, type StorePlace } from '../../../support/stores';

onEachEngine('finding opens by their ids in $name', ({ newPlace }) => {
	let place: StorePlace;
	let store: TrackingStore;
	beforeAll(async () => {
		place = await newPlace();
		store = await place.openStore();
	});
	afterAll(async () => await place.dispose());

	it('gives opens and clicks as the store has them, and leaves out what it has no row of', async () => {
		const open = openEvent({ recipientId: 'a' });
		const click = openEvent({ recipientId: 'a', event: 'click' });
		const counted = openEvent({ recipientId: null, trackingMode: 'aggregate' });
		await store.recordOpens([open, click, counted]);
		const nothing = { ...open, eventId: 'nothing' };
		const found = await store.findOpens([counted, click, open, nothing]);
		expect(found.map(({ eventId }) => eventId)).toEqual([click.eventId, open.eventId]);
		expect(found[1]).toEqual({ ...open, firstOpen: true });
		expect(await store.findOpens([])).toEqual([]);
	});

	it('finds more than one statement can ask for', async () => {
		const opens = Array.from({ length: 1100 }, (_, n) => openEvent({ recipientId: `${n}` }));
		await store.recordOpens(opens);
		const found = await store.findOpens(opens);
		expect(found.map(({ eventId }) => eventId)).toEqual(opens.map(({ eventId }) => eventId));
	});
});
