import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Parser } from 'htmlparser2';

import { dashboardPage, type DashboardView } from '../../../../src/reports/pages/dashboard-page';
import { logPage, type LogView } from '../../../../src/reports/pages/log-page';
import { liveFigures } from '../../../../src/reports/pages/live-figures';
import { messagePage } from '../../../../src/reports/pages/message-page';
import type { NewPixelForm } from '../../../../src/reports/pages/new-pixel-form';
import { setupPage } from '../../../../src/reports/pages/setup-page';
import { checkSetup } from '../../../../src/reports/setup-check/check-setup';
import type { Frame } from '../../../../src/reports/shown/frame';
import { periodOf } from '../../../../src/reports/shown/period';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { sampleOpen } from '../../../support/sample-opens';
import { fillSampleStore } from '../../../support/sample-store';
import { onEachEngine, type StorePlace } from '../../../support/stores';
import { NOTHING_WAITS, SOUND_SETUP } from '../../../support/setup-facts';
import { keysOf } from '../../../support/denylist-keys';

const NOW = new Date('2026-11-20T10:30:00.000Z');
const frame: Frame = {
	now: NOW,
	timeZone: 'Europe/Berlin',
	period: periodOf({}, 'Europe/Berlin', NOW),
	root: '',
	chosen: {},
};
const dashboardView: DashboardView = {
	...frame,
	live: false,
	forms: { token: 'form-token' },
	newPixel: null,
	pixel: null,
	notice: null,
	waiting: NOTHING_WAITS,
	tryUrls: [],
};
const logView: LogView = {
	...frame,
	period: periodOf({ range: 'all' }, 'Europe/Berlin', NOW),
	root: '../',
	page: 1,
	show: 'all',
	deletion: { asked: false, action: 'id/delete', token: 'form-token' },
};

const newPixel: NewPixelForm = {
	action: 'dashboard/pixels',
	dashboardPath: 'dashboard',
	token: 'form-token',
	ceiling: 'full',
	values: { name: '', campaignId: '', trackingMode: '' },
};

interface Element {
	name: string;
	attributes: Record<string, string>;
	text: string;
}

/** All elements of a page in order, each with the text inside it. */
function elements(html: string): Element[] {
	const all: Element[] = [];
	const open: Element[] = [];
	const parser = new Parser({
		onopentag(name, attributes) {
			const element = { name, attributes, text: '' };
			all.push(element);
			open.push(element);
		},
		ontext: (text) => open.forEach((element) => (element.text += text)),
		onclosetag: () => void open.pop(),
	});
	parser.end(html);
	return all;
}

/** The numbers at the top of a page, by label. */
function facts(html: string): Record<string, string> {
	const inList = elements(html).filter(({ name }) => name === 'dt' || name === 'dd');
	return Object.fromEntries(
		inList.flatMap(({ name, text }, index) =>
			name === 'dt' ? [[text, inList[index + 1].text]] : [],
		),
	);
}

const rowsOf = (html: string) =>
	elements(html).filter(({ name, text }) => name === 'tr' && !text.includes('Loaded by'));

