/** Takes the pictures of the README from a running demo: `node scripts/screenshots.js --url … --data …`. */
const { mkdirSync, readFileSync } = require('node:fs');
const { homedir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const { launchBrowser } = require('./lib/browser');
const { projectFolder } = require('./lib/paths');
const { runMain, say } = require('./lib/run');

runMain(async () => {
	const { values } = parseArgs({
		options: {
			url: { type: 'string', default: 'http://127.0.0.1:5678' },
			data: { type: 'string', default: join(homedir(), '.n8n-email-open-tracking-demo') },
		},
	});
	const login = JSON.parse(readFileSync(join(values.data, 'login.json'), 'utf8'));
	const browser = await launchBrowser();
	try {
		const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
		await page.request.post(`${values.url}/rest/login`, {
			data: { emailOrLdapLoginId: login.email, password: login.password },
		});
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
