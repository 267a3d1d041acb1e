import { join } from 'node:path';

import type { Page } from 'playwright-core';

export { launchBrowser } from '../../scripts/lib/browser';

/** A current Thunderbird: what a person's email client says of itself. */
export const MAIL_PROGRAM =
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0';

/** A current Chrome: what the browser of a person says of itself, and a headless one does not. */
export const PERSONS_BROWSER =
	'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

/** Keeps what is on screen, where `SCREENSHOTS` names a folder for it. */
export async function keepPicture(page: Page, name: string): Promise<void> {
	const folder = process.env.SCREENSHOTS;
	if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}