onEachEngine('the pages on $name', ({ newPlace }) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await newPlace();
		store = await place.openStore();
	});
	afterEach(async () => await place.dispose());

	it('say which opens are not in the numbers, and why', async () => {
		const warnings = async (waiting: Partial<DashboardView['waiting']>) =>
			elements(
				await dashboardPage(store, { ...dashboardView, waiting: { ...NOTHING_WAITS, ...waiting } }),
			)
				.filter(({ attributes }) => attributes.class === 'warning')
				.map(({ text }) => text);
		expect(await warnings({})).toEqual([]);
		const oldestAt = '2026-11-20T09:15:00.000Z';
		expect(await warnings({ waiting: 12, oldestAt, reason: 'The disk is full.' })).toEqual([
			'Not in these numbers: 12 opens on disk, waiting for the store since 20 Nov 2026, 10:15:00. The disk is full.',
		]);
		expect(await warnings({ unfinished: 2 })).toEqual([
			'Perhaps not in these numbers: 2 opens on disk, not through the workflow yet. It gets them again by itself; where it fails, its executions say why.',
		]);
		expect(await warnings({ waiting: 1, oldestAt, refused: 1 })).toEqual([
			'Not in these numbers: 1 open on disk, waiting for the store since 20 Nov 2026, 10:15:00. The store is taking them.',
			'Not in these numbers: 1 open that the store or the workflow does not take, kept on disk for 30 days. The log of n8n says why.',
		]);
	});

	it('show an empty store without a made-up number', async () => {
		const html = await dashboardPage(store, dashboardView);
		expect(facts(html)).toEqual({});
		expect(html).toContain('Nothing was loaded yet. Three steps to the first open');
		expect(html).not.toMatch(/NaN|undefined|null/);
		const tryUrls = ['https://n8n.example.com/webhook/email-open?id=42'];
		const tried = await dashboardPage(store, { ...dashboardView, tryUrls });
		expect(tried).toContain(`${tryUrls[0]}</code>`);
		await store.createPixel({ name: 'Quiet' });
		expect(facts(await dashboardPage(store, dashboardView))).toEqual({
			Opens: '0',
			'First opens': '0',
			'Machine loads': '0',
			'Machine share': '–',
			Sent: '0',
			'Unique opens': '0',
			'Opened pixels': '0',
		});
	});

	it('show the numbers of the store', async () => {
		const pixel = await store.createPixel({ name: 'Launch', campaignId: 'spring' });
		const link = { pixelId: pixel.id, campaignId: 'spring' };
		await store.registerSent(
			['r-1', 'r-2', 'r-3'].map((recipientId) => ({
				...link,
				messageId: null,
				recipientId,
				sentAt: new Date('2026-11-19T08:00:00Z'),
				trackingMode: 'identified',
			})),
			keysOf,
		);
		const at = Date.parse('2026-11-19T09:00:00Z');
		await store.recordOpens([
			sampleOpen({ ...link, recipientId: 'r-1', at }),
			sampleOpen({ ...link, recipientId: 'r-1', at: at + 20_000 }),
			sampleOpen({ ...link, recipientId: 'r-2', actor: 'prefetch', at }),
			sampleOpen({ ...link, recipientId: 'r-3', actor: 'scanner', at }),
		]);
		const html = await dashboardPage(store, dashboardView);
		expect(facts(html)).toEqual({
			Confirmed: '33 %',
			Likely: '50 %',
			Possible: '67 %',
			'First opens': '1',
			'Unique opens': '1',
			Opens: '2',
			Sent: '3',
			'Machine loads': '2',
			'Machine share': '50 %',
			'Opened pixels': '1',
			'Average view time': '20 s',
		});
		expect(html).toContain(
			'2 opens and 2 machine loads in the last 30 days. Most opens: 2 at 19 Nov.',
		);
		const campaign = elements(html).find(({ name, text }) => name === 'tr' && /^spring/.test(text));
		expect(campaign?.text).toMatch(/^spring333 %50 %9 to 91 %67 %1250 %19 Nov 2026, 10:00:20/);
		expect(html).toContain(
			'50 % of the 2 readers who can be seen; 1 uses an address that hides it',
		);
	});

	it('explain every label in docs/metrics.md', async () => {
		const { pixelIds } = await fillSampleStore(store, NOW);
		const request = { ip: '192.0.2.7', userAgent: 'UA', referer: null, acceptLanguage: null };
		await store.recordOpens([
			sampleOpen({ pixelId: pixelIds[0], trackingMode: 'full', request, at: NOW.getTime() }),
		]);
		const pixel = await store.getPixel(pixelIds[0]);
		const pages = [
			await dashboardPage(store, dashboardView),
			await dashboardPage(store, {
				...dashboardView,
				period: periodOf({ range: '24h' }, 'UTC', NOW),
			}),
			await logPage(store, pixel!, logView),
		];
		const metrics = readFileSync(join(__dirname, '../../../../docs/metrics.md'), 'utf8');
		const explained = [...metrics.matchAll(/\*\*([^*]+)\*\*/g)].map((match) => match[1]);
		const labels = pages.flatMap((html) =>
			elements(html)
				.filter(({ name }) => name === 'dt' || name === 'th')
				.map(({ text }) => text),
		);
		expect(new Set(labels).size).toBeGreaterThan(15);
		expect([...new Set(labels)].filter((label) => !explained.includes(label))).toEqual([]);
	});

	it('need no script, load nothing, and name every field', async () => {
		const { pixelIds } = await fillSampleStore(store, NOW);
		const pixel = await store.getPixel(pixelIds[0]);
		const creating = { ...dashboardView, newPixel };
		for (const html of [
			await dashboardPage(store, creating),
			await logPage(store, pixel!, logView),
			await logPage(store, pixel!, {
				...logView,
				deletion: { asked: true, action: 'id/delete', token: 'form-token' },
			}),
			messagePage({ title: 'x', text: 'y', back: { path: '', text: 'z' }, form: newPixel }),
			setupPage(checkSetup(SOUND_SETUP), frame),
		]) {
			const all = elements(html);
			const names = all.map(({ name }) => name);
			expect(names).not.toContain('script');
			expect(names).not.toContain('img');
			expect(html).not.toMatch(/\son\w+=/);
			expect(names.filter((name) => name === 'h1')).toHaveLength(1);
			expect(all.find(({ name }) => name === 'html')?.attributes.lang).toBe('en');
			for (const { name, attributes } of all) {
				if (name === 'th') expect(attributes.scope).toBe('col');
			}
			const labeled = all.filter(({ name }) => name === 'label').length;
			const fields = all.filter(
				({ name, attributes }) =>
					name === 'select' || (name === 'input' && attributes.type !== 'hidden'),
			);
			const named = fields.filter(
				({ attributes }) => attributes['aria-label'] === undefined,
			).length;
			expect(labeled).toBe(named);
		}
	});

	it('never load themselves again; live figures have a frame of their own, where asked for', async () => {
		const html = async (live: boolean) => await dashboardPage(store, { ...dashboardView, live });
		const frames = async (live: boolean) =>
			elements(await html(live)).filter(({ name }) => name === 'iframe');
		expect(await html(true)).not.toContain('http-equiv="refresh"');
		expect(await frames(false)).toEqual([]);
		expect(await frames(true)).toMatchObject([
			{ attributes: { src: 'dashboard/live', tabindex: '-1' } },
		]);
		const at = NOW.getTime() - 600_000;
		await store.recordOpens([sampleOpen({ recipientId: '42', campaignId: 'spring', at })]);
		const figures = await liveFigures(store, frame);
		expect(facts(figures)).toEqual({ Opens: '1', 'First opens': '1', 'Machine loads': '0' });
		expect(figures).toContain('since 10:00');
		expect(figures).toContain('10 min ago · 42 · spring · Person');
		const taking = ['a', 'button', 'input', 'select'];
		expect(elements(figures).filter(({ name }) => taking.includes(name))).toEqual([]);
	});

	it('show an open without a pixel by its recipient and campaign', async () => {
		await store.recordOpens([sampleOpen({ recipientId: '42', at: NOW.getTime() - 1_000 })]);
		const html = await dashboardPage(store, dashboardView);
		expect(html).toContain('<a href="person?id=42">42</a>');
		expect(html).toContain('Without pixel or campaign');
	});

	it('say in words why an email service called a load a machine’s', async () => {
		const actorReason = 'esp:sendgrid-machine-open';
		await store.recordOpens([
			sampleOpen({ actor: 'prefetch', actorReason, at: NOW.getTime() - 1 }),
		]);
		const html = await dashboardPage(store, dashboardView);
		expect(html).toContain('SendGrid: a machine open by Apple Mail Privacy Protection');
		expect(html).not.toContain('esp:');
	});

	it('show what happened in the days that were chosen, and say what is of all time', async () => {
		await store.recordOpens([
			sampleOpen({ recipientId: 'early', at: Date.parse('2026-11-02T12:00:00Z') }),
			sampleOpen({ recipientId: 'late', at: Date.parse('2026-11-12T12:00:00Z') }),
		]);
		const period = periodOf({ from: '2026-11-01', to: '2026-11-05' }, 'Europe/Berlin', NOW);
		const html = await dashboardPage(store, { ...dashboardView, period });
		expect(facts(html)).toMatchObject({ Opens: '1', 'First opens': '1', 'Unique opens': '2' });
		expect(html).toContain('>early</a>');
		expect(html).not.toContain('>late</a>');
		expect(html).toContain('Most of 1 opens: 13:00 (1). Most on Monday (1).');
		const titles = elements(html).filter(({ name }) => name === 'h2');
		expect(titles.map(({ text }) => text)).toEqual([
			'Opens from 1 Nov 2026 to 5 Nov 2026',
			'Hours at which emails are opened from 1 Nov 2026 to 5 Nov 2026',
			'All time',
			'Campaigns, last loaded first all time',
			'Newest pixels all time',
			'Newest loads from 1 Nov 2026 to 5 Nov 2026',
			'What an open proves, and what it does not',
		]);
	});

	it('show what is broken first, each check with its state, what was found and what to do', () => {
		const shown = setupPage(
			checkSetup({ ...SOUND_SETUP, doors: [], probe: null, environment: {} }),
			frame,
		);
		const items = elements(shown).filter(({ name }) => name === 'li');
		const lines = items.map(({ text }) => text.replace(/\s+/g, ' ').trim());
		expect(lines).toHaveLength(11);
		expect(lines[0]).toMatch(/^Broken Published workflows None is published .+ Publish one, /);
		const states = lines.map(
			(line) => /^(Broken|Warning|Could not be checked|Fine) /.exec(line)?.[1],
		);
		expect([...new Set(states)]).toEqual(['Broken', 'Warning', 'Could not be checked', 'Fine']);
		expect(shown).toMatch(/1 problem and 2 warnings\s+· checked/);
		expect(setupPage(checkSetup(SOUND_SETUP), frame)).toContain(
			'Nothing is wrong with what was checked',
		);
		const attack = '<script>alert(1)</script>';
		const named = { ...SOUND_SETUP, doors: [{ ...SOUND_SETUP.doors![0], name: attack }] };
		expect(setupPage(checkSetup(named), frame)).not.toContain(attack);
	});

	it('write names and addresses as text', async () => {
		const attack = '"><script>x</script><img src=x>';
		const pixel = await store.createPixel({ name: attack, campaignId: attack });
		await store.addRecipients(pixel.id, [{ recipientId: 'r', email: attack }], keysOf);
		const client = { family: attack, os: null, device: null };
		await store.recordOpens([
			sampleOpen({ pixelId: pixel.id, campaignId: attack, recipientId: 'r', client }),
			sampleOpen({
				pixelId: pixel.id,
				recipientId: attack,
				actorReason: attack,
				trackingMode: 'full',
				request: { ip: attack, userAgent: attack, referer: null, acceptLanguage: null },
			}),
		]);
		const shown = (await store.getPixel(pixel.id))!;
		for (const html of [
			await dashboardPage(store, {
				...dashboardView,
				pixel: {
					name: attack,
					trackingUrl: attack,
					recipientParameter: attack,
					embedCode: attack,
				},
				notice: attack,
			}),
			await logPage(store, shown, logView),
			messagePage({
				title: attack,
				text: attack,
				back: { path: attack, text: attack },
				form: { ...newPixel, values: { name: attack, campaignId: attack, trackingMode: attack } },
			}),
		]) {
			expect(elements(html).map(({ name }) => name)).not.toContain('img');
			expect(html).not.toContain('<script');
			expect(html).toContain('&lt;script&gt;');
		}
	});

	it('can be sent as files: without forms, and without links that lead nowhere', async () => {
		const { pixelIds } = await fillSampleStore(store, NOW);
		const pixel = await store.getPixel(pixelIds[0]);
		for (const html of [
			await dashboardPage(store, { ...dashboardView, forms: null, root: null }),
			await logPage(store, pixel!, { ...logView, root: null, deletion: null }),
		]) {
			const names = elements(html).map(({ name }) => name);
			expect(names).not.toContain('form');
			const links = elements(html).filter(({ name }) => name === 'a');
			expect(links.map(({ attributes }) => attributes.href)).toEqual(['#main']);
		}
	});

	describe('the log', () => {
		const logOf = async (count: number, changes: Partial<LogView> = {}) => {
			const pixel = await store.createPixel({ name: 'Log' });
			await store.recordOpens(
				Array.from({ length: count }, (_, index) =>
					sampleOpen({
						pixelId: pixel.id,
						recipientId: `r-${index}`,
						actor: index % 3 === 0 ? 'bot' : 'human',
						at: NOW.getTime() - (index + 1) * 3_600_000,
					}),
				),
			);
			const show = async (more: Partial<LogView>) =>
				await logPage(store, (await store.getPixel(pixel.id))!, {
					...logView,
					...changes,
					...more,
				});
			return show;
		};

		it('has 50 loads to a page, newest first, and says where there is more', async () => {
			const show = await logOf(101);
			const first = rowsOf(await show({}));
			expect(first).toHaveLength(50);
			expect(first[0].text).toContain('20 Nov 2026, 10:30:00');
			const second = await show({ page: 2 });
			expect(rowsOf(second)).toHaveLength(50);
			expect(second).toMatch(/page=1[^>]*>Previous/);
			expect(second).toMatch(/page=3[^>]*>Next/);
			const last = await show({ page: 3 });
			expect(rowsOf(last)).toHaveLength(1);
			expect(last).not.toContain('>Next');
			expect(await show({ page: 4 })).toContain('There is nothing on this page.');
		});

		it('shows people or machines alone', async () => {
			const show = await logOf(9);
			expect(rowsOf(await show({ show: 'human' }))).toHaveLength(6);
			expect(rowsOf(await show({ show: 'machine' }))).toHaveLength(3);
		});

		it('shows times in the zone of the reader', async () => {
			const show = await logOf(1);
			expect(await show({ timeZone: 'Asia/Kathmandu' })).toContain('20 Nov 2026, 15:15:00');
			expect(await show({ timeZone: 'UTC' })).toContain('20 Nov 2026, 09:30:00');
		});

		it('says how long an image was held open, where that was measured', async () => {
			const pixel = await store.createPixel({ name: 'Measured' });
			const open = sampleOpen({ pixelId: pixel.id, imageHeldMeasurable: true });
			await store.recordOpens([open, sampleOpen({ pixelId: pixel.id })]);
			const show = async () => await logPage(store, (await store.getPixel(pixel.id))!, logView);
			expect(await show()).not.toContain('held open');
			await store.recordImageHeld([{ eventId: open.eventId, imageHeldMs: 61_500 }]);
			expect((await show()).match(/held open for [^<]*/g)).toEqual(['held open for 1 min 2 s']);
		});

		it('has columns for IP address and user agent where an open kept them, and only there', async () => {
			const pixel = await store.createPixel({ name: 'Full' });
			const columns = async (changes: Partial<OpenEvent>) => {
				await store.recordOpens([sampleOpen({ pixelId: pixel.id, ...changes })]);
				const html = await logPage(store, (await store.getPixel(pixel.id))!, logView);
				const names = elements(html)
					.filter(({ name }) => name === 'th')
					.map(({ text }) => text);
				return { html, names };
			};
			expect((await columns({})).names).not.toContain('IP address');
			const request = { ip: null, userAgent: 'Thunderbird', referer: null, acceptLanguage: null };
			const agent = await columns({ trackingMode: 'full', request });
			expect(agent.names).toContain('User agent');
			expect(agent.names).not.toContain('IP address');
			const whole = await columns({
				trackingMode: 'full',
				request: { ...request, ip: '192.0.2.7' },
			});
			expect(whole.names).toEqual(expect.arrayContaining(['Time', 'IP address', 'User agent']));
			expect(rowsOf(whole.html).filter(({ text }) => text.includes('192.0.2.7'))).toHaveLength(1);
			expect(rowsOf(whole.html).filter(({ text }) => text.includes('Thunderbird'))).toHaveLength(2);
		});

		it('asks once more before it deletes the pixel, and says what goes with it', async () => {
			const show = await logOf(9);
			const formsOf = (html: string) =>
				elements(html).filter(
					({ name, attributes }) => name === 'form' && attributes.method === 'post',
				);
			const page = await show({});
			expect(formsOf(page)).toEqual([]);
			expect(page).toMatch(/href="[^"]*delete=[^"]*"[^>]*>Delete this pixel/);
			const deletion = { asked: true, action: 'p-1/delete', token: 'form-token' };
			const asked = await show({ deletion });
			expect(formsOf(asked)).toMatchObject([{ attributes: { action: 'p-1/delete' } }]);
			expect(asked).toContain('name="formToken" value="form-token"');
			expect(asked).toContain('its log (opens: 6, machine loads: 3)');
		});

		it('names people by their address, and those who were deleted not at all', async () => {
			const pixel = await store.createPixel({ name: 'Names' });
			const { recipients } = await store.addRecipients(
				pixel.id,
				[
					{ recipientId: 'r-1', email: 'ada@example.com' },
					{ recipientId: 'r-2', email: 'gone@example.com' },
				],
				keysOf,
			);
			await store.recordOpens(
				['r-1', 'r-2'].map((recipientId) => sampleOpen({ pixelId: pixel.id, recipientId })),
			);
			await store.deleteRecipient(recipients[1]!.id, keysOf);
			const html = await logPage(store, (await store.getPixel(pixel.id))!, logView);
			expect(html).toContain('ada@example.com');
			expect(html).toContain('Deleted recipient');
			expect(html).not.toContain('gone@example.com');
		});
	});
});
