import type { Browser } from 'playwright-core';

import { launchBrowser, MAIL_PROGRAM } from '../support/browser';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
} from '../support/n8n-instance';
import { startSmtpServer, type TestSmtpServer } from '../support/smtp-server';

const CAMPAIGN = 'spring-launch';
const RECIPIENTS = Array.from({ length: 200 }, (_, index) => ({
	id: `reader-id-${index}`,
	name: `Reader ${index}`,
	email: `reader-${index}@example.com`,
}));
const REFUSED = RECIPIENTS[77];

describe('a campaign from a real n8n through a real SMTP server', () => {
	let n8n: N8nInstance;
	let smtp: TestSmtpServer;
	let browser: Browser;

	beforeAll(async () => {
		[smtp, browser] = await Promise.all([startSmtpServer([REFUSED.email]), launchBrowser()]);
		const campaign = bundledWorkflow('send-tracked-campaign.json');
		const node = (name: string) => campaign.nodes.find((candidate) => candidate.name === name)!;
		node('Recipients').parameters.jsonOutput = JSON.stringify({ recipient: RECIPIENTS });
		node('Send Email').credentials = { smtp: { id: 'smtp', name: 'Test SMTP' } };
		const followUp = bundledWorkflow('follow-up-not-opened.json');
		followUp.nodes.find(({ name }) => name === 'Not Opened Yet')!.parameters.daysAgo = 0;
		// The schedule runs every morning; a test asks for the same answer over a webhook.
		Object.assign(followUp.nodes.find(({ name }) => name === 'Every Morning')!, {
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			webhookId: 'follow-up',
			parameters: { path: 'follow-up', responseMode: 'lastNode', responseData: 'allEntries' },
		});
		n8n = await startInstance({
			workflows: [bundledWorkflow('email-open-tracking.json'), followUp],
		});
		const credential = await n8n.rest('POST', '/credentials', {
			name: 'Test SMTP',
			type: 'smtp',
			data: {
				host: '127.0.0.1',
				port: smtp.port,
				secure: false,
				disableStartTls: true,
				user: '',
				password: '',
			},
		});
		node('Send Email').credentials = { smtp: { id: String(credential.id), name: 'Test SMTP' } };
		const { id } = await n8n.rest('POST', '/workflows', { ...campaign, id: undefined });
		const saved = await n8n.rest('GET', `/workflows/${id}`);
		await n8n.rest('POST', `/workflows/${id}/run`, {
			workflowData: saved,
			triggerToStartFrom: { name: 'Send the Campaign' },
		});
		const registered = () =>
			n8n.rows("select sent from tallies where scope = 'total'")[0]?.sent === RECIPIENTS.length - 1;
		await eventually(registered, 120_000);
	}, 300_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), smtp?.stop(), browser?.close()]);
	}, 60_000);

	const pixelsOf = (html: string) =>
		[...html.matchAll(/<img[^>]+src="([^"]*email-open[^"]*)"/g)].map(([, url]) => url);

	it('sends each recipient a mail of its own, except the one that the server refused', () => {
		const addresses = smtp.mails.map((mail) => [mail.to].flat()[0]?.text).sort();
		expect(addresses).toEqual(
			RECIPIENTS.filter((recipient) => recipient !== REFUSED)
				.map(({ email }) => email)
				.sort(),
		);
	});

	it('puts exactly one pixel into each mail, and no two the same', () => {
		const pixels = smtp.mails.map((mail) => pixelsOf(String(mail.html)));
		expect(pixels.filter((urls) => urls.length !== 1)).toEqual([]);
		expect(new Set(pixels.flat()).size).toBe(RECIPIENTS.length - 1);
	});

	it('shows no address and no recipient id in a link of less than 300 characters', () => {
		for (const mail of smtp.mails) {
			const [url] = pixelsOf(String(mail.html));
			expect(url.length).toBeLessThan(300);
			expect(url).toMatch(new RegExp(`^${n8n.url}/webhook/email-open/pixel\\.png\\?t=[\\w-]+$`));
			expect(Buffer.from(url.split('t=')[1], 'base64url').toString('latin1')).not.toContain(
				'reader-id',
			);
		}
	});

	it('gives each reader a link of their own to say no to tracking', () => {
		const links = smtp.mails.map(({ html }) => /<a href="([^"]+)">/.exec(String(html))?.[1]);
		expect(new Set(links).size).toBe(RECIPIENTS.length - 1);
		for (const link of links) {
			expect(link).toMatch(new RegExp(`^${n8n.url}/webhook/email-open/privacy\\?t=[\\w-]+$`));
		}
	});

	it('records opens of exactly the three people who open their mail', async () => {
		const readers = [RECIPIENTS[3], RECIPIENTS[50], RECIPIENTS[199]];
		const context = await browser.newContext({ userAgent: MAIL_PROGRAM });
		for (const reader of readers) {
			const mail = smtp.mails.find(({ to }) => [to].flat()[0]?.text === reader.email);
			const page = await context.newPage();
			await page.setContent(String(mail?.html), { waitUntil: 'networkidle' });
			await page.close();
		}
		await context.close();
		const opened = () =>
			n8n.rows(
				'select distinct recipient_id, campaign_id, tracking_mode from opens order by recipient_id',
			);
		await eventually(() => opened().length === readers.length);
		expect(opened()).toEqual(
			readers
				.map(({ id }) => ({ recipient_id: id, campaign_id: CAMPAIGN, tracking_mode: 'identified' }))
				.sort((a, b) => a.recipient_id.localeCompare(b.recipient_id)),
		);
	});

	it('lists everybody else as not having opened', async () => {
		const response = await fetch(`${n8n.url}/webhook/follow-up`);
		const notOpened = (await response.json()) as Array<{ recipientId: string }>;
		const expected = RECIPIENTS.filter(
			({ id }) => !['reader-id-3', 'reader-id-50', 'reader-id-199', REFUSED.id].includes(id),
		);
		expect(notOpened.map(({ recipientId }) => recipientId).sort()).toEqual(
			expected.map(({ id }) => id).sort(),
		);
	});

	it('does not attribute an open to a forged, cut or foreign link', async () => {
		const [url] = pixelsOf(String(smtp.mails[0].html));
		const before = n8n.rows('select count(*) as n from opens')[0].n;
		for (const forged of [
			url.slice(0, -1),
			`${url.slice(0, -2)}AA`,
			`${url}x`,
			url.replace('t=', 't=A'),
		]) {
			const response = await fetch(forged, { headers: { 'user-agent': MAIL_PROGRAM } });
			expect(response.status).toBe(200);
			expect(response.headers.get('content-length')).toBe('67');
		}
		await fetch(`${n8n.url}/webhook/email-open/pixel.png?id=after-forged`, {
			headers: { 'user-agent': MAIL_PROGRAM },
		});
		await eventually(() => n8n.rows(`select 1 from opens where recipient_id = 'after-forged'`)[0]);
		expect(n8n.rows('select count(*) as n from opens')[0].n).toBe(Number(before) + 1);
		expect(
			n8n.rows(`select invalid_tokens from tallies where scope = 'total'`)[0].invalid_tokens,
		).toBe(4);
	});
});
