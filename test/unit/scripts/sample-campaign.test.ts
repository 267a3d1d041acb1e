import { makeSampleCampaign } from '../../../scripts/lib/sample-campaign';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import { newUserFolder, type UserFolder } from '../../support/user-folder';

const DAY = 86_400_000;
const NOW = new Date(2026, 10, 25, 13, 30);

describe('the sample campaign of the demo', () => {
	let folder: UserFolder;
	let store: TrackingStore;
	beforeEach(async () => {
		folder = newUserFolder();
		store = await folder.store();
		await makeSampleCampaign(store, NOW);
	});
	afterEach(async () => await folder.remove());

	const samples = async () => (await store.listPixels({ limit: 100, sample: true })).pixels;

	it('gives the dashboard an open rate, and machine loads beside it', async () => {
		const { totals } = await store.getDashboard();
		expect(totals.sent).toBe(201);
		expect(totals.rates.confirmed.rate).toBeGreaterThan(0.3);
		expect(totals.rates.confirmed.rate).toBeLessThan(0.6);
		for (const actor of ['human', 'human-via-proxy', 'prefetch', 'scanner'] as const) {
			expect([actor, totals.loads[actor]]).toEqual([actor, expect.any(Number)]);
			expect(totals.loads[actor]).toBeGreaterThan(5);
		}
	});

	it('spreads its opens over all of the last two weeks, and none over the future', async () => {
		const from = new Date(NOW.getTime() - 60 * DAY);
		const to = new Date(NOW.getTime() + 60 * DAY);
		const hours = await store.listOpensPerHour({ from, to });
		const days = new Set(hours.filter(({ opens }) => opens > 0).map(({ hour }) => dayOf(hour)));
		expect(days.size).toBe(14);
		const { totals } = await store.getDashboard();
		expect(Date.parse(totals.firstOpenAt!)).toBeGreaterThan(NOW.getTime() - 14 * DAY);
		expect(Date.parse(totals.lastLoadAt!)).toBeLessThanOrEqual(NOW.getTime());
	});

	it('is there once, however often an interrupted start makes it again', async () => {
		const before = await store.getDashboard();
		await makeSampleCampaign(store, NOW);
		const after = await store.getDashboard();
		expect(after.totals).toEqual(before.totals);
		expect(after.pixels).toBe(before.pixels);
	});

	it('goes without a trace when its pixels are deleted, sent messages included', async () => {
		const real = await store.createPixel({ name: 'Real email', campaignId: 'real' });
		for (const { id } of await samples()) await store.deletePixel(id);
		const { totals, pixels, recentOpens } = await store.getDashboard();
		expect({ pixels, recentOpens }).toEqual({ pixels: 1, recentOpens: [] });
		expect(totals).toMatchObject({ sent: 0, recipients: 0, opens: 0, machineOpens: 0 });
		expect(await store.listCampaigns({ limit: 10 })).toMatchObject([{ campaignId: 'real' }]);
		expect(await store.getPixel(real.id)).not.toBeNull();
	});
});

/** The day of this machine's zone that an hour belongs to. */
function dayOf(hour: string): string {
	return new Date(hour).toDateString();
}
