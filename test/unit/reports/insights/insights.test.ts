import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { campaignInsight } from '../../../../src/reports/insights/campaign-insight';
import { comparisonInsight } from '../../../../src/reports/insights/comparison-insight';
import { findCampaigns } from '../../../../src/reports/insights/found-campaigns';
import { peopleInsight } from '../../../../src/reports/insights/people-insight';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { Actor, OpenEvent } from '../../../../src/tracking/event/open-event';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen } from '../../../support/sample-opens';
import { onEachEngine, type StorePlace } from '../../../support/stores';

const NOW = new Date('2026-03-20T12:00:00Z');
const HOUR = 3_600_000;
const hoursAgo = (hours: number) => NOW.getTime() - hours * HOUR;

onEachEngine('the insights on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeAll(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
		await campaign('spring-launch', 'Spring launch, first email', 40, 200);
		await campaign('newsletter', 'Issue 41', 40, 100);
		await campaign('few', 'Small one', 3, 30);
		await load('spring-launch', 20, 'human', 190);
		await load('spring-launch', 4, 'prefetch', 180, 20);
		await load('spring-launch', 2, 'scanner', 180, 24);
		await load('newsletter', 8, 'human-via-proxy', 90);
		await load('few', 1, 'human', 1);
		const label = (recipientId: string, segment: string) =>
			({ recipientId, segments: [segment], how: 'add' }) as const;
		await store.changeSegments(
			Array.from({ length: 40 }, (_, n) => label(`r-${n}`, n < 30 ? 'customers' : 'trial')),
			keysOf,
		);
		await store.changeSegments([label('r-0', 'board')], keysOf);
		await store.recordOpens([
			sampleOpen({ campaignId: 'nameless', recipientId: null, at: hoursAgo(3) }),
		]);
	}, 60_000);
	afterAll(async () => await place.dispose());

	async function campaign(campaignId: string, name: string, size: number, sentHoursAgo: number) {
		const { id: pixelId } = await store.createPixel({ name, campaignId });
		const people = Array.from({ length: size }, (_, n) => `r-${n}`);
		await store.addRecipients(
			pixelId,
			people.map((recipientId) => ({ recipientId, email: `${recipientId}@example.com` })),
			keysOf,
		);
		await store.registerSent(
			people.map((recipientId) => ({
				messageId: null,
				pixelId,
				campaignId,
				recipientId,
				sentAt: new Date(hoursAgo(sentHoursAgo)),
				trackingMode: 'identified' as const,
			})),
			keysOf,
		);
		pixels.set(campaignId, pixelId);
	}
	const pixels = new Map<string, string>();

	async function load(campaignId: string, people: number, actor: Actor, hours: number, from = 0) {
		const pixelId = pixels.get(campaignId);
		await store.recordOpens(
			Array.from({ length: people }, (_, n) =>
				sampleOpen({
					pixelId,
					campaignId,
					recipientId: `r-${from + n}`,
					actor,
					at: hoursAgo(hours) + n * 60_000,
				}),
			),
		);
	}

	const people = async (
		campaignId: string,
		state: 'opened' | 'notOpened',
		more: { limit?: number; withAddresses?: boolean } = {},
	) =>
		await peopleInsight(store, {
			campaignId,
			state,
			limit: 50,
			withAddresses: false,
			now: NOW,
			...more,
		});

	it('say who opened, the latest first, with how sure the rate is', async () => {
		const insight = await people('spring-launch', 'opened');
		expect(insight?.answer).toBe(
			'20 recipients opened; all are listed. Open rate: 56 % of the 36 readers who can be seen; 4 use an address that hides it. The 95 % interval is 40 to 70 %. Of all 40 recipients, 50 % are confirmed and 60 % possible.',
		);
		expect(insight?.caution).toContain('not that anybody read it');
		expect(insight?.rates).toEqual({
			sentRecipients: 40,
			confirmed: 20,
			confirmedRate: 0.5,
			likelyRate: 0.556,
			likelyLow: 0.396,
			likelyHigh: 0.705,
			possibleRate: 0.6,
			hidden: 4,
			hiddenShare: 0.1,
		});
		expect(insight?.people.map(({ recipientId }) => recipientId).slice(0, 2)).toEqual([
			'r-19',
			'r-18',
		]);
		expect(insight?.people[0]).toEqual({
			recipientId: 'r-19',
			pixelId: pixels.get('spring-launch'),
			opens: 1,
			machineLoads: 0,
			lastSentAt: new Date(hoursAgo(200)).toISOString(),
			firstOpenAt: new Date(hoursAgo(190) + 19 * 60_000).toISOString(),
			lastOpenAt: new Date(hoursAgo(190) + 19 * 60_000).toISOString(),
		});
	});

	it('give no address unless that was chosen', async () => {
		expect(JSON.stringify(await people('spring-launch', 'opened'))).not.toContain('@');
		const withAddresses = await people('spring-launch', 'opened', { withAddresses: true });
		expect(withAddresses?.people[0]).toMatchObject({ email: 'r-19@example.com' });
	});

	it('list no more than asked for, and say that there are more', async () => {
		const opened = await people('spring-launch', 'opened', { limit: 5 });
		expect(opened).toMatchObject({ more: true, people: { length: 5 } });
		expect(opened?.answer).toMatch(
			/^The 5 recipients who opened last are listed; there are more\./,
		);
		const silent = await people('spring-launch', 'notOpened', { limit: 5 });
		expect(silent).toMatchObject({ more: true, people: { length: 5 } });
		expect(silent?.answer).toContain('; the first 5 are listed, there are more.');
	});

	it('say who has not opened, without those who cannot be seen', async () => {
		const insight = await people('spring-launch', 'notOpened');
		expect(insight?.answer).toMatch(
			/^16 recipients of 40 have no counted open\. 4 more cannot be seen and are not listed\. Open rate/,
		);
		const ids = insight?.people.map(({ recipientId }) => recipientId);
		expect(ids).toHaveLength(16);
		expect(ids).toContain('r-24');
		expect(ids).not.toContain('r-0');
		expect(ids).not.toContain('r-20');
	});

	it('say of a young campaign that it may still be opened', async () => {
		expect((await people('few', 'notOpened'))?.answer).toContain(
			'The latest message left on 2026-03-19, so it may still be opened.',
		);
		expect((await people('spring-launch', 'notOpened'))?.answer).not.toContain('may still');
	});

	it('say that nobody is named where nobody is', async () => {
		const insight = await people('nameless', 'opened');
		expect(insight?.people).toEqual([]);
		expect(insight?.answer).toBe(
			'Nobody is named: the tracking mode or the links kept no recipient of the counted opens (1). No message is registered as sent, so there is no rate.',
		);
	});

	it('do not name a recipient that was deleted', async () => {
		const { id: pixelId } = await store.createPixel({ name: 'Gone', campaignId: 'gone' });
		await store.addRecipients(pixelId, [{ recipientId: 'ida' }], keysOf);
		const [{ id }] = await store.findRecipients(pixelId, ['ida']);
		await store.recordOpens([
			sampleOpen({ pixelId, campaignId: 'gone', recipientId: 'ida', at: hoursAgo(2) }),
		]);
		await store.deleteRecipient(id, keysOf);
		const insight = await people('gone', 'opened');
		expect(insight?.people.map(({ recipientId }) => recipientId)).toEqual(['Deleted recipient']);
		expect(JSON.stringify(insight)).not.toContain('ida');
	});

	it('say how a campaign is doing, and hold back what tells of few people', async () => {
		const insight = await campaignInsight(store, 'spring-launch');
		expect(insight?.answer).toBe(
			'Open rate: 56 % of the 36 readers who can be seen; 4 use an address that hides it. The 95 % interval is 40 to 70 %. Of all 40 recipients, 50 % are confirmed and 60 % possible. 20 counted opens; 6 loads by machines, which no rate counts. Segments that would tell of fewer than 10 people are withheld.',
		);
		expect(insight?.segments).toEqual([
			{ segment: 'board', withheld: true },
			expect.objectContaining({ segment: 'customers', withheld: false, sentRecipients: 30 }),
			expect.objectContaining({ segment: 'trial', withheld: false, sentRecipients: 10 }),
		]);
		expect(insight?.mailboxProviders).toEqual([
			expect.objectContaining({ domain: 'example.com', sentRecipients: 40, confirmed: 20 }),
		]);
		expect(insight?.machineReasons.reduce((sum, { loads }) => sum + loads, 0)).toBe(6);
		expect((await campaignInsight(store, 'few'))?.mailboxProviders).toEqual([]);
	});

	it('look as docs/ai.md shows one', async () => {
		const page = readFileSync(join(__dirname, '../../../../docs/ai.md'), 'utf8');
		const [, example] = /```json\n([^]*?)```/.exec(page)!;
		expect(await campaignInsight(store, 'spring-launch')).toEqual(JSON.parse(example));
	});

	describe('where links are tracked', () => {
		const follow = async (people: number, position: number, changes: Partial<OpenEvent> = {}) =>
			await store.recordOpens(
				Array.from({ length: people }, (_, n) =>
					sampleOpen({
						pixelId: pixels.get('shop'),
						campaignId: 'shop',
						recipientId: `r-${n}`,
						event: 'click',
						purpose: 'clicks',
						link: { url: `https://shop.example/${position}`, position, label: null },
						at: hoursAgo(20),
						...changes,
					}),
				),
			);
		beforeAll(async () => {
			await campaign('shop', 'Offers', 40, 30);
			await load('shop', 10, 'human', 25);
			await follow(12, 1);
			await follow(3, 2);
			await follow(30, 3, { actor: 'scanner', actorReason: 'link-burst' });
		});

		it('say what was followed, and hold back what tells of few people', async () => {
			const insight = await campaignInsight(store, 'shop');
			expect(insight?.answer).toContain(
				'Clicks: 12 of 40 recipients clicked (30 %); of the 10 with a counted open, 100 % clicked as well. Links that fewer than 10 people followed are withheld. A click says that a link was followed.',
			);
			const scanned =
				'30 × Security scanner: Three or more links of one email were followed within ten seconds';
			const none = { withheld: false, machineClicks: 0, machineReasons: null };
			const page = (position: number) => ({
				link: `Link ${position}`,
				leadsTo: `https://shop.example/${position}`,
			});
			expect(insight?.clicks).toEqual({
				clicks: 15,
				clicked: 12,
				clickRate: 0.3,
				clickToOpenRate: 1,
				clickToOpenLow: 0.722,
				clickToOpenHigh: 1,
				machineClicks: 30,
				links: [
					{ ...none, ...page(1), people: 12, clicks: 12 },
					{ ...none, ...page(2), people: null, clicks: null, withheld: true },
					{
						...none,
						...page(3),
						people: null,
						clicks: 0,
						machineClicks: 30,
						machineReasons: scanned,
					},
				],
			});
		});

		it('say who is known to have read it by a click alone', async () => {
			const insight = await people('shop', 'opened');
			expect(insight?.answer).toMatch(
				/^12 recipients opened; all are listed\. Of those listed, 2 have no counted open, but followed a link\. /,
			);
			expect(insight?.people).toContainEqual(
				expect.objectContaining({ recipientId: 'r-11', opens: 0, clicks: 1, machineClicks: 1 }),
			);
		});

		it('compare the click rates of today, and have none of a campaign without clicks', async () => {
			const insight = await comparisonInsight(store, ['shop', 'newsletter'], NOW);
			expect(insight?.campaigns).toMatchObject([
				{ campaignId: 'shop', clicksToday: { clicked: 12, clickRate: 0.3 } },
				{ campaignId: 'newsletter', clicksToday: null },
			]);
		});
	});

	it('compare campaigns at one age, and say which difference is more than chance', async () => {
		const insight = await comparisonInsight(store, ['newsletter', 'spring-launch', 'few'], NOW);
		expect(insight).toMatchObject({
			ageHours: 30,
			campaigns: [
				{ campaignId: 'spring-launch', rateAtAge: 0.5, low: 0.352, high: 0.648 },
				{ campaignId: 'few', rateAtAge: 0.333 },
				{ campaignId: 'newsletter', rateAtAge: 0.2 },
			],
		});
		expect(insight?.answer).toBe(
			'30 h after the first message, "spring-launch" had 50 % confirmed. "few" had 33 %: the difference may be chance. "newsletter" had 20 %: 9 to 48 percentage points less, at 95 % confidence, which chance alone hardly explains.',
		);
		await expect(comparisonInsight(store, ['few'], NOW)).rejects.toThrow(
			'Give two to four different campaigns to compare.',
		);
	});

	it('say where the part that cannot be seen makes campaigns hard to compare', async () => {
		await campaign('apple', 'Apple readers', 20, 100);
		await load('apple', 15, 'prefetch', 99);
		const insight = await comparisonInsight(store, ['newsletter', 'apple'], NOW);
		expect(insight?.answer).toContain(
			'The share of recipients who cannot be seen differs (0 % to 75 %), so part of a difference can come from their email clients.',
		);
		expect((await campaignInsight(store, 'apple'))?.answer).toContain('0 % of the 5 readers');
	});

	it('compare nothing at an age that one of them does not have', async () => {
		const insight = await comparisonInsight(store, ['nameless', 'few'], NOW);
		expect(insight?.ageHours).toBeNull();
		expect(insight?.answer).toMatch(/^No message of one of these campaigns is registered as sent/);
	});

	it('find campaigns by their ID, by an email, and by the longest word of what was said', async () => {
		const ids = async (search: string, limit = 50) => {
			const { campaigns, more } = await findCampaigns(store, search, limit);
			return [campaigns.map(({ campaignId }) => campaignId), more];
		};
		expect(await ids('launch')).toEqual([['spring-launch'], false]);
		expect(await ids('Issue 41')).toEqual([['newsletter'], false]);
		expect(await ids('the spring-launch campaign')).toEqual([[], false]);
		expect(await ids('our newsletter')).toEqual([['newsletter'], false]);
		expect((await ids('', 2))[1]).toBe(true);
		expect((await findCampaigns(store, 'our newsletter', 5)).answer).toBe(
			'1 campaign with "newsletter" in its ID or in the name of one of its emails, and none with all of it, is listed.',
		);
		expect((await findCampaigns(store, 'nothing', 5)).answer).toBe(
			'There is no campaign with "nothing" in its ID or in the name of one of its emails.',
		);
	});

	it('know nothing of a campaign that nobody knows', async () => {
		expect(await people('other', 'opened')).toBeNull();
		expect(await campaignInsight(store, 'other')).toBeNull();
		expect(await comparisonInsight(store, ['few', 'other'], NOW)).toBeNull();
	});
});
