import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';

import { loadOrCreateKeyFile } from '../../src/intake/key-file';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { KeyRing } from '../../src/tracking/links/key-ring';
import { denylistKeysIn, pseudonymsOf } from '../../src/tracking/people/subject-keys';
import { baseTemplate } from '../support/base-template';
import { keepPicture, launchBrowser, PERSONS_BROWSER } from '../support/browser';
import { consentRecord } from '../support/consent-records';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { startByHand } from '../support/run-by-hand';
import { startSmtpServer, type TestSmtpServer } from '../support/smtp-server';

const NEWSLETTER = readFileSync(
	join(__dirname, '../fixtures/newsletters/shop-with-links.html'),
	'utf8',
);
/** What each of them said to clicks before the campaign goes out, and what they do afterwards. */
const PEOPLE = {
	gives: { before: 'given', after: null },
	withdraws: { before: 'given', after: 'withdrawn' },
	goes: { before: 'given', after: 'erased' },
	scanned: { before: 'given', after: null },
	refuses: { before: 'refused', after: null },
	silent: { before: null, after: null },
	gone: { before: 'erased', after: null },
} as const;
type Person = keyof typeof PEOPLE;
const ALL = Object.keys(PEOPLE) as Person[];
const TRACKED = ALL.filter((who) => PEOPLE[who].before === 'given');

/** The bundled campaign with this email, and with a step that tracks its links. */
function campaignOf(html: string, smtp: { id: string; name: string }): WorkflowJson {
	const workflow = bundledWorkflow('send-tracked-campaign.json');
	const node = (name: string) => workflow.nodes.find((candidate) => candidate.name === name)!;
	const recipient = ALL.map((id) => ({ id, name: id, email: `${id}@example.com` }));
	node('Recipients').parameters.jsonOutput = JSON.stringify({ recipient });
	const { assignments } = node('Write the Email').parameters.assignments as {
		assignments: Array<{ name: string; value: string }>;
	};
	assignments.find(({ name }) => name === 'html')!.value = html;
	node('Send Email').credentials = { smtp };
	workflow.nodes.push({
		id: 'track-the-links',
		name: 'Track the Links',
		type: 'n8n-nodes-email-open-tracking.trackingPixel',
		typeVersion: 1,
		position: [1700, -192],
		parameters: {
			operation: 'trackLinks',
			recipientId: { __rl: true, mode: 'id', value: '={{ $json.recipient.id }}' },
			campaignId: { __rl: true, mode: 'id', value: '={{ $json.campaignId }}' },
			linksConsentPolicy: 'consent-required',
		},
	});
	const to = (name: string) => ({ main: [[{ node: name, type: 'main', index: 0 }]] });
	Object.assign(workflow.connections, {
		'Embed the Pixel': to('Track the Links'),
		'Track the Links': to('Send Email'),
	});
	return workflow;
}

