import type { Browser } from 'playwright-core';

import { publishWorkflow } from '../../scripts/lib/n8n';
import { loadOrCreateKeyFile } from '../../src/intake/key-file';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { denylistKeysIn } from '../../src/tracking/people/subject-keys';
import { launchBrowser, MAIL_PROGRAM } from '../support/browser';
import { consentRecord } from '../support/consent-records';
import {
	bundledWorkflow,
	eventually,
	type N8nInstance,
	startInstance,
	unpublish,
	untilLive,
	type WorkflowJson,
} from '../support/n8n-instance';
import { startByHand } from '../support/run-by-hand';
import { startSmtpServer, type TestSmtpServer } from '../support/smtp-server';
import { keysOf } from '../support/denylist-keys';

interface Reader {
	id: string;
	name: string;
	email: string;
}

const CAMPAIGN = 'spring-launch';
const RECIPIENTS = readers(200, 'reader');
const REFUSED = RECIPIENTS[77];
/** Those who said no to tracking, or are no longer to be known. */
const UNTRACKED = [RECIPIENTS[10], RECIPIENTS[11], RECIPIENTS[12]];
const TRACKED = RECIPIENTS.filter((one) => one !== REFUSED && !UNTRACKED.includes(one));

function readers(count: number, prefix: string): Reader[] {
	return Array.from({ length: count }, (_, index) => ({
		id: `${prefix}-id-${index}`,
		name: `Reader ${index}`,
		email: `${prefix}-${index}@example.com`,
	}));
}

/** The bundled campaign, set up as its note says: recipients, campaign id, SMTP account. */
function campaignOf(
	recipients: Reader[],
	campaignId: string,
	credentials?: Record<string, { id: string; name: string }>,
): WorkflowJson {
	const workflow = bundledWorkflow('send-tracked-campaign.json');
	const node = (name: string) => workflow.nodes.find((candidate) => candidate.name === name)!;
	node('Recipients').parameters.jsonOutput = JSON.stringify({ recipient: recipients });
	const { assignments } = node('Campaign').parameters.assignments as {
		assignments: Array<{ name: string; value: string }>;
	};
	assignments.find(({ name }) => name === 'campaignId')!.value = campaignId;
	if (credentials) node('Send Email').credentials = credentials;
	return workflow;
}

async function smtpAccount(n8n: N8nInstance, { port }: TestSmtpServer) {
	const name = `SMTP on ${port}`;
	const data = {
		host: '127.0.0.1',
		port,
		secure: false,
		disableStartTls: true,
		user: '',
		password: '',
	};
	const { id } = await n8n.rest('POST', '/credentials', { name, type: 'smtp', data });
	return { smtp: { id: String(id), name } };
}

/** How many messages of a campaign are counted as sent. */
function sentOf(n8n: N8nInstance, campaignId: string): number {
	const [row] = n8n.rows(
		`select sent from tallies where scope = 'campaign' and scope_id = '${campaignId}'`,
	);
	return Number(row?.sent ?? 0);
}

const pixelsOf = (html: string) =>
	[...html.matchAll(/<img[^>]+src="([^"]*email-open[^"]*)"/g)].map(([, url]) => url);

async function openStore(n8n: N8nInstance): Promise<TrackingStore> {
	const folder = `${n8n.folder}/.n8n/email-open-tracking`;
	return await openEmbeddedStore({ folder, queueMode: false });
}

