import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { loadOrCreateKeyFile } from '../../src/intake/key-file';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { KeyRing } from '../../src/tracking/links/key-ring';
import { denylistKeysOf } from '../../src/tracking/people/subject-keys';
import { baseTemplate } from '../support/base-template';
import { launchBrowser, MAIL_PROGRAM } from '../support/browser';
import { consentRecord } from '../support/consent-records';
import {
	eventually,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';

/** A mailer: what is asked for by its path comes back with tracked links. */
const mailer = (id: string, linksConsentPolicy: string): WorkflowJson =>
	({
		id,
		name: id,
		active: false,
		settings: { executionOrder: 'v1' },
		nodes: [
			{
				id: `${id}-webhook`,
				name: 'Webhook',
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				position: [0, 0],
				webhookId: `${id}-webhook`,
				parameters: { path: id, httpMethod: 'POST', responseMode: 'lastNode', options: {} },
			},
			{
				id: `${id}-links`,
				name: 'Tracking Pixel',
				type: 'n8n-nodes-email-open-tracking.trackingPixel',
				typeVersion: 1,
				position: [220, 0],
				parameters: {
					operation: 'trackLinks',
					html: '={{ $json.body.html }}',
					recipientId: '={{ $json.body.id }}',
					campaignId: 'spring',
					linksConsentPolicy,
				},
			},
		],
		connections: {
			Webhook: { main: [[{ node: 'Tracking Pixel', type: 'main', index: 0 }]] },
		},
	}) as unknown as WorkflowJson;

describe('clicks in a real n8n', () => {
	let n8n: N8nInstance;
	let store: TrackingStore;
	let keyRing: KeyRing;
	let shop: Server;
	let shopUrl: string;
	const visited: string[] = [];

	beforeAll(async () => {
		shop = createServer((request, response) => {
			if (request.url?.startsWith('/boots')) visited.push(request.url);
			response.setHeader('content-type', 'text/html');
			response.end('<title>Shop</title><h1>Boots</h1>');
		});
		await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', () => resolve()));
		shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
		n8n = await startInstance({
			workflows: [
				baseTemplate('clicks', { path: 'email-open/pixel.png', trackClicks: true }),
				baseTemplate('no-clicks', {}),
				mailer('send', 'objection-honoured'),
				mailer('send-strict', 'consent-required'),
			],
		});
		const folder = join(n8n.folder, '.n8n', 'email-open-tracking');
		keyRing = await loadOrCreateKeyFile(folder);
		store = await openEmbeddedStore({ folder, queueMode: false });
	}, 240_000);
	afterAll(async () => {
		await store?.close();
		await n8n?.stop();
		shop?.close();
	}, 60_000);

	const emailTo = async (id: string, path = 'send') => {
		const html = `<p>Hi <a href="${shopUrl}/boots?size=42&amp;for=${id}#red">Boots</a>
			<a href="${shopUrl}/unsubscribe">Unsubscribe</a></p>`;
		const response = await fetch(`${n8n.url}/webhook/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ id, html }),
		});
		const sent = (await response.json()) as { html: string; links: object };
		const [link = ''] = /http[^"]+email-open\/link\?t=[^"]+/.exec(sent.html) ?? [];
		return { ...sent, before: html, link };
	};
	const clicksOf = (id: string) =>
		n8n.rows(`select * from opens where event = 'click' and recipient_id = '${id}'`);
	const follow = async (url: string, method = 'GET') => {
		const response = await fetch(url, { method, redirect: 'manual' });
		return { status: response.status, to: response.headers.get('location') };
	};

	it('a person who clicks in the email gets to the shop, and the click is in the store', async () => {
		const { html, links } = await emailTo('ada');
		expect(links).toMatchObject({
			tracked: 1,
			untracked: null,
			left: [{ position: 2, reason: 'unsubscribe' }],
		});
		const browser = await launchBrowser();
		try {
			const page = await browser.newPage({ userAgent: MAIL_PROGRAM });
			await page.setContent(html);
			await page.getByText('Boots').click();
			await page.waitForURL(/\/boots/);
			expect(page.url()).toBe(`${shopUrl}/boots?size=42&for=ada#red`);
			expect(await page.title()).toBe('Shop');
		} finally {
			await browser.close();
		}
		expect(visited).toContain('/boots?size=42&for=ada');
		await eventually(() => clicksOf('ada').length === 1);
		expect(clicksOf('ada')[0]).toMatchObject({
			campaign_id: 'spring',
			purpose: 'clicks',
			link_url: `${shopUrl}/boots`,
			link_position: 1,
			request_ip: null,
		});
		expect(n8n.rows(`select * from opens where event = 'open' and recipient_id = 'ada'`)).toEqual(
			[],
		);
		expect(await store.getCampaign('spring')).toMatchObject({
			opens: 0,
			clicks: 1,
			uniqueClicks: 1,
		});
		expect(await store.listLinkClicks({ campaignId: 'spring' })).toMatchObject([
			{ position: 1, site: `${shopUrl}/`, clicks: 1 },
		]);
	}, 60_000);

	it('HEAD is sent there as well, and leaves nothing', async () => {
		const { link } = await emailTo('head');
		expect(await follow(link, 'HEAD')).toMatchObject({ status: 302 });
		const { link: after } = await emailTo('after-head');
		await follow(after);
		await eventually(() => clicksOf('after-head').length === 1);
		expect(clicksOf('head')).toEqual([]);
	});

	it('whoever refused, withdrew after sending, or was erased gets there, and leaves nothing', async () => {
		const people = ['refuses', 'withdraws', 'goes'];
		const sent = await Promise.all(people.map(async (id) => await emailTo(id)));
		const record = (recipientKey: string, status: 'refused' | 'withdrawn') =>
			consentRecord({ recipientKey, purpose: 'clicks', status });
		const keysOf = (id: string) => denylistKeysOf(id, keyRing);
		await store.recordConsent(
			[record('refuses', 'refused'), record('withdraws', 'withdrawn')],
			new Date(),
			keysOf,
		);
		await store.eraseSubject(
			{ recipientId: 'goes', pseudonymsOf: () => [], denylistKeysOf: keysOf },
			new Date(),
		);
		for (const [index, { link }] of sent.entries()) {
			const to = `${shopUrl}/boots?size=42&for=${people[index]}#red`;
			expect(await follow(link)).toEqual({ status: 302, to });
		}
		const { link } = await emailTo('stays');
		await follow(link);
		await eventually(() => clicksOf('stays').length === 1);
		for (const id of people) expect(clicksOf(id)).toEqual([]);
		// The next email to them has no tracked link at all.
		for (const id of people) {
			const next = await emailTo(id);
			expect(next.html).toBe(next.before);
		}
		const unknown = await emailTo('unknown', 'send-strict');
		expect(unknown.html).toBe(unknown.before);
		expect(unknown.links).toMatchObject({
			untracked: 'The person has not consented to be tracked',
		});
	}, 60_000);

	it('a forged or damaged link gets a plain page', async () => {
		const { link } = await emailTo('forger');
		for (const url of [`${link}A`, link.slice(0, -2), link.replace(/t=.*/, 't=x')]) {
			const response = await fetch(url, { redirect: 'manual' });
			expect(response.status).toBe(404);
			expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
			expect(await response.text()).toContain('There is no such page.');
		}
		expect(clicksOf('forger')).toEqual([]);
	});
});