describe('clicks in emails that a real n8n sent through a real SMTP server', () => {
	let n8n: N8nInstance;
	let smtp: TestSmtpServer;
	let browser: Browser;
	let store: TrackingStore;
	let keyRing: KeyRing;
	let shop: Server;
	let boots: string;

	const say = async (who: Person, status: 'given' | 'refused' | 'withdrawn') =>
		await store.recordConsent(
			[consentRecord({ recipientKey: who, purpose: 'clicks', status })],
			new Date(),
			denylistKeysIn(keyRing),
		);
	const erase = async (recipientId: Person) =>
		await store.eraseSubject(
			{
				recipientId,
				pseudonymsOf: (name, scope) => pseudonymsOf(name, scope, keyRing),
				denylistKeysOf: denylistKeysIn(keyRing),
			},
			new Date(),
		);

	beforeAll(async () => {
		[smtp, browser] = await Promise.all([startSmtpServer(), launchBrowser()]);
		shop = createServer((_, response) => {
			response.setHeader('content-type', 'text/html');
			response.end('<title>Shop</title><h1>Boots</h1>');
		});
		await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', () => resolve()));
		boots = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/boots?size=42&color=red#reviews`;
		n8n = await startInstance({
			workflows: [
				baseTemplate('opens-and-clicks', {
					path: 'email-open/pixel.png',
					trackClicks: true,
					consentPolicy: 'consent-required',
				}),
			],
			env: { N8N_PROXY_HOPS: '1' },
		});
		const folder = join(n8n.folder, '.n8n', 'email-open-tracking');
		keyRing = await loadOrCreateKeyFile(folder);
		store = await openEmbeddedStore({ folder, queueMode: false });
		for (const who of ALL) {
			const { before } = PEOPLE[who];
			if (before === 'erased') await erase(who);
			else if (before !== null) await say(who, before);
		}
		const name = 'SMTP';
		const data = { host: '127.0.0.1', port: smtp.port, secure: false, disableStartTls: true };
		const { id } = await n8n.rest('POST', '/credentials', { name, type: 'smtp', data });
		const finished = await startByHand(
			n8n,
			campaignOf(emailWith(boots), { id: String(id), name }),
			'Send the Campaign',
		);
		expect(await finished()).toMatchObject({ status: 'success' });
		// What they do once the email is in their mailbox.
		await say('withdraws', 'withdrawn');
		await erase('goes');
	}, 300_000);
	afterAll(async () => {
		await store?.close();
		await Promise.all([n8n?.stop(), smtp?.stop(), browser?.close()]);
		shop?.close();
	}, 60_000);

	const mailTo = (who: Person) =>
		String(smtp.mails.find(({ to }) => [to].flat()[0]?.text === `${who}@example.com`)?.html);
	const show = async (html: string): Promise<Page> => {
		const page = await browser.newPage({ userAgent: PERSONS_BROWSER });
		await page.setContent(html);
		return page;
	};
	/** Where the links of an email lead, as the browser reads them. */
	const linksIn = async (html: string) => {
		const page = await show(html);
		const urls = await page
			.locator('a[href], area[href]')
			.evaluateAll((all) => all.map((each) => String(Reflect.get(each, 'href'))));
		await page.close();
		return urls.filter((url) => url.startsWith('http'));
	};
	const isTracked = (url: string) => url.startsWith(`${n8n.url}/webhook/email-open/link?t=`);
	const redirectOf = async (url: string) => {
		const answer = await fetch(url, { method: 'HEAD', redirect: 'manual' });
		expect(answer.status).toBe(302);
		return new URL(String(answer.headers.get('location'))).href;
	};
	const clicks = () =>
		n8n.rows(
			"select recipient_id, actor, actor_reason, link_url, request_ip from opens where event = 'click' order by recipient_id, event_id",
		);

	it('holds tracked links for those alone who allowed it, and nobody else has any', async () => {
		for (const who of ALL) {
			const tracked = (await linksIn(mailTo(who))).filter(isTracked);
			expect([who, tracked.length]).toEqual([who, TRACKED.includes(who) ? 12 : 0]);
		}
	});

	it('takes everybody who clicks to the shop, and keeps the clicks of those who allow it', async () => {
		for (const who of ALL.filter((one) => one !== 'scanned')) {
			const page = await show(mailTo(who));
			await page.getByText('Our new boots').click();
			await page.waitForURL(/\/boots/);
			expect([who, page.url(), await page.title()]).toEqual([who, boots, 'Shop']);
			await keepPicture(page, `clicks-by-mail-${who}`);
			await page.close();
		}
		// The first of them clicks again, when all others have.
		const again = await show(mailTo('gives'));
		await again.getByText('Our new boots').click();
		await again.waitForURL(/\/boots/);
		await again.close();
		await eventually(() => clicks().length === 2);
		const page = boots.slice(0, boots.indexOf('?'));
		const click = { recipient_id: 'gives', actor: 'human', actor_reason: 'browser' };
		expect(clicks()).toEqual(Array(2).fill({ ...click, link_url: page, request_ip: null }));
		expect(await store.getCampaign('spring-launch')).toMatchObject({
			clicks: 2,
			machineClicks: 0,
			uniqueClicks: 1,
		});
	}, 120_000);

	it('tells a gateway that looks with HEAD and follows, and still counts its reader', async () => {
		const [link] = (await linksIn(mailTo('scanned'))).filter(isTracked);
		const headers = { 'user-agent': PERSONS_BROWSER, 'x-forwarded-for': '203.0.113.9' };
		for (const method of ['HEAD', 'GET']) {
			expect((await fetch(link, { method, headers, redirect: 'manual' })).status).toBe(302);
		}
		const page = await show(mailTo('scanned'));
		await page.getByText('Our new boots').click();
		await page.waitForURL(/\/boots/);
		await page.close();
		const theirs = () => clicks().filter(({ recipient_id }) => recipient_id === 'scanned');
		await eventually(
			() => theirs().length === 2 && theirs().some(({ actor }) => actor === 'scanner'),
		);
		expect(theirs()).toMatchObject([
			{ actor: 'scanner', actor_reason: 'link-head-first' },
			{ actor: 'human', actor_reason: 'browser' },
		]);
		expect(await store.getCampaign('spring-launch')).toMatchObject({
			clicks: 3,
			machineClicks: 1,
			uniqueClicks: 2,
		});
	}, 60_000);

	it('leads from each link to where its author said, in the order of the email', async () => {
		const original = await linksIn(emailWith(boots));
		for (const who of ALL) {
			const received = await linksIn(mailTo(who));
			const leads = await Promise.all(
				received.map(async (url) => (isTracked(url) ? await redirectOf(url) : url)),
			);
			expect([who, leads]).toEqual([who, original]);
		}
		// They were asked for with HEAD alone.
		expect(clicks()).toHaveLength(4);
	});
});

/** The newsletter with a link to a shop that is there. */
function emailWith(url: string): string {
	const link = `<p><a href="${url.replaceAll('&', '&amp;')}">Our new boots</a></p>`;
	return NEWSLETTER.replace(/<body[^>]*>/, (body) => body + link);
}