describe('a campaign from a real n8n through a real SMTP server', () => {
	let n8n: N8nInstance;
	let smtp: TestSmtpServer;
	let browser: Browser;

	beforeAll(async () => {
		[smtp, browser] = await Promise.all([
			startSmtpServer({ refused: [REFUSED.email] }),
			launchBrowser(),
		]);
		const followUp = bundledWorkflow('follow-up-not-opened.json');
		followUp.nodes.find(({ name }) => name === 'Not Opened Yet')!.parameters.daysAgo = 0;
		// Only the list is asked for here.
		const asked = ['Every Morning', 'Campaign', 'Not Opened Yet'];
		followUp.nodes = followUp.nodes.filter(({ name }) => asked.includes(name));
		followUp.connections = {
			'Every Morning': followUp.connections['Every Morning'],
			Campaign: { main: [followUp.connections.Campaign.main[0].slice(0, 1)] },
		};
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
		const store = await openStore(n8n);
		const keyRing = await loadOrCreateKeyFile(`${n8n.folder}/.n8n/email-open-tracking`);
		const [refused, withdrew, erased] = UNTRACKED.map(({ id }) => id);
		await store.recordConsent(
			[
				consentRecord({ recipientKey: refused, status: 'refused' }),
				consentRecord({ recipientKey: withdrew, status: 'withdrawn' }),
			],
			new Date(),
			keysOf,
		);
		const subject = {
			recipientId: erased,
			pseudonymsOf: () => [],
			denylistKeysOf: denylistKeysIn(keyRing),
		};
		await store.eraseSubject(subject, new Date());
		await store.close();
		const campaign = campaignOf(RECIPIENTS, CAMPAIGN, await smtpAccount(n8n, smtp));
		const finished = await startByHand(n8n, campaign, 'Send the Campaign');
		expect(await finished()).toMatchObject({ status: 'success' });
	}, 300_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), smtp?.stop(), browser?.close()]);
	}, 60_000);

	const mailTo = (reader: Reader) =>
		String(smtp.mails.find(({ to }) => [to].flat()[0]?.text === reader.email)?.html);
	const trackedMails = () => TRACKED.map(mailTo);

	it('sends each recipient an email of its own, except the one that the server refused', () => {
		const addresses = smtp.mails.map((mail) => [mail.to].flat()[0]?.text).sort();
		expect(addresses).toEqual(
			RECIPIENTS.filter((recipient) => recipient !== REFUSED)
				.map(({ email }) => email)
				.sort(),
		);
	});

	it('puts exactly one pixel into each email, and no two the same', () => {
		const pixels = trackedMails().map(pixelsOf);
		expect(pixels.filter((urls) => urls.length !== 1)).toEqual([]);
		expect(new Set(pixels.flat()).size).toBe(TRACKED.length);
	});

	it('shows no address and no recipient id in a link of less than 300 characters', () => {
		const urls = trackedMails().flatMap(pixelsOf);
		expect(urls).toHaveLength(TRACKED.length);
		for (const url of urls) {
			expect(url.length).toBeLessThan(300);
			expect(url).toMatch(new RegExp(`^${n8n.url}/webhook/email-open/pixel\\.png\\?t=[\\w-]+$`));
			expect(Buffer.from(url.split('t=')[1], 'base64url').toString('latin1')).not.toContain(
				'reader-id',
			);
		}
	});

	it('gives each reader a link of their own to say no to tracking', () => {
		const links = trackedMails().map((html) => /<a href="([^"]+)">/.exec(html)?.[1]);
		expect(new Set(links).size).toBe(TRACKED.length);
		for (const link of links) {
			expect(link).toMatch(new RegExp(`^${n8n.url}/webhook/email-open/privacy\\?t=[\\w-]+$`));
		}
	});

	it('says the same in a text part, with the same link and without the pixel', () => {
		for (const reader of TRACKED) {
			const mail = smtp.mails.find(({ to }) => [to].flat()[0]?.text === reader.email);
			const [, link] = /<a href="([^"]+)">/.exec(String(mail?.html)) ?? [];
			expect(mail?.headers.get('content-type')).toMatchObject({ value: 'multipart/alternative' });
			expect(mail?.text).toContain('our spring launch is here');
			expect(mail?.text).toContain(link);
			expect(mail?.text).not.toContain('pixel.png');
		}
	});

	it('says nothing of tracking to people who are not tracked', () => {
		for (const reader of UNTRACKED) {
			const mail = smtp.mails.find(({ to }) => [to].flat()[0]?.text === reader.email);
			expect(mail?.text).not.toMatch(/http|image/);
		}
		for (const html of UNTRACKED.map(mailTo)) {
			expect(html).toContain('our spring launch is here');
			expect(html).not.toMatch(/<img|<a |track|open/);
		}
	});

	it('counts as sent what the mail server took with a pixel in it, and nothing else', () => {
		expect(sentOf(n8n, CAMPAIGN)).toBe(TRACKED.length);
		const known = n8n.rows('select recipient_id from recipient_tallies where sent > 0');
		expect(known.map((row) => row.recipient_id).sort()).toEqual(TRACKED.map(({ id }) => id).sort());
	});

	it('records opens of exactly the three people who open their email', async () => {
		const readers = [RECIPIENTS[3], RECIPIENTS[50], RECIPIENTS[199]];
		const context = await browser.newContext({ userAgent: MAIL_PROGRAM });
		for (const reader of readers) {
			const page = await context.newPage();
			await page.setContent(mailTo(reader), { waitUntil: 'networkidle' });
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
		const expected = TRACKED.filter(
			({ id }) => !['reader-id-3', 'reader-id-50', 'reader-id-199'].includes(id),
		);
		expect(notOpened.map(({ recipientId }) => recipientId).sort()).toEqual(
			expected.map(({ id }) => id).sort(),
		);
	});

	it('does not attribute an open to a forged, cut or foreign link', async () => {
		const [url] = pixelsOf(mailTo(TRACKED[0]));
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
			n8n.rows(`select sum(invalid_tokens) as invalid_tokens from tallies where scope = 'total'`)[0]
				.invalid_tokens,
		).toBe(4);
	});
});

/** What n8n says of a workflow whose address another one has. */
const CONFLICT = 'conflict with one of the webhooks';

