import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'csv-parse/sync';

import type { PersonRights } from '../../../../src/api/api-deps';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { noticeHash } from '../../../../src/tracking/consent/consent-record';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen } from '../../../support/sample-opens';
import { fillSampleStore } from '../../../support/sample-store';
import { onEachEngine, type StorePlace } from '../../../support/stores';
import { testApi } from '../../../support/tracking-api';

onEachEngine('the pages that answer questions on $name', ({ newPlace }) => {
	let place: StorePlace;
	let store: TrackingStore;
	let client: ReturnType<typeof testApi>;
	const done: unknown[] = [];
	let passedOnTo: Array<{ sink: string; state: 'to-be-told'; at: null }> = [];
	const rights: PersonRights = {
		exportPerson: async (...asked) => {
			done.push(['export', ...asked]);
			return { schema: 'subject-export/1' } as never;
		},
		withdraw: async (id) => void done.push(['withdraw', id]),
		erasePerson: async (id) => {
			done.push(['erase', id]);
			const erased = [{ dataClass: 'open', records: 3 }];
			return { receiptId: 'receipt-1', found: true, erased, passedOnTo } as never;
		},
	};

	beforeEach(async () => {
		place = await newPlace();
		store = await place.openStore();
		client = testApi(store, { rights });
		done.length = 0;
		passedOnTo = [];
	});
	afterEach(async () => await place.dispose());

	const page = async (path: string, status = 200) => {
		const response = await client.send(path);
		const html = await response.text();
		expect([path, response.status]).toEqual([path, status]);
		expect(html).toMatch(/^<!doctype html>/);
		expect(html).not.toMatch(/NaN|undefined|null|<script/);
		return html;
	};
	const textOf = (html: string) =>
		html
			.replace(/[\s\S]*<main/, '<main')
			.replace(/<[^>]+>/g, ' ')
			.replace(/\s+/g, ' ');
	const spring = async () => {
		const pixel = await store.createPixel({ name: 'Launch', campaignId: 'spring' });
		const link = { pixelId: pixel.id, campaignId: 'spring' };
		const people = ['ada', 'ben', 'cleo', 'dan'].map((recipientId) => ({
			recipientId,
			email: `${recipientId}@example.com`,
		}));
		await store.addRecipients(pixel.id, people, keysOf);
		await store.registerSent(
			people.map(({ recipientId }) => ({
				...link,
				recipientId,
				messageId: null,
				sentAt: new Date('2026-11-19T08:00:00Z'),
				trackingMode: 'identified',
			})),
			keysOf,
		);
		const at = Date.parse('2026-11-19T09:10:00Z');
		const prefetch = { actor: 'prefetch', actorReason: 'apple-mpp-agent' } as const;
		await store.recordOpens([
			sampleOpen({ ...link, recipientId: 'ada', at }),
			sampleOpen({ ...link, recipientId: 'ada', at: at + 7_200_000 }),
			sampleOpen({ ...link, recipientId: 'cleo', at, ...prefetch }),
			sampleOpen({
				...link,
				recipientId: 'dan',
				at,
				actor: 'scanner',
				actorReason: 'security-agent',
			}),
		]);
		return pixel;
	};

	it('say of a campaign who opened it, who did not, and who cannot be seen', async () => {
		const { id } = await spring();
		const html = await page('/campaign?id=spring');
		const text = textOf(html);
		expect(text).toContain(
			'33 % of the 3 readers who can be seen; 1 uses an address that hides it.',
		);
		expect(text).toContain('Half of all first opens came within 2 h.');
		expect(html).toContain(`href="logs/${id}"`);
		expect(html).toContain('href="person?id=ada"');
		expect(text).toContain('The user agent names an email security product');
		const shown = async (show: string) =>
			[...(await page(`/campaign?id=spring&show=${show}`)).matchAll(/>(\w+)@example\.com</g)].map(
				([, name]) => name,
			);
		expect(await shown('all')).toEqual(['ada', 'ben', 'cleo', 'dan']);
		expect(await shown('opened')).toEqual(['ada']);
		expect(await shown('notOpened')).toEqual(['ben', 'dan']);
		expect(await shown('hidden')).toEqual(['cleo']);
		expect(await shown('machineOnly')).toEqual(['dan']);
		expect(await shown('all&q=be')).toEqual(['ben']);
		expect(await page('/campaign?id=nobody', 404)).toContain('Campaign not found');
	});

	test('a campaign with several pixels says which of them each row is of', async () => {
		await spring();
		expect(await page('/campaign?id=spring')).not.toMatch(/ada@example\.com<\/a>\s*<[^>]+>Launch/);
		const again = await store.createPixel({ name: 'Reminder', campaignId: 'spring' });
		await store.addRecipients(again.id, [{ recipientId: 'ada', email: 'ada@example.com' }], keysOf);
		const text = textOf(await page('/campaign?id=spring'));
		expect(text).toMatch(/ada@example\.com Launch/);
		expect(text).toMatch(/ada@example\.com Reminder/);
	});

	it('give out the recipients that are shown as CSV, all pages of them', async () => {
		await spring();
		const response = await client.send('/campaign/recipients.csv?id=spring&show=notOpened');
		expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
		expect(response.headers.get('content-disposition')).toContain('spring-recipients.csv');
		expect(parse(await response.text(), { columns: true })).toMatchObject([
			{ 'Recipient ID': 'ben', Email: 'ben@example.com', State: 'Not opened', Opens: '0' },
			{ 'Recipient ID': 'dan', 'Machine loads': '1', 'Last sent': '2026-11-19T08:00:00.000Z' },
		]);
		expect((await client.send('/campaign/recipients.csv?id=nobody')).status).toBe(404);
	});

	it('compare campaigns at the same age, two to four of them', async () => {
		await spring();
		await store.registerSent(
			['x', 'y'].map((recipientId) => ({
				pixelId: null,
				campaignId: 'autumn',
				recipientId,
				messageId: null,
				sentAt: new Date('2026-11-20T08:30:00Z'),
				trackingMode: 'identified',
			})),
			keysOf,
		);
		await store.recordOpens([
			sampleOpen({
				campaignId: 'autumn',
				recipientId: 'x',
				at: Date.parse('2026-11-20T08:50:00Z'),
			}),
		]);
		const html = await page('/compare?id=spring&id=autumn');
		expect(html).toContain('Each at the age of 1 h after its first message');
		expect(html).toContain('<svg');
		for (const query of ['?id=spring', '?id=a&id=b&id=c&id=d&id=e', '?id=spring&id=spring']) {
			expect(await page(`/compare${query}`, 400)).toContain('Choose two, three or four campaigns');
		}
	});

	it('find everything: by search, and on pages of every list in every order', async () => {
		await store.createPixels(
			Array.from({ length: 60 }, (_, index) => ({
				name: `Pixel ${index}`,
				campaignId: `campaign-${index}`,
			})),
		);
		await store.recordOpens([
			sampleOpen({
				recipientId: '42',
				campaignId: 'campaign-7',
				at: client.clock.now.getTime() - 1,
			}),
		]);
		for (const list of ['campaigns', 'pixels']) {
			const first = await page(`/${list}?sort=name`);
			expect(first).toContain('aria-sort="ascending"');
			expect(first).toMatch(/page=2"[^>]*>Next/);
			expect(await page(`/${list}?page=3`)).toMatch(/page=2"[^>]*>Previous/);
			expect(textOf(await page(`/${list}?page=4`))).toContain('There is nothing on this page.');
			expect(textOf(await page(`/${list}?q=no+such`))).toContain('matches “no such”');
			for (const sort of ['sent', 'likely', 'uniqueOpens', 'opens', 'lastOpen', 'bogus']) {
				await page(`/${list}?sort=${sort}`);
			}
		}
		expect(await page('/opens')).toContain('<a href="person?id=42">42</a>');
		expect(await page('/recipients')).toContain('<a href="person?id=42">42</a>');
		expect(await page('/search?q=42')).toContain('<a href="person?id=42">42</a>');
		expect(await page('/search?q=Pixel+59')).toContain('>Pixel 59</a>');
		expect(await page('/search?q=campaign-59')).toContain('href="campaign?id=campaign-59"');
		expect(textOf(await page('/search?q=nothing+like+it'))).toContain('Nothing matches');
		await page('/search');
	});

	it('keep the period and the zone of the reader in every link', async () => {
		await spring();
		const html = await page('/dashboard?from=2026-11-18&to=2026-11-20&tz=Asia/Tokyo');
		const links = [...html.matchAll(/href="((?:campaign|logs|person)[^"]*)"/g)].map(([, to]) => to);
		expect(links.length).toBeGreaterThan(4);
		for (const link of links) {
			expect(link).toMatch(/tz=Asia%2FTokyo&amp;from=2026-11-18&amp;to=2026-11-20/);
		}
	});

	describe('the page of a person', () => {
		const consent = (status: 'given' | 'withdrawn', at: string) => ({
			recordId: '0193a000-0000-7000-8000-000000000001'.replace(
				/1$/,
				status === 'given' ? '1' : '2',
			),
			recipientKey: 'ada',
			purpose: 'performance' as const,
			status,
			occurredAt: at,
			method: 'sign-up form',
			jurisdiction: null,
			noticeVersion: '1',
			noticeHash: noticeHash('May we?'),
			noticeText: null,
			language: null,
			evidence: null,
			expiresAt: null,
		});

		it('shows messages, loads with reasons, consents, and the best hours', async () => {
			await spring();
			const { now } = client.clock;
			await store.recordConsent([consent('given', '2026-11-01T08:00:00.000Z')], now, keysOf);
			const text = textOf(await page('/person?id=ada'));
			expect(text).toContain('Measuring campaigns Given 1 Nov 2026, 09:00:00');
			expect(text).toContain('Launch campaign spring Opened 1');
			expect(text).toContain('Most of 2 opens: 10:00 (1), 12:00 (1).');
			expect(textOf(await page('/person?id=dan'))).toContain('Security scanner');
			expect(await page('/person?id=nobody', 404)).toContain('Person not found');
		});

		it('shows nothing that was measured for what they said no to', async () => {
			await spring();
			const { now } = client.clock;
			await store.recordConsent([consent('withdrawn', '2026-11-20T08:00:00.000Z')], now, keysOf);
			const text = textOf(await page('/person?id=ada'));
			expect(text).toContain('This person said no to: Measuring campaigns.');
			expect(text).toContain('Withdrawn');
			expect(text).not.toContain('Launch');
			expect(text).not.toContain('Most of');
			expect(text).toContain('No load is kept with this name.');
		});

		it('exports, withdraws and erases, each by a form of its own, erasing after a second question', async () => {
			await spring();
			const html = await page('/person?id=ada');
			const formToken = /name="formToken" value="([^"]+)"/.exec(html)![1];
			const post = async (action: string, fields: Record<string, string>) =>
				await client.send(`/person/${action}`, {
					method: 'POST',
					body: new URLSearchParams({ id: 'ada', ...fields }),
				});
			for (const action of ['export', 'withdraw', 'erase']) {
				expect((await post(action, {})).status).toBe(403);
			}
			expect((await post('export', { formToken })).status).toBe(400);
			expect(done).toEqual([]);
			const controller = { name: 'Example Ltd', contact: 'privacy@example.com' };
			const exported = await post('export', {
				formToken,
				controller: controller.name,
				contact: controller.contact,
			});
			expect(exported.headers.get('content-disposition')).toContain('open-tracking-data.json');
			expect(await exported.json()).toEqual({ schema: 'subject-export/1' });
			const withdrawn = await post('withdraw', { formToken });
			expect(withdrawn.headers.get('location')).toBe('../person?id=ada&done=withdrawn');
			expect(await page('/person?id=ada&done=withdrawn')).toContain('The withdrawal is recorded.');
			expect(html).not.toContain('Erase for good');
			expect(await page('/person?id=ada&erase')).toContain('Erase for good');
			const receipt = await (await post('erase', { formToken })).text();
			expect(receipt).toContain('Erased: opens and clicks: 3. Receipt receipt-1.<');
			passedOnTo = [{ sink: 'HubSpot', state: 'to-be-told', at: null }];
			expect(await (await post('erase', { formToken })).text()).toContain(
				'Receipt receipt-1. Opens were passed on, so tell these as well: HubSpot.<',
			);
			expect(done).toEqual([
				['export', 'ada', controller],
				['withdraw', 'ada'],
				['erase', 'ada'],
				['erase', 'ada'],
			]);
		});
	});

	it('explain every label in docs/metrics.md', async () => {
		await fillSampleStore(store, client.clock.now);
		await store.recordConsent([], client.clock.now, keysOf);
		const metrics = readFileSync(join(__dirname, '../../../../docs/metrics.md'), 'utf8');
		const explained = [...metrics.matchAll(/\*\*([^*]+)\*\*/g)].map((match) => match[1]);
		const labels = new Set<string>();
		for (const path of [
			'/dashboard?range=all',
			'/dashboard?from=2026-01-01&to=2026-11-20',
			'/campaign?id=newsletter',
			'/compare?id=newsletter&id=workshop',
			'/campaigns',
			'/pixels',
			'/recipients',
			'/opens',
			'/person?id=r-1',
		]) {
			const names = (await page(path)).matchAll(/<(?:dt|th)\b[^>]*>(?:<a[^>]*>)?([^<]+)</g);
			for (const [, name] of names) labels.add(name.trim());
		}
		for (const campaign of ['newsletter', 'workshop']) labels.delete(campaign);
		expect(labels.size).toBeGreaterThan(25);
		expect([...labels].filter((label) => !explained.includes(label))).toEqual([]);
	});
});
