import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { secureTrackingApi } from '../../../scripts/lib/tracking-api-access';
import { keepPicture, launchBrowser, PERSONS_BROWSER } from '../../support/browser';
import { openEditor } from '../../support/editor';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
} from '../../support/n8n-instance';

const ROOT = join(__dirname, '..', '..', '..');
const TEMPLATE = join(ROOT, 'workflows', 'email-open-tracking.json');
const ACCESS = { user: 'marketer', password: 'test-password' };
/** How much wider the search field is than what stands in it; padding and the cross take 40. */
const ROOM_BESIDE_PLACEHOLDER = `(() => {
	const field = document.querySelector('input[type=search]');
	const pen = document.createElement('canvas').getContext('2d');
	pen.font = getComputedStyle(field).font;
	return field.clientWidth - 40 - pen.measureText(field.placeholder).width;
})()`;

describe('a marketer with the template', () => {
	let n8n: N8nInstance;
	let browser: Browser;

	beforeAll(async () => {
		[n8n, browser] = await Promise.all([
			startInstance({
				workflows: [bundledWorkflow('tracking-api.json')],
				beforePublishing: async (rest) => await secureTrackingApi(rest, ACCESS),
			}),
			launchBrowser(),
		]);
	}, 240_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), browser?.close()]);
	}, 60_000);

	it('imports it, publishes, loads the address in the panel, and sees the open on the dashboard', async () => {
		// The clicks that README.md names are those that the import takes.
		expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('(⋯ → Import → From file)');
		const editor = await openEditor(browser, n8n, 'new');
		await editor.importFile(TEMPLATE);
		await keepPicture(editor.page, 'marketer-imported');
		await editor.publish();
		const panel = await editor.openPanel('Email Open Trigger');
		const address = await panel.productionUrl();
		await keepPicture(editor.page, 'marketer-address');
		expect(address).toBe(`${n8n.url}/webhook/email-open/pixel.png?id=42`);
		await panel.close();

		const person = await browser.newContext({
			userAgent: PERSONS_BROWSER,
			httpCredentials: { username: ACCESS.user, password: ACCESS.password },
		});
		const page = await person.newPage();
		// n8n says that it has published a moment before it answers.
		const image = await eventually(async () => {
			const answer = await page.goto(address);
			return answer?.ok() ? answer : false;
		}, 60_000);
		expect(image.headers()['content-type']).toBe('image/png');

		await page.goto(`${n8n.url}/webhook/opens/dashboard`);
		const reader = page.getByRole('link', { name: '42', exact: true });
		await eventually(async () => {
			if ((await reader.count()) > 0) return true;
			await page.getByRole('link', { name: 'Refresh' }).click();
			return false;
		});
		await keepPicture(page, 'marketer-dashboard');
		expect(await page.evaluate<number>(ROOM_BESIDE_PLACEHOLDER)).toBeGreaterThan(0);
		await reader.first().click();
		expect(await page.locator('h1').innerText()).toBe('42');
		await keepPicture(page, 'marketer-person');
		expect(n8n.rows('select recipient_id, actor from opens')).toEqual([
			{ recipient_id: '42', actor: 'human' },
		]);
		await Promise.all([person.close(), editor.context.close()]);
	}, 180_000);
});
