import { DomUtils, parseDocument } from 'htmlparser2';
import { PNG } from 'pngjs';

import { emailReport, REPORT_DAYS } from '../../../../src/reports/email-report/email-report';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { consentRecord } from '../../../support/consent-records';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen } from '../../../support/sample-opens';
import { onEachEngine, type StorePlace } from '../../../support/stores';

/** A Friday: the report is about the 13th to the 19th, and the 6th to the 12th before them. */
const NOW = new Date('2026-03-20T12:00:00Z');
const at = (day: number, hour = 10) => new Date(Date.UTC(2026, 2, day, hour));

onEachEngine('the report as email on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;
	const open = async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	};
	const close = async () => await place.dispose();

	const names = (from: number, to: number) =>
		Array.from({ length: to - from }, (_, index) => `person-${from + index}`);
	const send = async (campaignId: string, day: number, people: string[]) =>
		await store.registerSent(
			people.map((recipientId) => ({
				messageId: null,
				pixelId: null,
				campaignId,
				recipientId,
				sentAt: at(day),
				trackingMode: 'identified',
			})),
			keysOf,
		);
	const load = async (
		campaignId: string,
		day: number,
		people: string[],
		changes: Partial<Omit<OpenEvent, 'occurredAt'>> = {},
	) =>
		await store.recordOpens(
			people.map((recipientId) =>
				sampleOpen({ at: at(day, 12).getTime(), campaignId, recipientId, ...changes }),
			),
		);
	const click = { event: 'click', purpose: 'clicks' } as const;

	/** Two campaigns that count, one that is too small, one that goes on, and one of the week before. */
	async function fill(): Promise<void> {
		await send('spring <launch>', 14, names(0, 40));
		await load('spring <launch>', 14, names(0, 12));
		await load('spring <launch>', 17, names(12, 20));
		await load('spring <launch>', 14, names(20, 24), { actor: 'prefetch' });
		await load('spring <launch>', 17, names(0, 6), click);
		await load('spring <launch>', 17, names(30, 33), { ...click, actor: 'scanner' });
		await send('club', 16, names(0, 20));
		await load('club', 19, names(0, 5));
		await send('few', 15, names(0, 3));
		await load('few', 15, names(0, 1));
		await send('old', 8, names(0, 50));
		await load('old', 9, names(0, 10));
		await send('receipts', 1, names(0, 30));
		await send('receipts', 15, names(30, 60));
		await store.recordConsent(
			[consentRecord({ status: 'withdrawn', occurredAt: at(18).toISOString() })],
			NOW,
			keysOf,
		);
		for (const [recipientId, day] of [
			['eve', 13],
			['kim', 19],
			['joe', 12],
		] as const) {
			await store.eraseSubject(
				{ recipientId, pseudonymsOf: () => [], denylistKeysOf: keysOf },
				at(day),
			);
		}
	}

	const report = async (changes: { days?: number; timeZone?: string } = {}) =>
		await emailReport(store, {
			now: NOW,
			timeZone: 'UTC',
			days: 7,
			chartName: 'chart',
			...changes,
		});

	describe('of known opens', () => {
		beforeAll(async () => {
			await open();
			await fill();
		});
		afterAll(close);

		test('says what happened, against the days before, in both parts', async () => {
			const { subject, text, days, unusual } = await report();
			expect(subject).toBe('Email opens from 13 Mar 2026 to 19 Mar 2026: 45 % likely open rate');
			expect(days).toEqual({ first: '2026-03-13', last: '2026-03-19' });
			expect(unusual).toBe(0);
			expect(text.split('\n')).toEqual([
				'Email opens from 13 Mar 2026 to 19 Mar 2026, UTC',
				'',
				'Campaigns',
				'',
				'Sent: 60 (recipients of 2 campaigns); 7 days before: 50',
				'Confirmed: 42 % (25 of 60 recipients opened); 7 days before: 20 %',
				'Likely: 45 % (32 to 58 %, of the 56 who can be seen); 7 days before: 20 %',
				'Possible: 48 % (with the 4 who cannot be seen); 7 days before: 20 %',
				'Click rate: 15 % (6 of 40 recipients clicked); 7 days before: –',
				'Click-to-open: 30 % (15 to 52 %, of the 20 with an open); 7 days before: –',
				'Clicks: 6 (counted); 7 days before: –',
				'Machine clicks: 3 (not counted); 7 days before: –',
				'Of the campaigns whose first message left in these days, as they stand now. Those before had 7 days more to be opened.',
				'The likely rate is 7 to 40 percentage points higher than before, at 95 % confidence, which chance alone hardly explains.',
				'One campaign is left out, because fewer than 10 recipients are noted of it.',
				'One campaign that began before and still went out is in the opens below, not in these rates.',
				'',
				'Opens',
				'',
				'Opens: 26 (loads that count, of all emails); 7 days before: 10',
				'Machine loads: 4 (not counted); 7 days before: 0',
				'Machine share: 13 % (of all loads); 7 days before: 0 %',
				'26 opens and 4 machine loads from 13 Mar 2026 to 19 Mar 2026. Most opens: 12 at Sat 14.',
				'Fri 13: opens 0, machine loads 0',
				'Sat 14: opens 12, machine loads 4',
				'Sun 15: opens 1, machine loads 0',
				'Mon 16: opens 0, machine loads 0',
				'Tue 17: opens 8, machine loads 0',
				'Wed 18: opens 0, machine loads 0',
				'Thu 19: opens 5, machine loads 0',
				'',
				'Top campaigns',
				'',
				'spring <launch>: Sent 40, Confirmed 50 %, Likely 56 % (40 to 70 %), Possible 60 %, Clicked 15 %',
				'club: Sent 20, Confirmed 25 %, Likely 25 % (11 to 47 %), Possible 25 %, Clicked –',
				'Most confirmed recipients first.',
				'',
				'Out of the ordinary, in campaigns of the last two weeks',
				'',
				'There is no campaign of the last two weeks that can be compared with others.',
				'Not looked at, because too few campaigns came before, or too few people got it: club, few, spring <launch>, old.',
				'',
				'Privacy',
				'',
				'Erasures: 2 (of all that was kept); 7 days before: 1',
				'Withdrawals: 1 (people who took back a consent); 7 days before: 0',
				'',
				expect.stringContaining('not that anybody read it'),
			]);
		});

		test('is HTML that email programs show, which loads nothing and runs nothing', async () => {
			const { html } = await report();
			const elements = DomUtils.getElementsByTagName('*', parseDocument(html));
			const used = new Set(elements.map(({ name }) => name));
			expect([...used].filter((name) => !SHOWN_BY_ALL.has(name))).toEqual([]);
			const attributes = elements.flatMap(({ attribs }) => Object.entries(attribs));
			expect(
				attributes.filter(([name]) => /^(on|href|srcset|background$|class$)/.test(name)),
			).toEqual([]);
			expect(attributes.filter(([name]) => name === 'src')).toEqual([['src', 'cid:chart']]);
			expect(html).not.toMatch(/url\(|@import|https?:/i);
			// Widest is the one that holds all others.
			const widths = elements.map(({ attribs }) =>
				Number(/^\d+$/.exec(attribs.width ?? '')?.[0] ?? 0),
			);
			expect(Math.max(...widths)).toBe(600);
			const images = elements.filter(({ name }) => name === 'img');
			expect(images.map(({ attribs }) => attribs.alt)).toEqual([
				expect.stringContaining('26 opens and 4 machine loads'),
			]);
			const ownText = (element: (typeof elements)[number]) =>
				element.children.some((child) => DomUtils.isText(child) && child.data.trim() !== '');
			const uncolored = DomUtils.getElementsByTagName('body', parseDocument(html))
				.flatMap((body) => DomUtils.getElementsByTagName('*', body.children))
				.filter((element) => ownText(element) && !isColored(element));
			expect(uncolored.map((element) => DomUtils.textContent(element))).toEqual([]);
		});

		test('has every figure of the HTML in the text part as well, as often', async () => {
			const { html, text } = await report();
			const [body] = DomUtils.getElementsByTagName('body', parseDocument(html));
			const pieces = DomUtils.filter((node) => node.type === 'text', body).map((node) =>
				DomUtils.textContent(node).trim(),
			);
			const htmlFigures = figuresIn(pieces.join('\n'));
			const textFigures = figuresIn(text);
			expect(htmlFigures.size).toBeGreaterThan(20);
			const missing = [...htmlFigures].filter(
				([figure, times]) => (textFigures.get(figure) ?? 0) < times,
			);
			expect(missing).toEqual([]);
		});

		test('names nobody, and tells nothing of campaigns to fewer than ten people', async () => {
			const { subject, html, text } = await report();
			const all = [subject, html, text].join('\n');
			expect(all).not.toMatch(/person-|eve|kim|joe|ada|@/);
			const about = text.split('\n').filter((line) => line.includes('few:'));
			expect(about).toEqual([]);
		});

		test('draws a bar for each day', async () => {
			const { data, width, height } = PNG.sync.read((await report()).chart);
			const heights = Array.from({ length: 7 }, (_, day) => {
				const x = Math.floor(((day + 0.5) * width) / 7);
				return Array.from(
					{ length: height - 2 },
					(_row, y) => data[(y * width + x) * 4 + 3],
				).filter((alpha) => alpha > 0).length;
			});
			const full = height - 2;
			expect(heights).toEqual(
				[0, 16, 1, 0, 8, 0, 5].map((loads) => Math.round((loads / 16) * full)),
			);
		});
	});

	describe('of a store of its own', () => {
		beforeEach(open);
		afterEach(close);

		test('tells in the subject of what is out of the ordinary', async () => {
			for (const week of [1, 2, 3, 4, 5, 6]) {
				const day = 5 - 7 * week;
				await send(`weekly-${week}`, day, names(0, 60));
				await load(`weekly-${week}`, day, names(0, 30));
			}
			await send('weekly-7', 18, names(0, 60));
			const { subject, html, text, unusual } = await report();
			expect(unusual).toBe(1);
			expect(subject).toMatch(/: 0 % likely open rate, one thing unusual$/);
			expect(text).toContain('Campaign weekly-7: no load has come in');
			expect(html).toContain('Campaign weekly-7: no load has come in');
		});

		test.each(REPORT_DAYS)(
			'of an empty store says that there was nothing, in %d days',
			async (days) => {
				const { subject, text, html } = await report({ days });
				expect(subject).toMatch(/: 0 opens$/);
				expect(text).toContain('No campaign began in these days.');
				expect(text).toContain(`Sent: 0 (recipients of 0 campaigns); ${days} days before: 0`);
				expect(text).not.toMatch(/NaN|undefined|null|Click/);
				expect(html).not.toMatch(/NaN|undefined|null|Click/);
			},
		);

		test('puts days together to weeks where there is no room, and goes by the zone', async () => {
			await load('late', 19, ['one']);
			await store.recordOpens([sampleOpen({ at: at(19, 23).getTime() })]);
			const { text } = await report({ days: 28, timeZone: 'Asia/Tokyo' });
			expect(text).toMatch(/^20 Feb to 26 Feb: opens 0, machine loads 0$/m);
			expect(text).toMatch(/^13 Mar to 19 Mar: opens 1, machine loads 0$/m);
		});
	});
});

/** Numbers, shares and dashes, and how often each stands there. */
function figuresIn(text: string): Map<string, number> {
	const times = new Map<string, number>();
	for (const [figure] of text.matchAll(/\d+(?: %)?|–/g)) {
		times.set(figure, (times.get(figure) ?? 0) + 1);
	}
	return times;
}

const SHOWN_BY_ALL = new Set(
	'html head meta title body table tr td th h1 h2 p span br img'.split(' '),
);

type Element = ReturnType<typeof DomUtils.getElementsByTagName>[number];

/** Whether it, or what it stands in within a line, says its color. */
function isColored(element: Element): boolean {
	const { name, attribs, parent } = element;
	if (/(^|[; ])color: #/.test(attribs.style ?? '')) return true;
	return name === 'span' && parent !== null && isColored(parent as Element);
}
