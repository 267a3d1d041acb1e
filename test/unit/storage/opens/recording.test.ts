import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { wholeStore } from '../../../support/whole-store';

onEachEngine('recording and listing opens on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => {
		await place.dispose();
	});

	const collect = async (list: AsyncIterable<{ eventId: string }>) => {
		const ids: string[] = [];
		for await (const { eventId } of list) ids.push(eventId);
		return ids;
	};

	test('an event comes back as it was recorded, after a restart too', async () => {
		const event = sampleOpen({
			recipientId: 'ada',
			recipientReason: null,
			pixelId: 'p',
			campaignId: 'spring',
			messageId: '<1@example.com>',
			trackingMode: 'full',
			purpose: 'performance',
			actor: 'human-via-proxy',
			actorReason: 'google-image-proxy',
			rulesVersion: '3',
			client: { family: 'Gmail', os: 'Android', device: 'phone' },
			features: ['accept-image', 'ümlaut'],
			consent: { status: 'given', recordId: 'c-1', policy: 'consent-required' },
			request: { ip: '192.0.2.0', userAgent: 'UA', referer: 'r', acceptLanguage: 'fr' },
		});
		await store.recordOpens([event]);
		await store.close();
		const again = await place.openStore();
		expect((await again.listOpens({ limit: 10 })).opens).toEqual([{ ...event, firstOpen: true }]);
	});

	test('an event is stored once, whatever characters its id has', async () => {
		const ids = ['a"b', 'a,b', '{a}', 'NULL', 'a\\b', "a'b", ' a ', 'ü😀', '$1', '%', '{"a","b"}'];
		const events = ids.map((eventId) => sampleOpen({ eventId, pixelId: 'p' }));
		expect(await store.recordOpens(events)).toMatchObject({ recorded: ids.length });
		expect(await store.recordOpens(events)).toMatchObject({ duplicates: ids.length });
		const label = { actor: 'bot' as const, actorReason: 'late', rulesVersion: '2' };
		const labels = ids.map((eventId) => ({ eventId, ...label }));
		expect(await store.relabelOpens(labels)).toMatchObject({ relabeled: ids.length });
	});

	test('a load with a token that does not hold is counted as that, and as no open', async () => {
		const forged = sampleOpen({
			recipientId: null,
			recipientReason: 'invalid-token',
			pixelId: null,
			campaignId: null,
			trackingMode: 'aggregate',
		});
		await store.recordOpens([forged]);
		await store.recordOpens([forged]);
		const { totals } = await store.getDashboard();
		expect(totals).toMatchObject({ invalidTokens: 1, opens: 0, machineOpens: 0 });
		expect((await store.listOpens({ limit: 10 })).opens).toEqual([]);
	});

	describe('an open that asks for more than its pixel allows', () => {
		const full = (pixelId: string) =>
			sampleOpen({
				pixelId,
				recipientId: 'ada@example.com',
				trackingMode: 'full',
				request: { ip: '192.0.2.7', userAgent: 'UA', referer: null, acceptLanguage: null },
			});

		test('is reduced to that, once', async () => {
			const { id } = await store.createPixel({ name: 'x', trackingMode: 'identified' });
			const event = full(id);
			await store.recordOpens([event]);
			await store.recordOpens([event]);
			const { opens } = await store.listOpens({ limit: 10 });
			expect(opens).toMatchObject([
				{
					trackingMode: 'identified',
					recipientId: 'ada@example.com',
					request: { ip: null, userAgent: null },
				},
			]);
		});

		test('is a count for its pixel where that is all the pixel allows', async () => {
			const { id } = await store.createPixel({ name: 'x', trackingMode: 'aggregate' });
			const event = full(id);
			const counted = { recorded: 1, duplicates: 0, ignored: 0 };
			expect(await store.recordOpens([event])).toEqual(counted);
			expect(await store.recordOpens([event])).toMatchObject({ duplicates: 1 });
			expect((await store.listOpens({ limit: 10 })).opens).toEqual([]);
			expect(await store.getStatus({ pixelId: id })).toMatchObject({ opens: 1 });
			expect(await store.getStatus({ pixelId: id, recipientId: 'ada@example.com' })).toBeNull();
		});

		test('leaves nothing where its pixel must not be tracked', async () => {
			const { id } = await store.createPixel({ name: 'x', trackingMode: 'off' });
			expect(await store.recordOpens([full(id)])).toMatchObject({ recorded: 0, ignored: 1 });
			expect(await store.getStatus({ pixelId: id })).toMatchObject({ opens: 0 });
		});

		test('is left as it is where the pixel sets no limit', async () => {
			const { id } = await store.createPixel({ name: 'x' });
			const event = full(id);
			await store.recordOpens([event]);
			expect((await store.listOpens({ limit: 10 })).opens).toEqual([{ ...event, firstOpen: true }]);
		});
	});

	test('the same event id is one open, in one batch, in two, and from two stores at once', async () => {
		const events = Array.from({ length: 30 }, (_, index) =>
			sampleOpen({ pixelId: 'p', recipientId: `r${index % 5}`, at: START + index * 1000 }),
		);
		expect(await store.recordOpens([...events, ...events.slice(0, 3)])).toEqual({
			recorded: 30,
			duplicates: 3,
			ignored: 0,
		});
		const more = Array.from({ length: 40 }, (_, index) =>
			sampleOpen({ pixelId: 'p', recipientId: `r${index % 5}`, at: START + index * 700 }),
		);
		const other = await place.openStore();
		const results = await Promise.all([
			store.recordOpens(more),
			other.recordOpens(more),
			store.recordOpens(events),
			other.recordOpens(more.slice(5)),
		]);
		const recorded = results.reduce((sum, result) => sum + result.recorded, 0);
		expect(recorded).toBe(40);
		expect((await other.getDashboard()).totals).toMatchObject({ opens: 70, uniqueOpens: 5 });
	});

	test('more events than one statement can take', async () => {
		const events = Array.from({ length: 2300 }, (_, index) =>
			sampleOpen({ pixelId: `p${index % 1200}`, recipientId: `r${index}`, at: START + index }),
		);
		expect(await store.recordOpens(events)).toMatchObject({ recorded: 2300 });
		expect(await store.recordOpens(events)).toMatchObject({ recorded: 0, duplicates: 2300 });
		expect((await store.getDashboard()).totals).toMatchObject({ opens: 2300, uniqueOpens: 2300 });
	});

	test('mode off leaves nothing', async () => {
		const event = sampleOpen({ pixelId: 'p', recipientId: 'ada', trackingMode: 'off' });
		expect(await store.recordOpens([event])).toEqual({ recorded: 0, duplicates: 0, ignored: 1 });
		expect(await store.getStatus({ pixelId: 'p' })).toBeNull();
		expect(await store.getDashboard()).toMatchObject({ totals: { opens: 0 }, recentOpens: [] });
	});

	test('mode aggregate leaves numbers: no row, no recipient, no time but the hour', async () => {
		const event = sampleOpen({
			pixelId: 'p',
			campaignId: 'spring',
			recipientId: 'ada@example.com',
			trackingMode: 'aggregate',
			at: START + 61_000,
		});
		const machine = sampleOpen({ ...event, eventId: 'm', actor: 'bot', at: START });
		expect(await store.recordOpens([event, machine])).toMatchObject({ recorded: 2 });
		expect(await store.recordOpens([event])).toMatchObject({ recorded: 0, duplicates: 1 });
		const totals = { opens: 1, machineOpens: 1, uniqueOpens: 0, viewTimeMs: 0, lastLoadAt: null };
		expect(await store.getDashboard()).toMatchObject({ totals, recentOpens: [] });
		expect(await store.getCampaign('spring')).toMatchObject(totals);
		expect(await store.getStatus({ pixelId: 'p' })).toMatchObject({ opened: true, opens: 1 });
		expect(await store.getStatus({ pixelId: 'p', recipientId: 'ada@example.com' })).toBeNull();
		const span = { from: new Date(START), to: new Date(START + 3_600_000) };
		expect(await store.listOpensPerHour(span)).toEqual([
			{ hour: new Date(START).toISOString(), opens: 1, uniqueOpens: 0, machineOpens: 1 },
		]);
		expect(await wholeStore(place)).not.toContain('ada@example.com');
	});

	test('mode hygiene leaves the day of the last open, and nothing else', async () => {
		const day = 86_400_000;
		const at = (offset: number, actor: 'human' | 'prefetch' = 'human') =>
			sampleOpen({ recipientId: 'ada', trackingMode: 'hygiene', at: START + offset, actor });
		await store.recordOpens([at(day), at(0), at(9 * day, 'prefetch')]);
		await store.recordOpens([at(3 * day)]);
		await store.recordOpens([at(2 * day)]);
		expect(await store.getStatus({ pixelId: 'p', recipientId: 'ada' })).toMatchObject({
			lastOpenDay: '2026-03-06',
			opened: false,
			opens: 0,
		});
		expect(await store.getDashboard()).toMatchObject({ totals: { opens: 0 }, recentOpens: [] });
	});

	test('lists are newest first, in pages that miss and repeat nothing', async () => {
		const events = Array.from({ length: 25 }, (_, index) =>
			// Many at the same millisecond, so that time alone is no order.
			sampleOpen({ at: START + Math.floor(index / 7) * 1000 }),
		);
		await store.recordOpens(events);
		const seen: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await store.listOpens({ limit: 4, cursor });
			seen.push(...page.opens.map(({ eventId }) => eventId));
			cursor = page.nextCursor ?? undefined;
		} while (cursor);
		const expected = [...events]
			.sort((a, b) => (a.occurredAt + a.eventId < b.occurredAt + b.eventId ? 1 : -1))
			.map(({ eventId }) => eventId);
		expect(seen).toEqual(expected);
		expect(await collect(store.streamOpens({}))).toEqual(expected);
		const third = await store.listOpens({ limit: 10, offset: 20 });
		expect(third.opens.map(({ eventId }) => eventId)).toEqual(expected.slice(20));
		expect(third.nextCursor).toBeNull();
	});

	test('filters by recipient, pixel, campaign, actor and time', async () => {
		const a = sampleOpen({ pixelId: 'p', recipientId: 'ada', campaignId: 'x', actor: 'bot' });
		const b = sampleOpen({ pixelId: 'p', recipientId: 'bob', campaignId: 'x', at: START + 1000 });
		const c = sampleOpen({ pixelId: 'q', recipientId: 'ada', campaignId: 'y', at: START + 2000 });
		await store.recordOpens([a, b, c]);
		const ids = (...events: Array<{ eventId: string }>) => events.map(({ eventId }) => eventId);
		expect(await collect(store.streamOpens({ recipientId: 'ada' }))).toEqual(ids(c, a));
		expect(await collect(store.streamOpens({ pixelId: 'p' }))).toEqual(ids(b, a));
		expect(await collect(store.streamOpens({ campaignId: 'y' }))).toEqual(ids(c));
		expect(await collect(store.streamOpens({ actor: 'bot' }))).toEqual(ids(a));
		expect(await collect(store.streamOpens({ actorClass: 'counted' }))).toEqual(ids(c, b));
		expect(await collect(store.streamOpens({ actorClass: 'machine' }))).toEqual(ids(a));
		const [from, to] = [new Date(START + 1000), new Date(START + 2000)];
		expect(await collect(store.streamOpens({ from }))).toEqual(ids(c, b));
		expect(await collect(store.streamOpens({ to }))).toEqual(ids(b, a));
	});

	test('text that a database cannot hold does not stop an open', async () => {
		const event = sampleOpen({ request: { ...sampleOpen().request, userAgent: 'a\u0000b\ud800' } });
		await store.recordOpens([event]);
		const [stored] = (await store.listOpens({ limit: 1 })).opens;
		expect(stored?.request.userAgent).toBe('a\ufffdb\ufffd');
	});

	test('bad input is refused without repeating it', async () => {
		const long = sampleOpen({ recipientId: 'secret@example.com'.repeat(20) });
		await expect(store.recordOpens([long])).rejects.toThrow('recipient id is longer than 256');
		const none = { ...sampleOpen(), occurredAt: 'secret@example.com' };
		const refused = store.recordOpens([sampleOpen(), none]);
		await expect(refused).rejects.toMatchObject({
			code: 'invalid',
			message: expect.stringContaining('occurredAt'),
		});
		await expect(refused).rejects.not.toThrow('secret');
		expect((await store.listOpens({ limit: 5 })).opens).toEqual([]);
		await expect(store.listOpens({ limit: 0 })).rejects.toThrow('1 to 1,000');
		await expect(store.listOpens({ limit: 5, cursor: 'bogus' })).rejects.toThrow('cursor');
		await expect(store.listOpens({ limit: 5, offset: -1 })).rejects.toThrow('offset');
	});
});
