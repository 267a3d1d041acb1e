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
import { sampleOpen } from '../support/sample-opens';
import { fillSampleStore } from '../support/sample-store';

const AXE_OPTIONS = JSON.stringify({
	runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
});
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 800 };

describe('the answers on the pages of a real n8n', () => {
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

	it('begin with three steps and an address that leaves the first open', async () => {
		const page = await openPage({ bypassCSP: true });
		await page.goto(url('/dashboard'));
		expect(await axeFindings(page)).toEqual([]);
		await page.getByRole('heading', { name: 'Three steps to the first open' }).waitFor();
		const tried = await page.getByLabel('Pixel URL').first().innerText();
		expect(tried).toMatch(/\?id=42$/);
		expect((await fetch(tried)).status).toBe(200);
		await eventually(async () => {
			await page.getByRole('link', { name: 'Refresh' }).click();
			return (await page.getByRole('link', { name: '42', exact: true }).count()) > 0;
		});
		await page.context().close();
	});

	describe('of a marketer, each in at most two clicks from the dashboard', () => {
		let page: Page;
		let clicks: number;
		const click = async (role: 'link' | 'button', name: string | RegExp) => {
			clicks += 1;
			await page
				.getByRole(role, { name, exact: typeof name === 'string' })
				.first()
				.click();
		};
		const select = async (label: string, value: string) =>
			await page.getByLabel(label).first().selectOption(value);
		const text = async (selector: string) => await page.locator(selector).innerText();
		const section = (heading: string) => `section:has(> .head h2:text-matches("^${heading}"))`;

		beforeAll(async () => {
			const open = await store();
			await fillSampleStore(open, new Date());
			await open.recordOpens([
				sampleOpen({ recipientId: 'frida', campaignId: 'newsletter', at: Date.now() - 1_000 }),
			]);
			await open.close();
		}, 60_000);
		beforeEach(async () => {
			page = await openPage();
			await page.goto(url('/dashboard'));
			clicks = 0;
		});
		afterEach(async () => {
			expect(clicks).toBeLessThanOrEqual(2);
			await page.context().close();
		});

		it('who opened campaign X?', async () => {
			await click('link', 'newsletter');
			await click('link', 'Opened');
			expect(await text(section('Who opened'))).toMatch(/person\d+@example\.com\s+Opened/);
			expect(await text(section('Who opened'))).not.toContain('Not opened\t');
		});

		it('who has not?', async () => {
			await click('link', 'newsletter');
			await click('link', 'Not opened');
			expect(await text(section('Who opened'))).toMatch(/person\d+@example\.com\s+Not opened/);
		});

		it('how does it compare with another one?', async () => {
			await click('link', 'newsletter');
			await select('Compare with', 'workshop');
			await click('button', 'Compare');
			expect(await text('main')).toMatch(/newsletter[^]*workshop/);
			expect(await text('header.top')).toContain('Each at the age of');
		});

		it('what did one recipient do?', async () => {
			await page.getByRole('searchbox').fill('frida');
			await click('button', 'Search');
			await click('link', 'frida');
			expect(await text('h1')).toBe('frida');
			expect(await text(section('Messages'))).toContain('newsletter');
		});

		it('what happened from one day to another?', async () => {
			const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
			await page.getByLabel('From').fill(day);
			await page.getByLabel('to', { exact: true }).fill(day);
			await click('button', 'Show');
			await page.getByRole('heading', { name: /^Opens on \d+ \w+ \d{4}/ }).waitFor();
		});

		it('may I have that as a file?', async () => {
			await click('link', 'newsletter');
			const waiting = page.waitForEvent('download');
			await click('link', 'Download as CSV');
			const file = await (await waiting).path();
			expect(readFileSync(file, 'utf8')).toMatch(/^Recipient ID,Email,[^]*person1@example\.com/);
		});

		it('when is the best time to send?', async () => {
			expect(await text(section('Hours at which'))).toMatch(
				/Most of \d+ opens: \d+:00[^]*Most on \w+day/,
			);
		});

		it('with which programs and devices do they read?', async () => {
			await click('link', 'newsletter');
			expect(await text(section('Programs and devices'))).toMatch(/Apple Mail · iOS · phone/);
		});

		it('how do mailbox providers differ?', async () => {
			await click('link', 'newsletter');
			expect(await text(section('Mailbox providers'))).toMatch(/example\.com\s+240/);
		});

		it('how sure is the rate, and how much of it was machines?', async () => {
			await click('link', 'newsletter');
			expect(await text(section('Open rate'))).toMatch(
				/\d+ % of the \d+ readers who can be seen; \d+ use an address that hides it/,
			);
			expect(await text(section('Machine loads by reason'))).toContain(
				'The user agent names an email security product',
			);
		});
	});

	it('keep the place of the keyboard while live figures come anew', async () => {
		const page = await openPage();
		await page.goto(url('/dashboard'));
		await page.getByRole('link', { name: 'Show live figures' }).click();
		const link = page.getByRole('link', { name: 'All campaigns' });
		await link.focus();
		const place = await page.evaluate('window.scrollY');
		const live = () => page.frames().find((one) => one.url().includes('/dashboard/live'));
		// On a busy machine the frame is there before its address is.
		await eventually(async () => live() !== undefined);
		const frame = live()!;
		const asOf = async () => await frame.locator('time').first().innerText();
		const before = await asOf();
		await eventually(async () => (await asOf()) !== before, 45_000);
		expect(await page.evaluate('document.activeElement?.textContent')).toBe('All campaigns');
		expect(await page.evaluate('window.scrollY')).toBe(place);
		await page.context().close();
	}, 90_000);

	const LOOKS = [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { viewport: PHONE }];
	/** Looks at pages in each way; with the log of the first pixel that `logOf` leads to. */
	const expectFitAndAccessible = async (kind: string, paths: string[], logOf: string) => {
		for (const options of LOOKS) {
			const page = await openPage({ ...options, bypassCSP: true });
			const expectGood = async (path: string) => {
				const name = `${kind}-${JSON.stringify(options)}-${path}`.replace(/\W+/g, '-');
				if (process.env.SCREENSHOTS) {
					await page.screenshot({
						path: join(process.env.SCREENSHOTS, `${name}.png`),
						fullPage: true,
					});
				}
				const beyond =
					'document.documentElement.scrollWidth - document.documentElement.clientWidth';
				expect([path, await page.evaluate(beyond)]).toEqual([path, 0]);
				expect([path, await axeFindings(page)]).toEqual([path, []]);
			};
			for (const path of paths) {
				await page.goto(url(path));
				await expectGood(path);
			}
			await page.goto(url(logOf));
			await page.locator('a[href^="logs/"]').first().click();
			await expectGood('log');
			const clicks = page.getByRole('link', { name: 'Clicks', exact: true });
			if (kind === 'clicks') {
				await clicks.click();
				await expectGood('log-clicks');
			} else {
				expect(await clicks.count()).toBe(0);
			}
			await page.context().close();
		}
	};

	it('have nothing on any page that axe finds, and nothing wider than a phone', async () => {
		await expectFitAndAccessible(
			'pages',
			[
				'/dashboard?live=on',
				'/dashboard?new',
				'/campaigns',
				'/campaign?id=newsletter',
				'/compare?id=newsletter&id=workshop&id=spring-launch',
				'/pixels',
				'/recipients',
				'/opens?range=all',
				'/search?q=spring',
				'/person?id=r-1&erase=',
				'/person?id=nobody',
			],
			'/dashboard',
		);
	}, 180_000);

	describe('where links are tracked', () => {
		beforeAll(async () => {
			const open = await store();
			await fillSampleStore(open, new Date(), { clicks: true });
			await open.close();
		}, 60_000);

		it('which links were followed, by whom, and how often by machines?', async () => {
			const page = await openPage();
			await page.goto(url('/dashboard'));
			await page.getByRole('link', { name: 'newsletter', exact: true }).first().click();
			const clicks = page.locator('section:has(> .head #clicks)');
			const words = await clicks.innerText();
			expect(words).toMatch(/\d+ of 480 recipients clicked \([\d.]+ %\)/);
			expect(words).toMatch(/Boots\s+link 1\s+https:\/\/shop\.example\/spring\/boots\s+\d+\s+\d+/);
			expect(words).toContain('Security scanner: Three or more links of one email');
			const waiting = page.waitForEvent('download');
			await page.getByRole('link', { name: 'Links as CSV' }).click();
			const file = readFileSync(await (await waiting).path(), 'utf8');
			expect(file).toMatch(/^position,label,site,page,people,clicks,machineClicks/);
			expect(file).toMatch(/\n1,Boots,https:\/\/shop\.example\/,/);
			await page.getByRole('link', { name: 'Clicked', exact: true }).click();
			const people = await page.locator('section:has(> .head #people)').innerText();
			expect(people).toMatch(/person\d+@example\.com\s+Newsletter \d+\s+(Opened|Clicked)/);
			await page.context().close();
		});

		it('have nothing that axe finds, and nothing wider than a phone', async () => {
			await expectFitAndAccessible(
				'clicks',
				[
					'/dashboard?live=on',
					'/campaigns?sort=clicked',
					'/campaign?id=newsletter',
					'/campaign?id=newsletter&show=notClicked',
					'/compare?id=newsletter&id=workshop&id=spring-launch',
					'/pixels',
					'/recipients',
					'/opens?range=all',
					'/person?id=r-1',
				],
				'/pixels',
			);
		}, 180_000);
	});

	it('let an officer export, withdraw and erase, and a reader nothing of it', async () => {
		const reader = await openPage({
			httpCredentials: { username: access.readUser, password: access.readPassword },
		});
		await reader.goto(url('/person?id=frida'));
		await reader.getByRole('button', { name: 'Record a withdrawal' }).click();
		await reader.getByText('Your sign-in is for reading').waitFor();
		await reader.context().close();

		const page = await openPage();
		await page.goto(url('/person?id=frida'));
		await page.getByLabel('Controller').fill('Example Ltd');
		await page.getByLabel('Contact').fill('privacy@example.com');
		const waiting = page.waitForEvent('download');
		await page.getByRole('button', { name: 'Download all data' }).click();
		const exported = JSON.parse(readFileSync(await (await waiting).path(), 'utf8')) as object;
		expect(exported).toMatchObject({
			schema: 'subject-export/1',
			subject: { recipientId: 'frida' },
			found: true,
			controller: { name: 'Example Ltd' },
			opens: [{ recipientId: 'frida' }],
		});
		await page.getByRole('button', { name: 'Record a withdrawal' }).click();
		await page.getByText('The withdrawal is recorded').waitFor();
		await page.getByText('This person said no to').waitFor();
		await page.getByRole('link', { name: 'Erase …' }).click();
		await page.getByRole('button', { name: 'Erase for good' }).click();
		await page.getByRole('heading', { name: 'The person was erased' }).waitFor();
		await page.goto(url('/person?id=frida'));
		await page.getByRole('heading', { name: 'Person not found' }).waitFor();
		await page.context().close();
	});
});
