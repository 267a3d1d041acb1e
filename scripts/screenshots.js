/** Takes the pictures of the README from a running demo: `node scripts/screenshots.js --url … --data …`. */
const { existsSync, mkdirSync, readFileSync } = require('node:fs');
const { homedir } = require('node:os');
const { join } = require('node:path');

const { readOptions } = require('./lib/arguments');
const { launchBrowser } = require('./lib/browser');
const { projectFolder } = require('./lib/paths');
const { PlainError, runMain, say } = require('./lib/run');

const USAGE = `Usage: node scripts/screenshots.js [--url <address>] [--data <folder>]

Takes the pictures of the README from a demo that runs.

  --url <address>   where the demo answers (default http://127.0.0.1:5678)
  --data <folder>   where it keeps its data (default ~/.n8n-email-open-tracking-demo)
  --help            this text`;

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
	const browser = await launchBrowser();
	try {
		const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
		const signIn = await page.request
			.post(`${values.url}/rest/login`, {
				data: { emailOrLdapLoginId: login.email, password: login.password },
			})
			.catch(() => null);
		if (signIn === null) throw new PlainError(`Nothing answers at ${values.url}`);
		if (!signIn.ok()) throw new PlainError(`n8n refused the sign-in (${signIn.status()})`);
		const folder = join(projectFolder, 'docs', 'images');
		mkdirSync(folder, { recursive: true });
		await page.goto(`${values.url}/workflow/email-open-tracking`);
		await page.getByText('Respond and Log Open').first().waitFor();
		// n8n greets a newly published workflow with a checklist that hides the canvas.
		await page
			.getByTestId('suggested-actions-close')
			.click({ timeout: 5000 })
			.catch(() => undefined);
		await page.keyboard.press('Escape');
		await page.keyboard.press('1');
		await page.waitForTimeout(1500);
		await page.screenshot({ path: join(folder, 'canvas.png') });
		say(`Wrote ${join(folder, 'canvas.png')}`);
	} finally {
		await browser.close();
	}
});
