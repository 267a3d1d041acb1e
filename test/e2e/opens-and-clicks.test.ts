import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { loadOrCreateKeyFile } from '../../src/intake/key-file';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { KeyRing } from '../../src/tracking/links/key-ring';
import { personLink } from '../../src/tracking/links/person-link';
import { launchBrowser, MAIL_PROGRAM } from '../support/browser';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';

const OURS = 'n8n-nodes-email-open-tracking';
const PERSON = '={{ $("Webhook").item.json.body.id }}';

/** A mailer as the notes of the workflow describe it: it answers with the email it would send. */
const mailer = {
	id: 'mailer',
	name: 'Mailer',
	active: false,
	settings: { executionOrder: 'v1' },
	nodes: [
		{
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			webhookId: 'mailer-webhook',
			parameters: { path: 'mailer', httpMethod: 'POST', responseMode: 'lastNode', options: {} },
		},
		ourNode('Link', { operation: 'createLink', recipientId: PERSON, campaignId: 'spring' }),
		ourNode('Embed', { operation: 'embed', html: '={{ $("Webhook").item.json.body.html }}' }),
		ourNode('Links', {
			operation: 'trackLinks',
			recipientId: PERSON,
			campaignId: 'spring',
			linksConsentPolicy: 'eu',
		}),
		ourNode('Headers', { operation: 'unsubscribeHeaders', unsubscribeRecipientId: PERSON }),
	].map((node, place) => ({ ...node, id: `mailer-${place}`, position: [220 * place, 0] })),
	connections: Object.fromEntries(
		[
			['Webhook', 'Link'],
			['Link', 'Embed'],
			['Embed', 'Links'],
			['Links', 'Headers'],
		].map(([from, to]) => [from, { main: [[{ node: to, type: 'main', index: 0 }]] }]),
	),
} as unknown as WorkflowJson;

function ourNode(name: string, parameters: Record<string, unknown>) {
	return { name, type: `${OURS}.trackingPixel`, typeVersion: 1, parameters };
}

/** The consent pages with a question about clicks, and a step that notes who wants no more emails. */
function consentPages(): WorkflowJson {
	const workflow = bundledWorkflow('consent-and-privacy.json');
	for (const node of workflow.nodes) {
		if (node.name === 'Your Notice') {
			const { assignments } = node.parameters.assignments as {
				assignments: Array<{ name: string; value: string }>;
			};
			for (const one of assignments) {
				if (one.name === 'purposes') one.value = '["performance","clicks"]';
			}
		}
		if (node.name === 'Stop Their Emails Here') {
			node.type = `${OURS}.openTracking`;
			node.parameters = {
				resource: 'pixel',
				operation: 'create',
				pixelName: '=stopped {{ $json.recipientId }}',
			};
		}
	}
	return workflow;
}

