import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { source as axeSource, type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';

import { secureTrackingApi } from '../../scripts/lib/tracking-api-access';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { launchBrowser } from '../support/browser';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
} from '../support/n8n-instance';
import { makeSampleCampaign } from '../../scripts/lib/sample-campaign';
import { writeFileSync } from 'node:fs';

const AXE_OPTIONS = JSON.stringify({
	runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
});
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 800 };

describe('shots', () => {
	let n8n: N8nInstance;
	let browser: Browser;
	const access = {
		user: 'keeper',
		password: 'test-password',
		readUser: 'reader',
		readPassword: 'reading-password',
	};

	beforeAll(async () => {
		const workflow = bundledWorkflow('tracking-api.json');
		n8n = await startInstance({
			workflows: [workflow, bundledWorkflow('email-open-tracking.json')],
			env: { GENERIC_TIMEZONE: 'Europe/Berlin' },
			beforePublishing: async (rest) => await secureTrackingApi(rest, access),
		});
		await eventually(async () => (await fetch(url('/dashboard'))).status === 401);
		browser = await launchBrowser();
	}, 240_000);
	afterAll(async () => {
		await browser?.close();
		await n8n?.stop();
	}, 60_000);

	const url = (path: string) => `${n8n.url}/webhook/opens${path}`;
	const openPage = async (options: object = {}) => {
		const context = await browser.newContext({
			httpCredentials: { username: access.user, password: access.password },
			viewport: WIDE,
			...options,
		});
		return await context.newPage();
	};
	const store = async () =>
		await openEmbeddedStore({
			folder: join(n8n.folder, '.n8n', 'email-open-tracking'),
			queueMode: false,
		});
	const axeFindings = async (page: Page) => {
		await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))");
		await page.evaluate(axeSource);
		const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${AXE_OPTIONS})`);
		return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
	};


	it('shots', async () => {
		const light = await openPage();
		const dark = await openPage({ colorScheme: 'dark' });
		const phone = await openPage({ viewport: PHONE, colorScheme: 'light' });
		const shoot = async (label: string, paths: Record<string, string>) => {
			for (const [name, path] of Object.entries(paths)) {
				for (const [kind, page] of Object.entries({ light, dark, phone })) {
					const answer = await page.goto(url(path));
					if (answer?.status() !== 200) console.log(label, name, answer?.status());
					await page.screenshot({ path: `/tmp/d-shots/${label}-${name}-${kind}.png`, fullPage: true });
					if (kind === 'light') writeFileSync(`/tmp/d-shots/${label}-${name}.txt`, await page.locator('body').innerText());
				}
			}
		};
		await shoot('empty', { dashboard: '/dashboard', campaigns: '/campaigns', opens: '/opens', recipients: '/recipients', pixels: '/pixels', search: '/search?q=ada' });
		const s = await store();
		await makeSampleCampaign(s, new Date());
		const { rows } = await s.searchCampaigns({ limit: 10 });
		const ids = rows.map(({ campaignId }) => encodeURIComponent(campaignId));
		const { pixels } = await s.listPixels({ limit: 3 });
		const { rows: people } = await s.searchRecipients({ limit: 3 });
		await s.close();
		await shoot('sample', {
			dashboard: '/dashboard', campaigns: '/campaigns', campaign: `/campaign?id=${ids[0]}`,
			compare: `/compare?${ids.slice(0, 3).map((id) => `id=${id}`).join('&')}`,
			person: `/person?id=${encodeURIComponent(people[0].recipientId)}`, opens: '/opens', recipients: '/recipients?q=reader1',
			pixels: '/pixels', log: `/logs/${pixels[0].id}`, search: '/search?q=reader',
		});
	}, 300_000);
});
