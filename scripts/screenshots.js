/** Takes the pictures of README and docs from a running demo: `npm run screenshots`. */
const { existsSync, mkdirSync, readFileSync } = require('node:fs');
const { homedir } = require('node:os');
const { join } = require('node:path');

const { readOptions } = require('./lib/arguments');
const { launchBrowser } = require('./lib/browser');
const { projectFolder } = require('./lib/paths');
const { PlainError, runMain, say } = require('./lib/run');

const USAGE = `Usage: npm run screenshots [-- --url <address>] [--data <folder>]

Takes the pictures of README and docs from a demo that runs.

  --url <address>   where the demo answers (default http://127.0.0.1:5678)
  --data <folder>   where it keeps its data (default ~/.n8n-email-open-tracking-demo)
  --help            this text`;

const PICTURES = join(projectFolder, 'docs', 'images');

async function keep(page, name) {
	const path = join(PICTURES, `${name}.png`);
	await page.screenshot({ path });
	say(`Wrote ${path}`);
}

/** A browser that is signed in to n8n's editor. */
async function signedIn(browser, url, login) {
	const context = await browser.newContext({ viewport: { width: 1600, height: 900 } });
	const signIn = await context.request
		.post(`${url}/rest/login`, {
			data: { emailOrLdapLoginId: login.email, password: login.password },
		})
		.catch(() => null);
	if (signIn === null) throw new PlainError(`Nothing answers at ${url}`);
	if (!signIn.ok()) throw new PlainError(`n8n refused the sign-in (${signIn.status()})`);
	return context;
}

/** Opens a workflow in the editor, as large as it fits. */
async function openWorkflow(page, url, id) {
	await page.goto(`${url}/workflow/${id}`);
	await page.locator('[data-test-id=canvas-node]').first().waitFor();
	// n8n greets a newly published workflow with a checklist that hides the canvas.
	await page
		.locator('[data-test-id=suggested-actions-close]')
		.click({ timeout: 5000 })
		.catch(() => undefined);
	await page.keyboard.press('Escape');
	await page.keyboard.press('1');
	await page.waitForTimeout(1500);
}

/** Opens the panel of a node; gives its form. */
async function openPanel(page, node) {
	await page.locator(`[data-test-id=canvas-node][data-node-name="${node}"]`).dblclick();
	const form = page.locator('[data-test-id=ndv] [data-test-id=node-parameters]');
	await form.waitFor();
	return form;
}

async function takeEditor(browser, url, login) {
	const context = await signedIn(browser, url, login);
	const page = await context.newPage();
	await openWorkflow(page, url, 'email-open-tracking');
	await keep(page, 'canvas');
	await page.setViewportSize({ width: 1280, height: 800 });
	const trigger = await openPanel(page, 'Email Open Trigger');
	await trigger.getByText('Webhook URLs').click();
	await trigger.getByRole('radio', { name: 'Production URL' }).click();
	await page.waitForTimeout(1000);
	await keep(page, 'trigger-panel');
	await openWorkflow(page, url, 'analytics-sinks');
	const sink = await openPanel(page, 'Send to the Destination');
	await sink.locator('[data-test-id=parameter-input-operation]').waitFor();
	await page.waitForTimeout(1000);
	await keep(page, 'sink-panel');
	await context.close();
}

async function takePages(browser, url, login) {
	const { user, password } = login.dashboard;
	const open = async (path, options) => {
		const context = await browser.newContext({
			httpCredentials: { username: user, password },
			viewport: { width: 1280, height: 1500 },
			...options,
		});
		const page = await context.newPage();
		const answer = await page.goto(`${url}/webhook/opens/${path}`);
		if (!answer.ok()) throw new PlainError(`${answer.url()} answered ${answer.status()}`);
		return page;
	};
	const take = async (name, path, options) => {
		const page = await open(path, options);
		await keep(page, name);
		await page.context().close();
	};
	await take('dashboard-light', 'dashboard', { colorScheme: 'light' });
	await take('dashboard-dark', 'dashboard', { colorScheme: 'dark' });
	await take('dashboard-phone', 'dashboard', { viewport: { width: 390, height: 1500 } });
	await take('campaign', 'campaign?id=sample-news');
	await take('person', 'person?id=reader-1');
	const page = await open('dashboard');
	await page.locator('a[href^="logs/"]').first().click();
	await page.waitForLoadState();
	await keep(page, 'logs');
	await page.context().close();
}

runMain(async () => {
	const values = readOptions(USAGE, {
		url: { type: 'string', default: 'http://127.0.0.1:5678' },
		data: { type: 'string', default: join(homedir(), '.n8n-email-open-tracking-demo') },
	});
	const loginFile = join(values.data, 'login.json');
	if (!existsSync(loginFile)) {
		throw new PlainError(`There is no demo in ${values.data}. Start one with npm run demo.`);
	}
	const login = JSON.parse(readFileSync(loginFile, 'utf8'));
	mkdirSync(PICTURES, { recursive: true });
	const browser = await launchBrowser();
	try {
		await takeEditor(browser, values.url, login);
		await takePages(browser, values.url, login);
	} finally {
		await browser.close();
	}
});
