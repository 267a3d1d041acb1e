import type { Browser, BrowserContext, Page } from 'playwright-core';

import { launchBrowser, MAIL_PROGRAM } from '../support/browser';
import {
	eventually,
	startInstance,
	trackingApiForEverybody,
	trackingApiTrigger,
	type N8nInstance,
} from '../support/n8n-instance';

const PUBLIC_URL = 'https://mail.example.com';
/** What all routes are below, in place of `opens`: docs/http-api.md says how it is changed. */
const BASE = 'my-emails';

describe('a person who tracks emails of their own, with mode Full and a tunnel', () => {
	let n8n: N8nInstance;
	let browser: Browser;
	let context: BrowserContext;
	let page: Page;

	beforeAll(async () => {
		const workflow = trackingApiForEverybody();
		const trigger = trackingApiTrigger(workflow);
		trigger.webhookId = BASE;
		trigger.parameters = {
			...trigger.parameters,
			trackingMode: 'full',
			options: { ip: 'keep', keep: ['userAgent'] },
		};
		n8n = await startInstance({
			workflows: [workflow],
			env: { WEBHOOK_URL: `${PUBLIC_URL}/`, N8N_PROXY_HOPS: '1' },
		});
		await eventually(async () => (await fetch(url('/dashboard'))).status === 200);
		browser = await launchBrowser();
		context = await browser.newContext();
		page = await context.newPage();
	}, 180_000);
	afterAll(async () => {
		await browser?.close();
		await n8n?.stop();
	}, 60_000);

	const url = (path: string) => `${n8n.url}/webhook/${BASE}${path}`;
	/** A load through the tunnel, which says whose it is. */
	const load = async (link: string) => {
		expect(link).toContain(`${PUBLIC_URL}/webhook/${BASE}/tracker/`);
		const image = await fetch(link.replace(PUBLIC_URL, n8n.url), {
			headers: { 'user-agent': MAIL_PROGRAM, 'x-forwarded-for': '198.51.100.9, 192.0.2.7' },
		});
		expect(image.status).toBe(200);
	};
	const makePixel = async (name: string, mode: RegExp) => {
		await page.goto(url('/dashboard'));
		await page.getByRole('link', { name: 'New pixel' }).click();
		await page.getByRole('textbox', { name: 'Name' }).fill(name);
		const modes = page.getByLabel('Tracking mode');
		const option = modes.locator('option', { hasText: mode });
		await modes.selectOption(await option.innerText());
		await page.getByRole('button', { name: 'Create pixel' }).click();
		return await page.getByLabel('Tracking link').innerText();
	};
	const openLog = async (name: string) => {
		await page.goto(url('/dashboard'));
		await page.getByRole('link', { name }).first().click();
		await page.getByRole('heading', { name: /^Loads .*, newest first$/ }).waitFor();
	};

	it('sees time, IP address, user agent and the reader that the link names', async () => {
		const link = await makePixel('Offer to John', /^As this tracker is set \(Full\)/);
		expect(link).toMatch(/\/tracker\/[0-9a-f-]{36}\.png$/);
		await load(`${link}?user=john@example.com`);
		await load(link);
		await openLog('Offer to John');
		const headers = await page.locator('th').allInnerTexts();
		expect(headers).toEqual(expect.arrayContaining(['Time', 'IP address', 'User agent']));
		const rows = await page.locator('tbody tr').allInnerTexts();
		expect(rows).toHaveLength(2);
		for (const row of rows) {
			expect(row).toContain('192.0.2.7');
			expect(row).toContain(MAIL_PROGRAM);
			expect(row).toMatch(/\d\d:\d\d:\d\d/);
		}
		expect(rows.filter((row) => row.includes('john@example.com'))).toHaveLength(1);
	});

	it('keeps less of a pixel that was made with a lower mode', async () => {
		await load(await makePixel('Only identified', /^Identified/));
		await openLog('Only identified');
		expect(await page.locator('th').allInnerTexts()).not.toContain('IP address');
		expect(await page.locator('tbody tr').count()).toBe(1);
		const link = await makePixel('Only counted', /^Aggregate/);
		await load(`${link}?user=john@example.com`);
		await openLog('Only counted');
		expect(await page.locator('tbody tr').count()).toBe(0);
		expect(await page.locator('.facts dd').first().innerText()).toBe('1');
	});

	it('is told on a page what was wrong with a form, and sends it again from there', async () => {
		await page.goto(url('/dashboard?new'));
		await page.getByRole('textbox', { name: 'Name' }).fill('Long campaign');
		await page.getByLabel('Campaign (optional)').fill('ä'.repeat(63));
		await page.getByRole('button', { name: 'Create pixel' }).click();
		await page.getByRole('heading', { name: 'The pixel was not made' }).waitFor();
		expect(await page.getByText(/campaignId takes 127 bytes/).count()).toBe(1);
		expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('Long campaign');
		await page.getByLabel('Campaign (optional)').fill('spring');
		await page.getByRole('button', { name: 'Create pixel' }).click();
		await page.getByLabel('Tracking link').waitFor();
		expect(n8n.rows(`select campaign_id from pixels where name = 'Long campaign'`)).toEqual([
			{ campaign_id: 'spring' },
		]);
	});

	it('deletes a pixel on its log page, after being asked once more', async () => {
		const link = await makePixel('To be deleted', /^Full/);
		await load(link);
		await openLog('To be deleted');
		await page.getByRole('link', { name: 'Delete this pixel' }).click();
		await page.getByRole('link', { name: 'Keep it' }).click();
		await page.getByRole('link', { name: 'Delete this pixel' }).click();
		await page.getByText('its log (opens: 1, machine loads: 0)').waitFor();
		await page.getByRole('button', { name: 'Delete for good' }).click();
		await page.getByText('The pixel was deleted').waitFor();
		expect(new URL(page.url()).pathname).toBe(`/webhook/${BASE}/dashboard`);
		expect(n8n.rows(`select id from pixels where name = 'To be deleted'`)).toEqual([]);
		const id = /tracker\/(.+)\.png/.exec(link)![1];
		expect(n8n.rows(`select event_id from opens where pixel_id = '${id}'`)).toEqual([]);
		expect((await page.goto(url(`/logs/${id}`)))?.status()).toBe(404);
		await page.getByRole('heading', { name: 'Pixel not found' }).waitFor();
		await load(link);
	});

	it('is not shown inside a page of somebody else', async () => {
		for (const path of ['/dashboard', '/logs/nobody']) {
			expect((await fetch(url(path))).headers.get('x-frame-options')).toBe('DENY');
		}
	});
});