describe('opens and clicks of people who consented, in a real n8n', () => {
	let n8n: N8nInstance;
	let store: TrackingStore;
	let browser: Browser;
	let keyRing: KeyRing;

	beforeAll(async () => {
		[n8n, browser] = await Promise.all([
			startInstance({
				workflows: [bundledWorkflow('email-opens-and-clicks.json'), consentPages(), mailer],
			}),
			launchBrowser(),
		]);
		const folder = join(n8n.folder, '.n8n', 'email-open-tracking');
		store = await openEmbeddedStore({ folder, queueMode: false });
		keyRing = await loadOrCreateKeyFile(folder);
	}, 240_000);
	afterAll(async () => {
		await Promise.all([store?.close(), browser?.close()]);
		await n8n?.stop();
	}, 60_000);

	interface Email {
		html: string;
		tracking: { url: string | null };
		links: { tracked: number; untracked: string | null };
		unsubscribe: { url: string; listUnsubscribe: string; listUnsubscribePost: string };
	}
	const HTML = '<p><a href="http://127.0.0.1:9/boots?for=me">Boots</a></p>';
	const emailTo = async (id: string): Promise<Email> => {
		const response = await fetch(`${n8n.url}/webhook/mailer`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ id, html: HTML }),
		});
		return (await response.json()) as Email;
	};
	const linkIn = ({ html }: Email) => /http[^"]+email-open\/link\?t=[^"]+/.exec(html)?.[0] ?? '';
	const rowsOf = (id: string) =>
		n8n.rows(
			`select event, consent_status, link_url from opens where recipient_id = '${id}' order by event`,
		);
	const follow = async (url: string) => {
		const headers = { 'user-agent': MAIL_PROGRAM };
		const { status } = await fetch(url, { redirect: 'manual', headers });
		return status;
	};
	/** Answers the questions of the consent page, whose link is the person's own. */
	const answer = async (recipientId: string, answers: Record<string, string>) => {
		const url = personLink({
			baseUrl: `${n8n.url}/webhook`,
			keyRing,
			iv: randomBytes(12),
			link: { recipientId, scope: 'consent', issuedAt: new Date() },
		});
		const body = new URLSearchParams({ action: 'save', ...answers });
		expect((await fetch(url, { method: 'POST', body })).status).toBe(200);
	};
	const recordsOf = async (id: string) => (await store.listConsentRecords(id)).length;
	const stopped = () =>
		n8n.rows(`select name from pixels where name like 'stopped %'`).map(({ name }) => name);

	it('records an open and a click of somebody who consented to both, followed in a browser', async () => {
		await answer('ada', { performance: 'given', clicks: 'given' });
		const email = await emailTo('ada');
		expect(email.links).toMatchObject({ tracked: 1, untracked: null });
		const page = await browser.newPage({ userAgent: MAIL_PROGRAM });
		const led: string[] = [];
		await page.route('**/boots**', async (route) => {
			led.push(route.request().url());
			await route.fulfill({ body: 'boots' });
		});
		await page.setContent(email.html);
		await page.getByText('Boots').click();
		await page.waitForURL(/boots/);
		expect(led).toEqual(['http://127.0.0.1:9/boots?for=me']);
		await eventually(() => rowsOf('ada').length === 2);
		expect(rowsOf('ada')).toEqual([
			{ event: 'click', consent_status: 'given', link_url: 'http://127.0.0.1:9/boots' },
			{ event: 'open', consent_status: 'given', link_url: null },
		]);
	}, 60_000);

	it('tracks no link of somebody who consented to opens alone, or to nothing', async () => {
		await answer('opens-only', { performance: 'given', clicks: 'no' });
		const email = await emailTo('opens-only');
		expect(email.html).toContain('href="http://127.0.0.1:9/boots?for=me"');
		expect(email.html).toContain('email-open/pixel.png');
		expect(email.links.untracked).toBe('The person refused to be tracked');
		const unknown = await emailTo('unknown');
		expect(linkIn(unknown)).toBe('');
		for (const { tracking } of [email, unknown]) await follow(tracking.url ?? '');
		await eventually(() => rowsOf('opens-only').length === 1);
		expect(rowsOf('unknown')).toEqual([]);
	}, 60_000);

	describe('one click to unsubscribe', () => {
		const oneClick = async (email: Email, body: URLSearchParams | FormData) => {
			const url = email.unsubscribe.listUnsubscribe.slice(1, -1);
			const response = await fetch(url, { method: 'POST', body, redirect: 'manual' });
			return { status: response.status, text: await response.text() };
		};

		it('by an email program ends tracking and the emails; looking at the address does neither', async () => {
			await answer('bob', { performance: 'given', clicks: 'given' });
			const email = await emailTo('bob');
			const before = await recordsOf('bob');
			for (const method of ['GET', 'HEAD', 'GET']) {
				const seen = await fetch(email.unsubscribe.url, { method, redirect: 'manual' });
				expect(seen.status).toBe(200);
			}
			expect(await recordsOf('bob')).toBe(before);
			expect(stopped()).toEqual([]);

			// The body is what the header says, as RFC 8058 wants it.
			const form = new URLSearchParams(email.unsubscribe.listUnsubscribePost);
			const { status, text } = await oneClick(email, form);
			expect(status).toBe(200);
			expect(text).toContain('You are no longer tracked');
			await eventually(() => stopped().length === 1);
			expect(stopped()).toEqual(['stopped bob']);
			for (const purpose of ['performance', 'clicks'] as const) {
				expect(await store.getConsent('bob', purpose, new Date())).toMatchObject({
					status: 'withdrawn',
					record: { method: 'one-click unsubscribe (RFC 8058)' },
				});
			}
			expect(await follow(linkIn(email))).toBe(302);
			expect(await follow(email.tracking.url ?? '')).toBe(200);
			await follow(linkIn(await consentedEmail('after-bob')));
			await eventually(() => rowsOf('after-bob').length === 1);
			expect(rowsOf('bob')).toEqual([]);
			// The next email is not tracked, and has the headers all the same.
			const next = await emailTo('bob');
			expect([linkIn(next), next.tracking.url]).toEqual(['', null]);
			expect(next.unsubscribe.listUnsubscribePost).toBe('List-Unsubscribe=One-Click');
		}, 60_000);

		const consentedEmail = async (id: string) => {
			await answer(id, { performance: 'given', clicks: 'given' });
			return await emailTo(id);
		};

		it('takes a form with parts as well, and the button of the page', async () => {
			const parts = new FormData();
			parts.set('List-Unsubscribe', 'One-Click');
			expect((await oneClick(await emailTo('parts'), parts)).status).toBe(200);
			await eventually(() => stopped().includes('stopped parts'));

			const page = await (await browser.newContext()).newPage();
			await page.goto((await emailTo('button')).unsubscribe.url);
			await page.getByRole('button', { name: 'Unsubscribe' }).click();
			await page.getByText('You are no longer tracked').waitFor();
			await eventually(() => stopped().includes('stopped button'));
		}, 60_000);

		it('refuses an address that was not made here, and stops nobody', async () => {
			const email = await emailTo('forged');
			const before = stopped().length;
			const damaged = `${email.unsubscribe.url.slice(0, -4)}AAAA`;
			const body = new URLSearchParams('List-Unsubscribe=One-Click');
			const response = await fetch(damaged, { method: 'POST', body, redirect: 'manual' });
			expect(response.status).toBe(403);
			await oneClick(await emailTo('after-forged'), body);
			await eventually(() => stopped().includes('stopped after-forged'));
			expect(stopped()).toHaveLength(before + 1);
			expect(await recordsOf('forged')).toBe(0);
		}, 60_000);
	});
});
