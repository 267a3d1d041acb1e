import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { wholeStore } from '../../../support/whole-store';
import { keysOf } from '../../../support/denylist-keys';

onEachEngine('pixels and recipients on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => {
		await place.dispose();
	});

	const collect = async <T>(list: AsyncIterable<T>) => {
		const all: T[] = [];
		for await (const one of list) all.push(one);
		return all;
	};

	test('nothing is found by an id with a NUL character, which PostgreSQL cannot be asked for', async () => {
		const id = 'a\u0000b';
		expect(await store.getPixel(id)).toBeNull();
		expect(await store.findPixels([id])).toEqual(new Map());
		expect(await store.getPixelImage(id)).toBeNull();
		expect(await store.deletePixel(id)).toBe(false);
		expect(await store.getRecipient(id)).toBeNull();
		expect(await store.deleteRecipient(id, keysOf)).toBe(false);
		expect(await store.findRecipients(id, [id])).toEqual([]);
		expect(await store.findRecipientByToken(id, id)).toBeNull();
		expect(await store.listRecipients({ limit: 1, pixelId: id })).toMatchObject({ recipients: [] });
		expect(await collect(store.streamRecipients(id))).toEqual([]);
		expect(await store.getStatus({ pixelId: id })).toBeNull();
		expect(await store.getStatus({ pixelId: id, recipientId: id })).toBeNull();
		expect(await store.getCampaign(id)).toBeNull();
		expect(await store.listPixels({ limit: 1, campaignId: id })).toMatchObject({ pixels: [] });
		const filter = { pixelId: id, recipientId: id, campaignId: id };
		expect((await store.listOpens({ limit: 1, ...filter })).opens).toEqual([]);
		expect(await collect(store.streamOpens(filter))).toEqual([]);
		expect(await store.listLabelHistory(id)).toEqual([]);
		const hours = { pixelId: id, from: new Date(START), to: new Date(START + 1) };
		expect(await store.listOpensPerHour(hours)).toEqual([]);
		const sentBefore = new Date();
		expect(await store.listNotOpened({ limit: 1, pixelId: id, sentBefore })).toMatchObject({
			recipients: [],
		});
		await expect(store.addRecipients(id, [], keysOf)).rejects.toMatchObject({ code: 'not-found' });
	});

	test('several pixels are made together, or none of them', async () => {
		const made = await store.createPixels([
			{ id: 'b', name: 'Second', campaignId: 'spring' },
			{ id: 'a\u0000', name: 'First' },
			{ name: 'Third' },
		]);
		expect(made.map(({ name }) => name)).toEqual(['Second', 'First', 'Third']);
		expect(made[0]).toEqual(await store.getPixel('b'));
		expect(await store.getDashboard()).toMatchObject({ pixels: 3 });
		expect(await store.getCampaign('spring')).toMatchObject({ pixels: 1 });

		const found = await store.findPixels(['a\u0000', 'unknown', 'b', 'b']);
		expect([...found].map(([id, { name }]) => [id, name])).toEqual([
			['a\u0000', 'First'],
			['b', 'Second'],
		]);

		await store.deletePixel('b');
		const fresh = { id: 'fresh', name: 'Fresh' };
		for (const bad of [fresh, { id: 'a\u0000', name: 'Taken' }, { id: 'b', name: 'Deleted' }]) {
			await expect(store.createPixels([fresh, bad])).rejects.toMatchObject({ code: 'invalid' });
		}
		expect(await store.getPixel('fresh')).toBeNull();
		expect(await store.getDashboard()).toMatchObject({ pixels: 2 });
	});

	test('a pixel is made, read, listed newest first, and has an image of its own', async () => {
		const made = await store.createPixel({
			name: '  Launch ',
			campaignId: 'spring',
			trackingMode: 'identified',
			sample: true,
		});
		expect(made).toMatchObject({
			name: 'Launch',
			campaignId: 'spring',
			trackingMode: 'identified',
			sample: true,
			imageType: null,
		});
		expect(made.id).toMatch(/^[0-9a-f-]{36}$/);
		expect(await store.getPixel(made.id)).toEqual(made);
		expect(await store.getPixel('nobody')).toBeNull();
		const names: string[] = [made.name];
		for (const name of ['b', 'c', 'd']) names.push((await store.createPixel({ name })).name);

		const first = await store.listPixels({ limit: 3 });
		const second = await store.listPixels({ limit: 3, cursor: first.nextCursor ?? '' });
		const listed = [...first.pixels, ...second.pixels];
		expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort());
		expect(second.nextCursor).toBeNull();
		const times = listed.map(({ createdAt }) => createdAt);
		expect(times).toEqual([...times].sort().reverse());
		expect((await store.listPixels({ limit: 9, campaignId: 'spring' })).pixels).toEqual([made]);
		expect((await store.listPixels({ limit: 9, sample: true })).pixels).toEqual([made]);
		expect((await store.listPixels({ limit: 9, sample: false })).pixels).toHaveLength(3);
		expect((await store.listPixels({ limit: 9, offset: 3 })).pixels).toHaveLength(1);

		expect(await store.getPixelImage(made.id)).toBeNull();
		const bytes = Buffer.from([0, 255, 137, 80, 78, 71, 0]);
		await store.setPixelImage(made.id, { contentType: 'image/gif', bytes: Buffer.from('old') });
		await store.setPixelImage(made.id, { contentType: 'image/png', bytes });
		expect(await store.getPixelImage(made.id)).toEqual({ contentType: 'image/png', bytes });
		expect((await store.getPixel(made.id))?.imageType).toBe('image/png');
		const image = { contentType: 'image/png', bytes };
		await expect(store.setPixelImage('nobody', image)).rejects.toMatchObject({ code: 'not-found' });
	});

	test('an id is used once, and a name is needed', async () => {
		await store.createPixel({ id: 'p', name: 'P' });
		await expect(store.createPixel({ id: 'p', name: 'P' })).rejects.toThrow('exists');
		await expect(store.createPixel({ name: '  ' })).rejects.toThrow('pixel name');
		await store.recordOpens([sampleOpen({ pixelId: 'q', campaignId: 'spring' })]);
		await expect(store.createPixel({ id: 'q', name: 'Q', campaignId: 'autumn' })).rejects.toThrow(
			'another campaign',
		);
		await store.createPixel({ id: 'q', name: 'Q', campaignId: 'spring' });
		expect(await store.getDashboard()).toMatchObject({ pixels: 2, openedPixels: 1 });
		await store.deletePixel('p');
		await expect(store.createPixel({ id: 'p', name: 'P' })).rejects.toThrow('was deleted');
	});

	test('10,000 recipients are added once each and come back in their order', async () => {
		const pixel = await store.createPixel({ name: 'Launch', campaignId: 'spring' });
		const list = Array.from({ length: 10_000 }, (_, index) => ({
			recipientId: `r${index}`,
			email: `person${index}@example.com`,
			token: `t${index}`,
		}));
		const { added, recipients } = await store.addRecipients(pixel.id, list, keysOf);
		expect(added).toBe(10_000);
		expect(recipients.map((one) => one?.token)).toEqual(list.map(({ token }) => token));

		const again = await store.addRecipients(
			pixel.id,
			[{ recipientId: 'r7', token: 'other' }, { recipientId: 'new' }, { recipientId: 'new' }],
			keysOf,
		);
		expect(again.added).toBe(1);
		expect(again.recipients.map((one) => one?.token)).toEqual(['t7', null, null]);

		const streamed = await collect(store.streamRecipients(pixel.id));
		expect(streamed).toEqual([...recipients, again.recipients[1]]);
		expect((await store.getPixel(pixel.id))?.counts.recipients).toBe(10_001);

		const first = await store.listRecipients({ pixelId: pixel.id, limit: 2 });
		const second = await store.listRecipients({
			pixelId: pixel.id,
			limit: 2,
			cursor: first.nextCursor ?? '',
		});
		expect(
			[...first.recipients, ...second.recipients].map(({ recipientId }) => recipientId),
		).toEqual(['r0', 'r1', 'r2', 'r3']);
		await expect(store.addRecipients('nobody', list, keysOf)).rejects.toMatchObject({
			code: 'not-found',
		});
		expect(await collect(store.streamRecipients('nobody'))).toEqual([]);
	});

	test('a recipient shows its own opens', async () => {
		await store.createPixel({ id: 'p', name: 'P' });
		const { recipients } = await store.addRecipients('p', [{ recipientId: 'ada' }], keysOf);
		const id = recipients[0]?.id ?? '';
		await store.recordOpens([
			sampleOpen({ pixelId: 'p', recipientId: 'ada' }),
			sampleOpen({ pixelId: 'p', recipientId: 'bob' }),
		]);
		expect((await store.getRecipient(id))?.counts).toMatchObject({ opens: 1, machineOpens: 0 });
		expect(await store.getRecipient('nobody')).toBeNull();
	});

	test('deleting a recipient keeps the log and loses the person, for later loads too', async () => {
		const address = 'ada@example.com';
		await store.createPixel({ id: 'p', name: 'P', campaignId: 'spring' });
		const { recipients } = await store.addRecipients(
			'p',
			[{ recipientId: address, email: address }, { recipientId: 'bob' }],
			keysOf,
		);
		const sent = { pixelId: 'p', campaignId: null, sentAt: new Date(START) };
		await store.registerSent(
			[{ ...sent, messageId: 'm-1', recipientId: address, trackingMode: 'identified' }],
			keysOf,
		);
		const open = sampleOpen({ pixelId: 'p', recipientId: address, messageId: `<1.${address}>` });
		const day = sampleOpen({ recipientId: address, trackingMode: 'hygiene' });
		await store.recordOpens([open, day]);

		const id = recipients[0]?.id ?? '';
		expect(await store.deleteRecipient(id, keysOf)).toBe(true);
		expect(await store.deleteRecipient(id, keysOf)).toBe(false);
		const load = sampleOpen({ pixelId: 'p', recipientId: address, at: START + 9 });
		await store.recordUnlessErased([{ event: load, denylistKeys: keysOf(address) }]);

		expect(await wholeStore(place)).not.toContain(address);
		const { opens } = await store.listOpens({ limit: 9 });
		expect(opens).toHaveLength(2);
		expect(opens[0]).toMatchObject({ recipientId: null, recipientReason: 'invalid-token' });
		expect(opens[1]?.recipientId).toMatch(/^deleted-/);
		expect((await store.getPixel('p'))?.counts).toMatchObject({
			opens: 2,
			uniqueOpens: 1,
			recipients: 1,
			sentRecipients: 1,
			openedOfSent: 1,
		});
		const later = new Date(START + 1e6);
		expect(await store.listNotOpened({ pixelId: 'p', sentBefore: later, limit: 9 })).toEqual({
			recipients: [],
			nextCursor: null,
		});

		await store.addRecipients('p', [{ recipientId: address, email: address }], keysOf);
		await store.recordOpens([sampleOpen({ pixelId: 'p', recipientId: address, at: START + 99 })]);
		expect(await store.getStatus({ pixelId: 'p', recipientId: address })).toMatchObject({
			opens: 1,
		});
	});

	test('deleting a pixel removes all that is under it, and totals follow', async () => {
		const kept = Array.from({ length: 4 }, (_, index) =>
			sampleOpen({
				pixelId: 'kept',
				recipientId: 'ada',
				campaignId: 'spring',
				at: START + index * 9e3,
			}),
		);
		const gone = Array.from({ length: 2100 }, (_, index) =>
			sampleOpen({
				pixelId: 'gone',
				recipientId: `gone-${index % 1500}`,
				campaignId: 'spring',
				at: START - 1e6 + index * 3000,
			}),
		);
		await store.createPixel({ id: 'kept', name: 'Kept', campaignId: 'spring' });
		await store.recordOpens(kept);
		const span = { from: new Date(START - 1e8), to: new Date(START + 1e8) };
		const look = async () => ({
			dashboard: await store.getDashboard(),
			campaign: await store.getCampaign('spring'),
			hours: await store.listOpensPerHour(span),
			campaignHours: await store.listOpensPerHour({ ...span, campaignId: 'spring' }),
			opens: await store.listOpens({ limit: 1000 }),
			other: await store.getCampaign('other'),
		});
		const before = await look();

		await store.createPixel({ id: 'gone', name: 'gone-name', campaignId: 'spring' });
		await store.createPixel({ id: 'gone-2', name: 'gone-name', campaignId: 'other' });
		await store.setPixelImage('gone', { contentType: 'image/png', bytes: Buffer.from('png') });
		await store.addRecipients(
			'gone',
			[{ recipientId: 'gone-1', email: 'gone@example.com' }],
			keysOf,
		);
		await store.registerSent(
			[
				{
					messageId: 'gone-m',
					pixelId: 'gone',
					campaignId: null,
					recipientId: 'gone-1',
					sentAt: new Date(START),
					trackingMode: 'full',
				},
			],
			keysOf,
		);
		await store.recordOpens(gone);
		const label = { actor: 'bot' as const, actorReason: 'gone-reason', rulesVersion: null };
		await store.relabelOpens([{ eventId: gone[3]?.eventId ?? '', ...label }]);
		expect((await store.getCampaign('spring'))?.opens).toBe(2103);

		expect(await store.deletePixel('gone')).toBe(true);
		expect(await store.deletePixel('gone-2')).toBe(true);
		expect(await store.deletePixel('gone')).toBe(false);
		expect(await store.deletePixel('nobody')).toBe(false);
		const asked = ['gone', 'nobody', 'gone-2', 'gone'];
		expect(await store.deletedPixelsAmong(asked)).toEqual(new Set(['gone', 'gone-2']));
		expect(await look()).toEqual(before);
		expect(await store.getPixel('gone')).toBeNull();
		expect(await store.getStatus({ pixelId: 'gone' })).toBeNull();
		expect(await store.getPixelImage('gone')).toBeNull();

		const late = sampleOpen({ pixelId: 'gone', recipientId: 'gone-1' });
		expect(await store.recordOpens([late])).toEqual({ recorded: 0, duplicates: 0, ignored: 1 });
		expect(await look()).toEqual(before);
		const left = await wholeStore(place, ['tombstones']);
		expect(left).not.toMatch(/gone/);
	});

	test('a deletion that a crash interrupted is finished at the next start', async () => {
		await store.createPixel({ id: 'p', name: 'P', campaignId: 'spring' });
		await store.recordOpens([sampleOpen({ pixelId: 'p', recipientId: 'ada' })]);
		const database = await place.openDatabase();
		await database.write(async (db) => {
			await db.insertInto('tombstones').values({ id: 'p:p', deleted_at: 1, pending: 1 }).execute();
			await db.deleteFrom('pixels').execute();
		});
		const again = await place.openStore();
		expect((await again.listOpens({ limit: 9 })).opens).toEqual([]);
		expect(await again.getDashboard()).toMatchObject({ pixels: 0, totals: { opens: 0 } });
		expect(await again.listCampaigns({ limit: 9 })).toEqual([]);
	});
});
