const { existsSync } = require('node:fs');

const { aptInstall } = require('./apt');
const { PlainError, run } = require('./run');

/** Where the usual systems keep Chromium or Chrome. */
const KNOWN_PLACES = [
	'/usr/bin/chromium',
	'/usr/bin/chromium-browser',
	'/usr/bin/google-chrome',
	'/usr/bin/google-chrome-stable',
	'/snap/bin/chromium',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
	'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function findBrowser() {
	const { chromium } = require('playwright-core');
	const places = [process.env.CHROME_PATH, ...KNOWN_PLACES, chromium.executablePath()];
	return places.find((place) => place && existsSync(place));
}

/**
 * A Chromium for the tests that look at pages: `CHROME_PATH`, one that is installed, else
 * Playwright's own download, else Debian's package where this user may install it.
 * @returns {Promise<string>} the path of its program
 */
async function ensureBrowser() {
	const found = findBrowser();
	if (found) return found;
	const attempts = [
		{ command: 'npx', args: ['playwright-core', 'install', 'chromium-headless-shell', 'chromium'] },
		...aptInstall(['chromium', 'fonts-dejavu-core']),
	];
	const failures = [];
	for (const { command, args } of attempts) {
		try {
			await run(command, args, {
				quiet: true,
				label: `Installing a browser for the tests (${command})`,
			});
		} catch (error) {
			failures.push(error.message.split('\n')[0]);
		}
		const installed = findBrowser();
		if (installed) return installed;
	}
	throw new PlainError(
		`The end-to-end tests need Chromium or Chrome, and none could be installed (${failures.join('; ')}). Install one, or name it in CHROME_PATH.`,
	);
}

/**
 * Starts a headless browser that calls nobody by itself.
 * @returns {Promise<import('playwright-core').Browser>}
 */
async function launchBrowser() {
	const { chromium } = require('playwright-core');
	return await chromium.launch({
		executablePath: await ensureBrowser(),
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			'--no-first-run',
		],
	});
}

module.exports = { ensureBrowser, launchBrowser };