describe('a campaign that meets trouble, or stricter rules', () => {
	let n8n: N8nInstance;

	beforeAll(async () => {
		n8n = await startInstance({
			workflows: [
				bundledWorkflow('email-open-tracking.json'),
				bundledWorkflow('consent-and-privacy.json'),
			],
		});
		const strict = bundledWorkflow('email-open-tracking-consent-required.json');
		await n8n.rest('POST', '/workflows', strict);
	}, 180_000);
	afterAll(async () => await n8n?.stop(), 60_000);

	async function publishInPlaceOf(before: string, id: string): Promise<void> {
		await unpublish(n8n, before);
		await publishWorkflow(n8n.rest, id);
		await untilLive(n8n.rest, id);
	}

	it('registers nothing without an SMTP account, and says so of each recipient', async () => {
		const recipients = readers(60, 'unsent');
		const finished = await startByHand(
			n8n,
			campaignOf(recipients, 'no-account'),
			'Send the Campaign',
		);
		const { data } = await finished();
		expect(sentOf(n8n, 'no-account')).toBe(0);
		expect(n8n.rows("select * from recipient_tallies where recipient_id like 'unsent-%'")).toEqual(
			[],
		);
		expect(data).toContain('No mail server took it. Open Send Email: its error says why');
	}, 120_000);

	it('has registered what left before the mail server stopped answering', async () => {
		const smtp = await startSmtpServer({ takes: 60 });
		try {
			const campaign = campaignOf(readers(70, 'stuck'), 'stuck', await smtpAccount(n8n, smtp));
			const finished = await startByHand(n8n, campaign, 'Send the Campaign');
			await eventually(() => smtp.mails.length === 60, 60_000);
			// The run is at the 11th email of its second batch of 50.
			expect(sentOf(n8n, 'stuck')).toBe(50);
			smtp.release();
			expect(await finished()).toMatchObject({ status: 'success' });
			expect(sentOf(n8n, 'stuck')).toBe(70);
		} finally {
			await smtp.stop();
		}
	}, 180_000);

	it('reaches the strict template once that is published in place of the open one', async () => {
		const smtp = await startSmtpServer();
		const store = await openStore(n8n);
		try {
			const account = await smtpAccount(n8n, smtp);
			const [consenting, silent] = readers(2, 'strict');
			await store.recordConsent(
				[consentRecord({ recipientKey: consenting.id })],
				new Date(),
				keysOf,
			);
			const send = async (campaignId: string) => {
				const campaign = campaignOf([consenting, silent], campaignId, account);
				await (
					await startByHand(n8n, campaign, 'Send the Campaign')
				)();
			};
			await send('before-the-change');
			// n8n does not let both be published: one of them would answer for the other.
			await expect(
				publishWorkflow(n8n.rest, 'email-open-tracking-consent-required'),
			).rejects.toThrow(CONFLICT);
			await publishInPlaceOf('email-open-tracking', 'email-open-tracking-consent-required');
			await send('after-the-change');

			expect(smtp.mails).toHaveLength(4);
			for (const [url] of smtp.mails.map((mail) => pixelsOf(String(mail.html)))) {
				const answer = await fetch(url, { headers: { 'user-agent': MAIL_PROGRAM } });
				expect(answer.status).toBe(200);
				expect(answer.headers.get('content-type')).toBe('image/png');
			}
			const opened = () =>
				n8n.rows(
					"select recipient_id, campaign_id, consent_status from opens where recipient_id like 'strict-%' order by campaign_id",
				);
			await eventually(() => opened().length >= 2);
			expect(opened()).toEqual(
				['after-the-change', 'before-the-change'].map((campaign_id) => ({
					recipient_id: consenting.id,
					campaign_id,
					consent_status: 'given',
				})),
			);
		} finally {
			await Promise.all([smtp.stop(), store.close()]);
		}
	}, 120_000);

	it('answers the pixels itself where it is published, and takes signed links alone', async () => {
		const smtp = await startSmtpServer();
		try {
			const [reader] = readers(1, 'signed');
			const campaign = campaignOf([reader], 'signed-only', await smtpAccount(n8n, smtp));
			await n8n.rest('POST', '/workflows', campaign);
			await publishInPlaceOf('email-open-tracking-consent-required', campaign.id);
			await (
				await startByHand(n8n, campaign, 'Send the Campaign')
			)();

			const headers = { 'user-agent': MAIL_PROGRAM };
			const plain = new URLSearchParams({ id: 'signed-victim', campaignId: 'signed-only' });
			const forged = await fetch(`${n8n.url}/webhook/email-open/pixel.png?${plain}`, { headers });
			expect(forged.status).toBe(200);
			const [url] = pixelsOf(String(smtp.mails[0].html));
			expect((await fetch(url, { headers })).status).toBe(200);
			const opened = () =>
				n8n.rows("select recipient_id from opens where campaign_id = 'signed-only'");
			await eventually(() => opened().length > 0);
			expect(opened()).toEqual([{ recipient_id: reader.id }]);
			expect(n8n.rows("select 1 from opens where recipient_id = 'signed-victim'")).toEqual([]);
		} finally {
			await smtp.stop();
		}
	}, 120_000);
});
