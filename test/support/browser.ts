import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

import { ensureBrowser } from '../../scripts/lib/browser';

/** A current Thunderbird: what a person's mail program says of itself. */
export const MAIL_PROGRAM =
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0';

/** A headless Chromium that calls nobody by itself. */
export async function launchBrowser(): Promise<Browser> {
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
