import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';

const HOUR = 3_600_000;

onEachEngine('answers for pages on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => {
		await place.dispose();
	});

	/** Thirteen people at a large provider and one elsewhere, of whom some load. */
	async function campaign(campaignId: string, sentAt = START) {
		const pixelId = `pixel of ${campaignId}`;
		await store.createPixel({ id: pixelId, name: `Pixel of ${campaignId}`, campaignId });
		const people = Array.from({ length: 14 }, (_, index) => `${campaignId}-${index}`);
		await store.addRecipients(
			pixelId,
			people.map((recipientId, index) => ({
				recipientId,
				email: `${recipientId}@${index === 13 ? 'ada.example' : 'Large.example'}`,
			})),
			keysOf,
		);
		await store.registerSent(
			people.map((recipientId) => ({
				messageId: 'm',
				pixelId,
				campaignId,
				recipientId,
				sentAt: new Date(sentAt),
				trackingMode: 'identified' as const,
			})),
			keysOf,
		);
		const load = (index: number, hours: number, actor: 'human' | 'prefetch' | 'scanner') =>
			sampleOpen({
				at: sentAt + hours * HOUR,
				pixelId,
				campaignId,
				recipientId: people[index],
				actor,
				actorReason: `${actor}-reason`,
				client: { family: 'Thunderbird', os: 'Linux', device: 'desktop' },
			});
		await store.recordOpens([
			load(0, 1, 'human'),
			load(0, 2, 'human'),
			load(1, 30, 'human'),
			load(1, 0, 'prefetch'),
			load(2, 0, 'prefetch'),
			load(3, 0, 'prefetch'),
			load(3, 0, 'scanner'),
			load(4, 0, 'scanner'),
		]);
		return people;
	}

	it('reports what a campaign did', async () => {
		await campaign('spring');
		const report = await store.campaignReport({ campaignId: 'spring' });
		expect(report).toMatchObject({
			campaign: {
				campaignId: 'spring',
				firstSentAt: new Date(START).toISOString(),
				rates: {
					sentRecipients: 14,
					confirmed: { recipients: 2, rate: 2 / 14 },
					likely: { visible: 13, rate: 2 / 13 },
					possible: { recipients: 3 },
					hidden: { recipients: 1 },
				},
			},
			ages: [
				{ hour: 0, opens: 0, machineOpens: 5 },
				{ hour: 1, opens: 1, uniqueOpens: 1 },
				{ hour: 2, opens: 1, uniqueOpens: 0 },
				{ hour: 30, opens: 1, uniqueOpens: 1 },
			],
			programs: [{ family: 'Thunderbird', os: 'Linux', device: 'desktop', opens: 3, people: 2 }],
			providers: [
				{ domain: 'large.example', rates: { sentRecipients: 13, confirmed: { recipients: 2 } } },
			],
			machineLoads: [
				{ actor: 'prefetch', reason: 'prefetch-reason', loads: 3 },
				{ actor: 'scanner', reason: 'scanner-reason', loads: 2 },
			],
			loadsRead: 8,
			allLoadsRead: true,
			addressesRead: 14,
			allAddressesRead: true,
		});
		expect(report?.hours).toHaveLength(4);
		const late = { campaignId: 'spring', from: new Date(START + 10 * HOUR) };
		expect(await store.campaignReport(late)).toMatchObject({
			ages: [{ hour: 30 }],
			programs: [{ opens: 1 }],
			machineLoads: [],
		});
		expect(await store.campaignReport({ campaignId: 'none' })).toBeNull();
	});

	it('lists who opened, who did not, who is hidden and who is a machine alone', async () => {
		await campaign('spring');
		const idsOf = async (request: object) => {
			const page = await store.campaignRecipients({
				campaignId: 'spring',
				limit: 100,
				...request,
			});
			return page.rows.map(({ recipientId }) => recipientId);
		};
		expect(await idsOf({ state: 'opened' })).toEqual(['spring-0', 'spring-1']);
		expect(await idsOf({ state: 'opened', sort: 'lastOpen' })).toEqual(['spring-1', 'spring-0']);
		expect(await idsOf({ state: 'hidden' })).toEqual(['spring-2']);
		expect(await idsOf({ state: 'machineOnly' })).toEqual(['spring-3', 'spring-4']);
		expect(await idsOf({ state: 'notOpened' })).toHaveLength(11);
		expect(await idsOf({})).toHaveLength(14);
		expect(await idsOf({ search: 'ADA.ex' })).toEqual(['spring-13']);
		expect(await idsOf({ search: '_' })).toEqual([]);
		expect(await store.campaignRecipients({ campaignId: 'spring', limit: 10 })).toMatchObject({
			hasMore: true,
		});
		expect(
			await store.campaignRecipients({ campaignId: 'spring', limit: 10, offset: 10 }),
		).toMatchObject({ hasMore: false, rows: { length: 4 } });
		const [first] = (await store.campaignRecipients({ campaignId: 'spring', limit: 1 })).rows;
		expect(first).toMatchObject({
			state: 'opened',
			email: 'spring-0@Large.example',
			opens: 2,
			sent: 1,
			segments: [],
		});
	});

	it('compares campaigns at the age that all have reached', async () => {
		await campaign('spring');
		await campaign('summer', START + 100 * HOUR);
		const now = new Date(START + 110 * HOUR + 5);
		const { ageHours, campaigns } = await store.compareCampaigns(['spring', 'summer', '?'], now);
		expect(ageHours).toBe(10);
		expect(campaigns).toMatchObject([
			{ campaign: { campaignId: 'spring' }, openedOfSent: 1, confirmedRate: 1 / 14 },
			{ campaign: { campaignId: 'summer' }, openedOfSent: 1, confirmedRate: 1 / 14 },
		]);
		expect(campaigns[0].ages.map(({ hour }) => hour)).toEqual([0, 1, 2]);
		await expect(store.compareCampaigns(['spring', 'spring'], now)).rejects.toThrow(
			'two to four different campaigns',
		);
	});

	it('tells of one person under all names', async () => {
		await campaign('spring');
		const report = await store.personReport({
			recipientId: 'Spring-1@large.example',
			timeZone: 'Europe/Paris',
			now: new Date(),
		});
		expect(report).toMatchObject({
			names: ['spring-1@large.example', 'spring-1'],
			emails: ['spring-1@large.example'],
			messages: [{ campaignId: 'spring', pixelName: 'Pixel of spring', state: 'opened', sent: 1 }],
			opens: [{ actor: 'human' }, { actor: 'prefetch' }],
			segments: [],
			consents: [],
		});
		// 10:00 UTC and 30 hours is 17:00 in Paris.
		expect(report?.bestHours?.indexOf(1)).toBe(17);
		expect(await store.personReport({ recipientId: 'nobody', now: new Date() })).toBeNull();
	});

	it('finds campaigns, pixels and recipients', async () => {
		await campaign('spring');
		await campaign('summer');
		const all = { limit: 50 };
		const found = await store.searchCampaigns({ ...all, search: 'RING' });
		expect(found.rows).toMatchObject([{ campaignId: 'spring' }]);
		expect((await store.searchCampaigns(all)).rows).toHaveLength(2);
		expect((await store.searchPixels({ ...all, search: 'of sum' })).rows).toMatchObject([
			{ campaignId: 'summer' },
		]);
		expect((await store.searchRecipients({ ...all, search: 'spring-1@' })).rows).toMatchObject([
			{ recipientId: 'spring-1', opens: 1, machineOpens: 1, sent: 1 },
		]);
		const beginning = await store.searchRecipients({ limit: 3, search: 'sum' });
		expect(beginning).toMatchObject({
			hasMore: true,
			rows: [
				{ recipientId: 'summer-0' },
				{ recipientId: 'summer-1' },
				{ recipientId: 'summer-10' },
			],
		});
		expect(await store.searchRecipients({ ...all, search: 'nobody' })).toEqual({
			rows: [],
			hasMore: false,
		});
	});
});
