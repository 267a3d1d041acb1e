import { createSecretKey, randomUUID } from 'node:crypto';

import { placeLoad } from '../../../../src/tracking/bursts/burst-rules';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { DEFAULT_RETENTION, retentionPlan } from '../../../../src/tracking/people/retention';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';

const ADA = {
	recipientId: 'ada',
	pseudonymsOf: () => ['p_nobody'],
	denylistKeysOf: keysOf,
};
const SHOP = { url: 'https://shop.example/boots', position: 2, label: 'Boots' };

onEachEngine('clicks on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;
	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => await place.dispose());

	const placed = { recipientId: 'ada', pixelId: 'p', campaignId: 'spring' };
	const open = (changes: Parameters<typeof sampleOpen>[0] = {}) =>
		sampleOpen({ ...placed, actor: 'human', ...changes });
	const click = (changes: Parameters<typeof sampleOpen>[0] = {}) =>
		open({ event: 'click', purpose: 'clicks', link: SHOP, ...changes });
	const campaign = async () => await store.getCampaign('spring');
	const links = async () => await store.listLinkClicks({ campaignId: 'spring' });

	test('a click is kept, counted by its link, and makes no open', async () => {
		const followed = click();
		await store.recordOpens([followed, followed]);
		expect((await store.listOpens({ limit: 10 })).opens).toEqual([]);
		expect((await store.listOpens({ limit: 10, event: 'click' })).opens).toEqual([followed]);
		expect((await store.listOpens({ limit: 10, event: 'any' })).opens).toEqual([followed]);
		expect(await campaign()).toMatchObject({
			opens: 0,
			machineOpens: 0,
			uniqueOpens: 0,
			viewTimeMs: 0,
			sessions: 0,
			firstOpenAt: null,
			lastOpenAt: null,
			lastLoadAt: followed.occurredAt,
			clicks: 1,
			machineClicks: 0,
			uniqueClicks: 1,
			openedAndClicked: 0,
			clickToOpenRate: null,
		});
		expect(await store.getStatus(placed)).toMatchObject({
			opened: false,
			clicked: true,
			clicks: 1,
		});
		const hours = { from: new Date(0), to: new Date('2100-01-01') };
		expect(await store.listOpensPerHour(hours)).toEqual([]);
		const counted = { position: 2, label: 'Boots', site: 'https://shop.example/' };
		expect(await links()).toEqual([{ ...counted, clicks: 1, machineClicks: 0 }]);
		expect(await store.listLinkClicks({ pixelId: 'p' })).toEqual(await links());
	});

	test('click-to-open is the part of those who opened that clicked as well', async () => {
		const person = (recipientId: string) => ({ recipientId, pixelId: randomUUID() });
		await store.recordOpens([
			...['ada', 'ben', 'cid', 'dee'].map((name) => open({ ...person(name) })),
		]);
		const [ben] = (await store.listOpens({ limit: 10, recipientId: 'ben' })).opens;
		await store.recordOpens([
			click({ pixelId: ben.pixelId, recipientId: 'ben' }),
			click({ pixelId: ben.pixelId, recipientId: 'ben' }),
			click(person('eve')),
		]);
		expect(await campaign()).toMatchObject({
			uniqueOpens: 4,
			clicks: 3,
			uniqueClicks: 2,
			openedAndClicked: 1,
			clickToOpenRate: 0.25,
		});
	});

	test('a click between two loads changes nothing of their view time', async () => {
		const at = (second: number) => ({ at: START + second * 1000 });
		await store.recordOpens([open(at(10)), open(at(30))]);
		const { viewTimeMs, sessions, lastOpenAt } = (await store.getStatus(placed))!;
		await store.recordOpens([click(at(20)), click(at(50))]);
		// A late load looks for its neighbors in the log.
		expect(await store.getStatus(placed)).toMatchObject({ viewTimeMs, sessions, lastOpenAt });
		await store.recordOpens([open(at(15))]);
		expect(await store.getStatus(placed)).toMatchObject({ viewTimeMs, sessions, lastOpenAt });
	});

	test("a machine's click is kept and shown apart; a new label moves it", async () => {
		const followed = click();
		await store.recordOpens([open(), followed]);
		const label = { actor: 'scanner' as const, actorReason: 'link-burst', rulesVersion: '1' };
		const before = await campaign();
		await store.relabelOpens([{ eventId: followed.eventId, ...label }]);
		expect(await campaign()).toMatchObject({
			opens: 1,
			machineOpens: 0,
			firstOpenAt: before?.firstOpenAt,
			clicks: 0,
			machineClicks: 1,
			uniqueClicks: 0,
		});
		expect(await links()).toMatchObject([{ clicks: 0, machineClicks: 1 }]);
		const human = { actor: 'human' as const, actorReason: null, rulesVersion: null };
		await store.relabelOpens([{ eventId: followed.eventId, ...human }]);
		expect(await campaign()).toEqual(before);
	});

	test('a gateway that follows all links is labeled, in whatever order they arrive; a reader is not', async () => {
		const key = createSecretKey(Buffer.alloc(32, 7));
		const arrives = async (recipientId: string, position: number, second: number) => {
			const pixelId = `p-${recipientId}`;
			const at = START + second * 1000;
			const event = click({ recipientId, pixelId, at, link: { ...SHOP, position } });
			const load = placeLoad(
				{
					eventId: event.eventId,
					at,
					recipient: recipientId,
					recipientDomain: null,
					ip: '203.0.113.9',
					manyDomains: false,
					linkPosition: position,
					actor: 'human',
					features: [],
				},
				key,
			);
			await store.recordUnlessErased([{ event, denylistKeys: [], load }]);
		};
		for (const position of [3, 1, 2]) await arrives('scanned', position, position);
		// One who comes back for the same link, one who reads on, and one with two tabs.
		for (const second of [1, 2, 3, 4]) await arrives('keen', 1, second);
		for (const position of [1, 2, 3]) await arrives('reader', position, position * 8);
		for (const position of [1, 2]) await arrives('tabs', position, 1);
		const { opens } = await store.listOpens({ limit: 50, event: 'click' });
		const labels = (name: string) =>
			new Set(
				opens.flatMap(({ recipientId, ...rest }) => (recipientId === name ? [rest.actor] : [])),
			);
		expect([...labels('scanned')]).toEqual(['scanner']);
		for (const name of ['keen', 'reader', 'tabs']) expect([...labels(name)]).toEqual(['human']);
		expect(opens.find(({ actor }) => actor === 'scanner')?.actorReason).toBe('link-burst');
		expect(await campaign()).toMatchObject({ clicks: 9, machineClicks: 3, uniqueClicks: 3 });
	});

	test('a click gets the strongest reason, whether it is in the log or on its way', async () => {
		const key = createSecretKey(Buffer.alloc(32, 7));
		const arriving = (position: number, second: number, features: string[] = []) => {
			const at = START + second * 1000;
			const event = click({ at, link: { ...SHOP, position } });
			const load = placeLoad(
				{
					eventId: event.eventId,
					at,
					recipient: 'ada',
					recipientDomain: null,
					ip: '203.0.113.9',
					manyDomains: false,
					linkPosition: position,
					actor: 'human',
					features,
				},
				key,
			);
			if (load === null) throw new Error('A click takes part.');
			return { event, load };
		};
		const looked = (position: number, second: number) => {
			const { event, load } = arriving(position, second, ['method:head']);
			return { event: { ...event, recipientId: null }, load: { ...load, open: false } };
		};
		const reasons = async () => {
			const { opens } = await store.listOpens({ limit: 50, event: 'click' });
			return opens.map(({ actorReason }) => actorReason).sort();
		};
		const three = [1, 2, 3].map((position) => arriving(position, position));
		await store.recordUnlessErased(three.map((one) => ({ ...one, denylistKeys: [] })));
		expect(await reasons()).toEqual(['link-burst', 'link-burst', 'link-burst']);
		const before = await campaign();
		expect(before).toMatchObject({ clicks: 0, machineClicks: 3 });
		// The first three are in the log by now; these three come behind their loads.
		const later = [4, 5, 6].map((position) => arriving(position, position));
		await store.recordUnlessErased([], { notes: [...later, looked(4, 3.5), looked(1, 0.5)] });
		expect(await reasons()).toEqual(['link-burst', 'link-burst', 'link-head-first']);
		expect(await campaign()).toEqual(before);
		await store.recordUnlessErased(later.map(({ event }) => ({ event, denylistKeys: [] })));
		expect(await reasons()).toEqual([
			...Array<string>(4).fill('link-burst'),
			...Array<string>(2).fill('link-head-first'),
		]);
		expect(await campaign()).toMatchObject({ clicks: 0, machineClicks: 6, uniqueClicks: 0 });
		// A weaker rule takes no reason away.
		await store.recordUnlessErased([], { notes: [7, 8, 9].map((link) => arriving(link, 7)) });
		expect((await reasons()).filter((reason) => reason === 'link-head-first')).toHaveLength(2);
	});

	test('what a mode keeps of a click', async () => {
		await store.recordOpens([
			click({ trackingMode: 'aggregate', recipientId: null, recipientReason: 'mode' }),
			click({ trackingMode: 'hygiene' }),
		]);
		expect((await store.listOpens({ limit: 10, event: 'any' })).opens).toEqual([]);
		expect(await campaign()).toMatchObject({ clicks: 1, uniqueClicks: 0, lastLoadAt: null });
		expect(await store.getStatus(placed)).toBeNull();
		expect(await links()).toMatchObject([{ clicks: 1 }]);
	});

	test('nothing of a click is left of an erased person, nor of a deleted pixel', async () => {
		await store.recordOpens([
			open(),
			click(),
			click({ actor: 'scanner' }),
			click({ recipientId: 'ben', pixelId: 'q' }),
			click({ recipientId: 'cid', pixelId: 'r' }),
		]);
		expect((await store.exportSubject(ADA)).opens).toHaveLength(3);
		await store.eraseSubject(ADA, new Date());
		expect(await links()).toMatchObject([{ clicks: 2, machineClicks: 0 }]);
		expect(await campaign()).toMatchObject({ clicks: 2, machineClicks: 0, uniqueClicks: 2 });
		expect(await store.listLinkClicks({ pixelId: 'p' })).toEqual([]);
		await store.deletePixel('q');
		expect(await links()).toMatchObject([{ clicks: 1 }]);
		expect(await campaign()).toMatchObject({ clicks: 1, uniqueClicks: 1 });
		await store.deletePixel('r');
		expect(await links()).toEqual([]);
		expect((await store.listOpens({ limit: 10, event: 'any' })).opens).toEqual([]);
	});

	test('retention removes clicks, and a recipient who did nothing but click', async () => {
		const old = { at: Date.UTC(2024, 0, 1) };
		await store.recordOpens([click(old)]);
		const plan = retentionPlan(DEFAULT_RETENTION, new Date('2026-11-20T10:00:00.000Z'));
		await store.applyRetention(plan, { dryRun: false });
		expect((await store.listOpens({ limit: 10, event: 'any' })).opens).toEqual([]);
		expect(await store.getStatus(placed)).toBeNull();
		expect(await store.listLinkClicks({ pixelId: 'p' })).toEqual([]);
	});

	test('whoever clicked is not among those who did not read', async () => {
		const sent = {
			messageId: null,
			pixelId: 'p',
			campaignId: 'spring',
			sentAt: new Date('2026-11-01T10:00:00.000Z'),
			trackingMode: 'identified' as const,
		};
		await store.registerSent(
			['ada', 'ben'].map((recipientId) => ({ ...sent, recipientId })),
			keysOf,
		);
		await store.recordOpens([click()]);
		const asked = { campaignId: 'spring', sentBefore: new Date('2026-11-20'), limit: 10 };
		const { recipients } = await store.listNotOpened(asked);
		expect(recipients.map(({ recipientId }) => recipientId)).toEqual(['ben']);
	});
});
