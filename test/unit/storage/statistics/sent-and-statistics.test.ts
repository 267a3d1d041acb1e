import type { SentMessage, TrackingStore } from '../../../../src/storage/port/tracking-store';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { wholeStore } from '../../../support/whole-store';
import { keysOf } from '../../../support/denylist-keys';

const LATER = new Date(START + 1e9);

onEachEngine('sent messages and statistics on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => {
		await place.dispose();
	});

	const message = (changes: Partial<SentMessage>): SentMessage => ({
		messageId: null,
		pixelId: null,
		campaignId: 'spring',
		recipientId: null,
		sentAt: new Date(START),
		trackingMode: 'identified',
		...changes,
	});

	test('statuses of many are those that each would have alone, in their order', async () => {
		await store.createPixel({ id: 'p', name: 'Newsletter' });
		await store.recordOpens([
			sampleOpen({ pixelId: 'p', recipientId: 'ada' }),
			sampleOpen({ pixelId: 'q', recipientId: 'ada', actor: 'scanner' }),
			sampleOpen({ recipientId: 'bob', trackingMode: 'hygiene' }),
		]);
		const requests = [
			{ pixelId: 'q', recipientId: 'ada' },
			{ pixelId: 'p' },
			{ pixelId: 'unknown' },
			{ pixelId: 'p', recipientId: 'bob' },
			{ pixelId: 'p', recipientId: 'nobody' },
			{ pixelId: 'p', recipientId: 'ada' },
			{ pixelId: 'q', recipientId: 'ada' },
		];
		const alone = [];
		for (const request of requests) alone.push(await store.getStatus(request));
		expect(await store.listStatuses(requests)).toEqual(alone);
		expect(alone.map((status) => status && [status.opened, status.machineOpens])).toEqual([
			[false, 1],
			[true, 0],
			null,
			[false, 0],
			null,
			[true, 0],
			[false, 1],
		]);
		expect(await store.listStatuses([])).toEqual([]);
	});

	test('the open rate is opened over sent to, whatever else was opened', async () => {
		const sent = ['ada', 'bob', 'eve', 'dan'].map((recipientId, index) =>
			message({ pixelId: 'p', recipientId, messageId: `m${index}` }),
		);
		expect(await store.registerSent(sent, keysOf)).toEqual({
			recorded: 4,
			duplicates: 0,
			ignored: 0,
			outcomes: Array(4).fill('recorded'),
		});
		expect(await store.registerSent([...sent, message({ trackingMode: 'off' })], keysOf)).toEqual({
			recorded: 0,
			duplicates: 4,
			ignored: 1,
			outcomes: [...Array<string>(4).fill('duplicate'), 'ignored'],
		});
		await store.registerSent(
			[message({ pixelId: 'p', recipientId: 'ada', messageId: 'second' })],
			keysOf,
		);
		await store.recordOpens([
			sampleOpen({ pixelId: 'p', recipientId: 'ada' }),
			sampleOpen({ pixelId: 'p', recipientId: 'ada', at: START + 90_000 }),
			sampleOpen({ pixelId: 'p', recipientId: 'bob', actor: 'prefetch' }),
			sampleOpen({ pixelId: 'p', recipientId: 'stranger' }),
			sampleOpen({ pixelId: 'p' }),
		]);
		const expected = {
			sent: 5,
			sentRecipients: 4,
			openedOfSent: 1,
			rates: { confirmed: { rate: 0.25 } },
			uniqueOpens: 2,
			opens: 4,
			machineOpens: 1,
			recipients: 4,
		};
		expect(await store.getCampaign('spring')).toMatchObject(expected);
		expect((await store.getDashboard()).totals).toMatchObject(expected);
		expect(await store.getStatus({ pixelId: 'p', recipientId: 'ada' })).toMatchObject({ sent: 2 });
	});

	test('without a message id a message counts once per recipient', async () => {
		const one = message({ pixelId: 'p', recipientId: 'ada' });
		await store.registerSent([one, one], keysOf);
		await store.registerSent([one], keysOf);
		expect((await store.getDashboard()).totals).toMatchObject({ sent: 1, sentRecipients: 1 });
	});

	test('an email with a pixel of its own and no recipient is one sent to, one opened', async () => {
		await store.registerSent([message({ pixelId: 'a', messageId: '1' })], keysOf);
		await store.registerSent([message({ pixelId: 'b', messageId: '2' })], keysOf);
		await store.recordOpens([sampleOpen({ pixelId: 'a', campaignId: 'spring' })]);
		expect(await store.getCampaign('spring')).toMatchObject({
			sentRecipients: 2,
			openedOfSent: 1,
			rates: { confirmed: { rate: 0.5 } },
			uniqueOpens: 1,
			recipients: 0,
		});
		const { recipients } = await store.listNotOpened({
			campaignId: 'spring',
			sentBefore: LATER,
			limit: 9,
		});
		expect(recipients).toMatchObject([{ pixelId: 'b', recipientId: null, sent: 1 }]);
	});

	test('mode aggregate counts the message and not to whom it went', async () => {
		const quiet = message({
			pixelId: 'p',
			recipientId: 'ada@example.com',
			messageId: 'mail-1',
			trackingMode: 'aggregate',
		});
		expect(await store.registerSent([quiet, quiet], keysOf)).toMatchObject({
			recorded: 1,
			duplicates: 1,
			outcomes: ['recorded', 'duplicate'],
		});
		expect(await store.registerSent([quiet], keysOf)).toMatchObject({ recorded: 0, duplicates: 1 });
		expect(await store.getCampaign('spring')).toMatchObject({
			sent: 1,
			sentRecipients: 0,
			rates: { confirmed: { rate: null } },
		});
		expect(await wholeStore(place)).not.toMatch(/ada@|mail-1/);
	});

	test('lists who has not opened, by campaign and by pixel, with the address', async () => {
		await store.createPixel({ id: 'p', name: 'P', campaignId: 'spring' });
		await store.addRecipients(
			'p',
			[
				{ recipientId: 'ada', email: 'ada@example.com' },
				{ recipientId: 'bob', email: 'bob@example.com' },
				{ recipientId: 'never-sent', email: 'never@example.com' },
			],
			keysOf,
		);
		await store.registerSent(
			[
				message({ pixelId: 'p', recipientId: 'ada', messageId: '1' }),
				message({ pixelId: 'p', recipientId: 'bob', messageId: '2' }),
				message({ recipientId: 'eve', messageId: '3' }),
				message({ recipientId: 'late', messageId: '4', sentAt: new Date(START + 5000) }),
				message({ recipientId: 'zoe', messageId: '5', campaignId: 'autumn' }),
			],
			keysOf,
		);
		await store.recordOpens([
			sampleOpen({ pixelId: 'p', recipientId: 'ada' }),
			sampleOpen({ pixelId: 'p', recipientId: 'bob', actor: 'scanner' }),
		]);
		const request = { campaignId: 'spring', sentBefore: new Date(START + 5000) };
		const first = await store.listNotOpened({ ...request, limit: 1 });
		const second = await store.listNotOpened({
			...request,
			limit: 1,
			cursor: first.nextCursor ?? '',
		});
		expect(second.nextCursor).toBeNull();
		const found = [...first.recipients, ...second.recipients];
		expect(found.map(({ recipientId }) => recipientId).sort()).toEqual(['bob', 'eve']);
		expect(found.find(({ recipientId }) => recipientId === 'bob')).toEqual({
			pixelId: 'p',
			campaignId: 'spring',
			recipientId: 'bob',
			email: 'bob@example.com',
			lastSentAt: new Date(START).toISOString(),
			sent: 1,
			machineOpens: 1,
		});
		const byPixel = await store.listNotOpened({ pixelId: 'p', sentBefore: LATER, limit: 9 });
		expect(byPixel.recipients.map(({ recipientId }) => recipientId)).toEqual(['bob']);
		const both = { pixelId: 'p', campaignId: 'spring', sentBefore: LATER, limit: 9 };
		await expect(store.listNotOpened(both)).rejects.toThrow('either');
	});

	test('campaigns are listed, the most recently loaded first', async () => {
		await store.createPixel({ name: 'Quiet', campaignId: 'quiet' });
		await store.recordOpens([
			sampleOpen({ pixelId: 'a', campaignId: 'old' }),
			sampleOpen({ pixelId: 'b', campaignId: 'new', at: START + 1 }),
		]);
		const campaigns = await store.listCampaigns({ limit: 9 });
		expect(campaigns.map(({ campaignId }) => campaignId)).toEqual(['new', 'old', 'quiet']);
		expect(campaigns[2]).toMatchObject({ pixels: 1, opens: 0 });
		const [second] = await store.listCampaigns({ limit: 1, offset: 1 });
		expect(second?.campaignId).toBe('old');
		expect(await store.getCampaign('nobody')).toBeNull();
	});

	test('the dashboard of an empty store is all zero', async () => {
		expect(await store.getDashboard()).toMatchObject({
			totals: { opens: 0, rates: { confirmed: { rate: null } }, firstOpenAt: null },
			pixels: 0,
			averageViewTimeMs: null,
			recentOpens: [],
		});
	});

	test('the average view time is per unique open', async () => {
		await store.recordOpens([
			sampleOpen({ pixelId: 'p', recipientId: 'ada' }),
			sampleOpen({ pixelId: 'p', recipientId: 'ada', at: START + 10_000 }),
			sampleOpen({ pixelId: 'p', recipientId: 'bob' }),
		]);
		const dashboard = await store.getDashboard({ recentOpens: 2 });
		expect(dashboard.averageViewTimeMs).toBe(5000);
		expect(dashboard.recentOpens).toHaveLength(2);
		expect(dashboard.recentOpens[0]?.occurredAt).toBe(new Date(START + 10_000).toISOString());
	});

	test('a new label moves the counters and leaves the old one in the history', async () => {
		const event = sampleOpen({ pixelId: 'p', recipientId: 'ada', actorReason: 'browser' });
		await store.recordOpens([event]);
		const label = { actor: 'scanner' as const, actorReason: 'burst', rulesVersion: '2' };
		const changes = [
			{ eventId: event.eventId, ...label },
			{ eventId: event.eventId, ...label },
			{ eventId: 'nobody', ...label },
		];
		expect(await store.relabelOpens(changes)).toEqual({ relabeled: 1, unchanged: 1, unknown: 1 });
		expect(await store.getStatus({ pixelId: 'p', recipientId: 'ada' })).toMatchObject({
			opened: false,
			machineOpens: 1,
		});
		expect((await store.listOpens({ limit: 1 })).opens).toMatchObject([label]);
		const newer = { ...label, actorReason: 'burst-2', rulesVersion: '3' };
		await store.relabelOpens([{ eventId: event.eventId, ...newer }]);
		const original = { actor: 'human', actorReason: 'browser', rulesVersion: null };
		expect(await store.listLabelHistory(event.eventId)).toMatchObject([
			{ from: original, to: label },
			{ from: label, to: newer },
		]);
		expect(await store.listLabelHistory('nobody')).toEqual([]);
	});
});
