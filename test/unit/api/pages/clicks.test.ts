import { parse } from 'csv-parse/sync';

import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { consentRecord } from '../../../support/consent-records';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen } from '../../../support/sample-opens';
import { fillSampleStore } from '../../../support/sample-store';
import { onEachEngine, type StorePlace } from '../../../support/stores';
import { testApi } from '../../../support/tracking-api';

const AT = Date.parse('2026-11-19T09:10:00Z');

onEachEngine('clicks on the pages on $name', ({ newPlace }) => {
	let place: StorePlace;
	let store: TrackingStore;
	let client: ReturnType<typeof testApi>;

	beforeEach(async () => {
		place = await newPlace();
		store = await place.openStore();
		client = testApi(store);
	});
	afterEach(async () => await place.dispose());

	const page = async (path: string) => {
		const response = await client.send(path);
		const html = await response.text();
		expect([path, response.status]).toEqual([path, 200]);
		expect(html).not.toMatch(/NaN|undefined|null|<script/);
		return html;
	};
	const text = async (path: string) =>
		(await page(path))
			.replace(/[\s\S]*<main/, '<main')
			.replace(/<[^>]+>/g, ' ')
			.replace(/\s+/g, ' ');
	const csv = async (path: string) =>
		parse(await (await client.send(path)).text(), { columns: true }) as Array<
			Record<string, string>
		>;

	/** Sent to four: ada opens and clicks, ben clicks alone, cleo's gateway follows everything. */
	const spring = async () => {
		const pixel = await store.createPixel({ name: 'Launch', campaignId: 'spring' });
		const link = { pixelId: pixel.id, campaignId: 'spring' };
		await store.registerSent(
			['ada', 'ben', 'cleo', 'dan'].map((recipientId) => ({
				...link,
				recipientId,
				messageId: null,
				sentAt: new Date('2026-11-19T08:00:00Z'),
				trackingMode: 'identified',
			})),
			keysOf,
		);
		const boots = { url: 'https://shop.example/boots', position: 1, label: 'Boots' };
		const more = { url: 'https://blog.example/more', position: 2, label: null };
		const click = (recipientId: string, changes: Partial<OpenEvent> = {}) =>
			sampleOpen({
				...link,
				recipientId,
				event: 'click',
				purpose: 'clicks',
				link: boots,
				at: AT + 60_000,
				actor: 'human',
				...changes,
			});
		const scanned = { actor: 'scanner', actorReason: 'link-burst' } as const;
		await store.recordOpens([
			sampleOpen({ ...link, recipientId: 'ada', at: AT, purpose: 'performance' }),
			sampleOpen({ ...link, recipientId: 'dan', at: AT, purpose: 'performance' }),
			click('ada'),
			click('ada'),
			click('ben'),
			click('cleo', scanned),
			click('cleo', { ...scanned, link: more }),
		]);
		return pixel.id;
	};

	it('say of a campaign which links were followed, by whom, and apart how often by machines', async () => {
		await spring();
		const shown = await text('/campaign?id=spring');
		expect(shown).toContain('Click rate 50 % 2 of 4 recipients clicked');
		expect(shown).toContain('Click-to-open 50 % 9 to 91 %, of the 2 with an open');
		expect(shown).toContain('Clicks 3 counted Machine clicks 2 not counted');
		const why = 'Security scanner: Three or more links of one email were followed within';
		expect(shown).toContain(`Boots link 1 https://shop.example/boots 2 3 1 1 × ${why}`);
		expect(shown).toContain(`Link 2 https://blog.example/more – 0 1 1 × ${why}`);
		// A click confirms a read without an open: ada, ben and dan of four.
		expect(shown).toContain('Confirmed 75 % 3 of 4 recipients opened');
		const names = async (show: string) =>
			[
				...(await page(`/campaign?id=spring&show=${show}`)).matchAll(/person\?[^>]*>(\w+)<\/a>/g),
			].map(([, name]) => name);
		expect(await names('clicked')).toEqual(['ada', 'ben']);
		expect(await names('notClicked')).toEqual(['dan']);
		expect(await names('opened')).toEqual(['ada', 'ben', 'dan']);
		expect(await csv('/campaign/recipients.csv?id=spring')).toMatchObject([
			{ 'Recipient ID': 'ada', State: 'Opened', Opens: '1', Clicks: '2', 'Machine clicks': '0' },
			{ 'Recipient ID': 'ben', State: 'Clicked', Opens: '0', Clicks: '1' },
			{ 'Recipient ID': 'cleo', State: 'Not opened', Clicks: '0', 'Machine clicks': '2' },
			{ 'Recipient ID': 'dan', State: 'Opened', Clicks: '0' },
		]);
		expect(await csv('/campaign/links.csv?id=spring')).toMatchObject([
			{ position: '1', label: 'Boots', people: '2', clicks: '3', machineClicks: '1' },
			{ position: '2', label: '', people: '0', clicks: '0', machineClicks: '1' },
		]);
		expect((await client.send('/campaign/links.csv?id=none')).status).toBe(404);
	});

	it('list the clicks of a pixel in its log, of a person in their history, and of all', async () => {
		const id = await spring();
		const log = await text(`/logs/${id}`);
		expect(log).toContain('Clicks 3 counted Machine clicks 2 not counted');
		expect(log).toContain('Boots link 1 https://shop.example/boots');
		const clicks = await text(`/logs/${id}?show=clicks`);
		expect(clicks).toContain('Clicks of all time, newest first');
		expect(clicks).toContain('Boots · https://shop.example/boots');
		expect(clicks).not.toContain('Close together');
		expect(clicks).toContain('Followed by');
		expect(await text(`/logs/${id}?show=clicks&range=24h`)).toContain('No link was followed in');
		const person = await text('/person?id=ada');
		expect(person).toContain('Clicks 2 counted');
		expect(person).toContain('Latest loads and clicks, each with its reason');
		expect(person).toContain('Launch Click Boots · https://shop.example/boots');
		expect(await text('/opens?range=all')).toContain('Launch Click Boots');
		expect(await text('/recipients')).toContain('ada');
		for (const [list, words] of [
			['/campaigns?sort=clicked', 'Click rate'],
			['/pixels', 'Clicks'],
			['/recipients', 'Clicks'],
			['/search?q=spring', '50 % of openers'],
		]) {
			expect(await text(list)).toContain(words);
		}
		const dashboard = await text('/dashboard');
		expect(dashboard).toContain('2 of 4 recipients clicked (50 %); of the 2 with a counted open');
		expect(dashboard).toContain('Click Boots');
		expect(await text('/dashboard/live')).toContain('Launch · click on Boots');
		await store.recordOpens([sampleOpen({ campaignId: 'autumn', recipientId: 'x', at: AT })]);
		expect(await text('/compare?id=spring&id=autumn')).toContain('Click-to-open');
	});

	it('leave out the clicks of a person who said no to clicks', async () => {
		await spring();
		await store.recordConsent(
			[consentRecord({ recipientKey: 'ada', purpose: 'clicks', status: 'withdrawn' })],
			new Date(),
			keysOf,
		);
		const person = await text('/person?id=ada');
		expect(person).toContain('This person said no to: Which links are followed.');
		expect(person).not.toContain('shop.example');
		expect(person).not.toMatch(/Clicks \d/);
	});

	it('speak of no click where no link was followed', async () => {
		const { pixelIds } = await fillSampleStore(store, client.clock.now);
		for (const path of [
			'/dashboard',
			'/dashboard/live',
			'/campaigns',
			'/campaign?id=newsletter',
			'/campaign/recipients.csv?id=newsletter',
			'/compare?id=newsletter&id=workshop',
			'/pixels',
			'/recipients',
			'/opens',
			'/search?q=news',
			`/logs/${pixelIds[2]}`,
			'/person?id=r-1',
		]) {
			const shown = (await (await client.send(path)).text())
				.replace(/<style>[^]*<\/style>/, '')
				// What the page says an erasure takes, and how to copy an address.
				.replace('opens, clicks, counters', '')
				.replace(/A click on a field/, '');
			expect([path, /.{0,30}click.{0,30}/i.exec(shown)?.[0]]).toEqual([path, undefined]);
		}
	});
});
