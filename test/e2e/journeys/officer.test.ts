import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Browser, BrowserContext } from 'playwright-core';

import { secureTrackingApi } from '../../../scripts/lib/tracking-api-access';
import { keepPicture, launchBrowser, MAIL_PROGRAM } from '../../support/browser';
import { openEditor, type Editor } from '../../support/editor';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	untilLive,
	type N8nInstance,
	type WorkflowJson,
} from '../../support/n8n-instance';

const STRICT = join(
	__dirname,
	'..',
	'..',
	'..',
	'workflows',
	'email-open-tracking-consent-required.json',
);
const ACCESS = { user: 'officer', password: 'test-password' };
const READER = 'reader-7';

/** What an officer makes with two clicks: a button, and the node that answers questions. */
const ASKING: WorkflowJson = {
	id: 'asking',
	name: 'Asking',
	nodes: [
		{
			id: 'start',
			name: 'Start',
			type: 'n8n-nodes-base.manualTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
		},
		{
			id: 'ask',
			name: 'Open Tracking',
			type: 'n8n-nodes-email-open-tracking.openTracking',
			typeVersion: 1,
			position: [260, 0],
			parameters: {},
		},
	],
	connections: { Start: { main: [[{ node: 'Open Tracking', type: 'main', index: 0 }]] } },
	settings: { executionOrder: 'v1' },
};

describe('a privacy officer', () => {
	let n8n: N8nInstance;
	let browser: Browser;
	let editor: Editor;
	/** The dashboard and its pages, signed in at the level that may change */
	let pages: BrowserContext;

	beforeAll(async () => {
		[n8n, browser] = await Promise.all([
			startInstance({
				workflows: [
					bundledWorkflow('email-open-tracking.json'),
					bundledWorkflow('tracking-api.json'),
					bundledWorkflow('consent-and-privacy.json'),
				],
				beforePublishing: async (rest) => await secureTrackingApi(rest, ACCESS),
			}),
			launchBrowser(),
		]);
		pages = await browser.newContext({
			httpCredentials: { username: ACCESS.user, password: ACCESS.password },
		});
	}, 240_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), browser?.close()]);
	}, 60_000);

	const pixel = (id: string) => `${n8n.url}/webhook/email-open/pixel.png?id=${id}`;
	const load = async (id: string) => {
		const answer = await fetch(pixel(id), { headers: { 'user-agent': MAIL_PROGRAM } });
		expect(answer.headers.get('content-type')).toBe('image/png');
	};
	const opensOf = (id: string) =>
		n8n.rows(`select consent_status, consent_policy from opens where recipient_id = '${id}'`);

	it('replaces the open workflow by the strict one', async () => {
		await eventually(async () => (await fetch(pixel('x'), { method: 'HEAD' })).ok, 60_000);
		await load('before-strict');
		await eventually(() => opensOf('before-strict').length === 1);

		editor = await openEditor(browser, n8n, 'email-open-tracking');
		await editor.unpublish();
		await editor.context.close();
		editor = await openEditor(browser, n8n, 'new');
		await editor.importFile(STRICT);
		await editor.publish();
		await keepPicture(editor.page, 'officer-strict');
		const [, id] = /workflow\/([^/?]+)/.exec(editor.page.url())!;
		await untilLive(n8n.rest, id);
		await editor.context.close();
		await eventually(async () => (await fetch(pixel('x'), { method: 'HEAD' })).ok, 60_000);
	}, 180_000);

	it('asks a reader, whose opens count from the yes on', async () => {
		await load(READER);
		const { id } = await n8n.rest('POST', '/workflows', ASKING);
		editor = await openEditor(browser, n8n, String(id));
		const panel = await editor.openPanel('Open Tracking');
		await panel.choose('resource', 'Consent');
		await panel.choose('operation', 'Get Link');
		await panel.type('personId', READER);
		await panel.execute('consentUrl');
		const link = editor.page.getByTestId('output-panel').getByText('/webhook/email-open/privacy?');
		const address = (await link.first().innerText()).trim();
		await keepPicture(editor.page, 'officer-link');

		const page = await browser.newPage();
		await page.goto(address);
		await page.getByRole('radio', { name: /^Yes/ }).first().check();
		await keepPicture(page, 'officer-consent-page');
		await page.getByRole('button', { name: 'Save' }).click();
		await page.getByRole('status').waitFor();
		await page.close();

		await load(READER);
		await eventually(() => opensOf(READER).length > 0);
		// The load before the answer is nowhere.
		expect(opensOf(READER)).toEqual([{ consent_status: 'given', consent_policy: 'eu-2026.1' }]);
	}, 120_000);

	it('withdraws for the reader, hands out a copy, and erases', async () => {
		const page = await pages.newPage();
		await page.goto(`${n8n.url}/webhook/opens/dashboard`);
		await page.getByRole('searchbox').fill(READER);
		await page.getByRole('button', { name: 'Search' }).click();
		await page.getByRole('link', { name: READER }).first().click();
		await keepPicture(page, 'officer-person');
		await page.getByRole('button', { name: 'Record a withdrawal' }).click();
		await page.getByText('The withdrawal is recorded').waitFor();
		await load(READER);
		await load('before-strict');

		const download = page.waitForEvent('download');
		await page.getByLabel('Controller').fill('Example Ltd');
		await page.getByLabel('Contact').fill('privacy@example.com');
		await page.getByRole('button', { name: 'Download all data' }).click();
		const copy = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as {
			opens: unknown[];
		};
		expect(copy).toMatchObject({
			schema: 'subject-export/1',
			subject: { recipientId: READER },
			controller: { name: 'Example Ltd' },
		});
		// The load after the withdrawal is not in it.
		expect(copy.opens).toHaveLength(1);

		await page.getByRole('link', { name: 'Erase …' }).click();
		await keepPicture(page, 'officer-erase');
		await page.getByRole('button', { name: 'Erase for good' }).click();
		await page.getByRole('heading', { name: 'The person was erased' }).waitFor();
		await keepPicture(page, 'officer-erased');
		expect(opensOf(READER)).toEqual([]);
		await load(READER);
		expect(n8n.rows('select recipient_id from opens')).toEqual([{ recipient_id: 'before-strict' }]);
		await page.close();
	}, 120_000);

	it('reads in the privacy report what is set and what was done', async () => {
		const panel = await editor.openPanel('Open Tracking');
		await panel.choose('resource', 'Report');
		await panel.choose('operation', 'Get Privacy Report');
		await panel.type('controllerName', 'Example Ltd');
		await panel.type('controllerContact', 'privacy@example.com');
		await panel.execute('privacy-report');
		await keepPicture(editor.page, 'officer-report-output');
		const download = editor.page.waitForEvent('download');
		const output = editor.page.getByTestId('output-panel');
		await output.getByRole('button', { name: 'Download' }).click();
		const file = join(n8n.folder, 'privacy-report.html');
		await (await download).saveAs(file);
		const report = await browser.newPage();
		await report.goto(pathToFileURL(file).href);
		await keepPicture(report, 'officer-report');
		const section = async (id: string) =>
			await report.locator(`section[aria-labelledby=${id}]`).innerText();
		expect(await section('trackers')).toContain(
			'Record email opens of people who consented: Email Open Trigger',
		);
		expect(await section('counts')).toMatch(/Names of erased people\s+[1-9]/);
		await report.close();
		await editor.context.close();
	}, 120_000);
});
