import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { secureTrackingApi } from '../../../scripts/lib/tracking-api-access';
import { keepPicture, launchBrowser, PERSONS_BROWSER } from '../../support/browser';
import { openEditor } from '../../support/editor';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	untilLive,
	type N8nInstance,
} from '../../support/n8n-instance';
import { startSmtpServer, type TestSmtpServer } from '../../support/smtp-server';

const CAMPAIGN = join(__dirname, '..', '..', '..', 'workflows', 'send-tracked-campaign.json');
const ACCESS = { user: 'marketer', password: 'test-password' };

describe('somebody who sends a newsletter', () => {
	let n8n: N8nInstance;
	let browser: Browser;
	let smtp: TestSmtpServer;

	beforeAll(async () => {
		[n8n, browser, smtp] = await Promise.all([
			startInstance({
				workflows: [
					bundledWorkflow('tracking-api.json'),
					bundledWorkflow('consent-and-privacy.json'),
				],
				beforePublishing: async (rest) => await secureTrackingApi(rest, ACCESS),
			}),
			launchBrowser(),
			startSmtpServer(),
		]);
	}, 240_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), browser?.close(), smtp?.stop()]);
	}, 60_000);

	it('imports the campaign, chooses the mail server, publishes, sends, and sees who opened', async () => {
		const editor = await openEditor(browser, n8n, 'new');
		await editor.importFile(CAMPAIGN);
		await keepPicture(editor.page, 'newsletter-imported');
		const panel = await editor.openPanel('Send Email');
		await panel.connect('SMTP', { host: '127.0.0.1', port: String(smtp.port) }, [
			'secure',
			'disableStartTls',
		]);
		await keepPicture(editor.page, 'newsletter-mail-server');
		await panel.close();
		await editor.publish();
		const [, id] = /workflow\/([^/?]+)/.exec(editor.page.url())!;
		await untilLive(n8n.rest, id);

		// The note of the workflow: point at the trigger, and press the button beside it.
		await editor.run('Send the Campaign');
		await eventually(() => smtp.mails.length === 3, 60_000);
		await keepPicture(editor.page, 'newsletter-sent');
		expect(smtp.mails.map(({ subject }) => subject)).toEqual(Array(3).fill('Our spring launch'));
		const registered = () =>
			n8n.rows(`select sent from tallies where scope = 'campaign' and scope_id = 'spring-launch'`);
		await eventually(() => registered()[0]?.sent === 3, 60_000);

		const reader = await browser.newContext({ userAgent: PERSONS_BROWSER });
		const email = await reader.newPage();
		await email.setContent(String(smtp.mails[0].html), { waitUntil: 'networkidle' });
		await keepPicture(email, 'newsletter-email');
		await eventually(
			() =>
				n8n
					.rows('select actor from opens')
					.map(({ actor }) => actor)
					.join() === 'human',
		);

		const person = await browser.newContext({
			httpCredentials: { username: ACCESS.user, password: ACCESS.password },
		});
		const page = await person.newPage();
		await page.goto(`${n8n.url}/webhook/opens/dashboard`);
		await page.getByRole('link', { name: 'spring-launch', exact: true }).first().click();
		await page.getByRole('heading', { level: 1, name: 'spring-launch' }).waitFor();
		await keepPicture(page, 'newsletter-campaign');
		expect(await page.getByRole('link', { name: 'r-1001' }).count()).toBeGreaterThan(0);
		await Promise.all([reader.close(), person.close(), editor.context.close()]);
	}, 180_000);
});
