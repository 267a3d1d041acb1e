import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { MAIL_PROGRAM } from '../support/browser';
import {
	eventually,
	startInstance,
	trackingApiForEverybody,
	untilLive,
} from '../support/n8n-instance';

describe('the tracker APIs in a real n8n where something is wrong', () => {
	it('answer the image while the store is away, and write the open once it is back', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-away-'));
		const storeFolder = join(folder, '.n8n', 'email-open-tracking');
		const blocked = join(storeFolder, 'tracking.sqlite');
		// Published with a store that works, as n8n asks for; the store goes away after that.
		const before = await startInstance({ workflows: [trackingApiForEverybody()], folder });
		await untilLive(before.rest, 'tracking-api');
		await before.stop();
		// A folder where the file should be: SQLite cannot open that.
		for (const name of readdirSync(storeFolder)) {
			if (name.startsWith('tracking.sqlite')) rmSync(join(storeFolder, name));
		}
		mkdirSync(blocked);
		const n8n = await startInstance({ workflows: [], folder });
		try {
			const image = await eventually(async () => {
				const answer = await fetch(`${n8n.url}/webhook/opens/tracker/p-away.png`, {
					headers: { 'user-agent': MAIL_PROGRAM },
				});
				return answer.status === 404 ? null : answer;
			}, 60_000);
			expect(image.status).toBe(200);
			expect(Buffer.from(await image.arrayBuffer()).equals(PIXEL_PNG)).toBe(true);
			const reason = /The tracking store could not be made at .* \(EISDIR\)/;
			const refused = await fetch(`${n8n.url}/webhook/opens/api/dashboard`);
			expect(refused.status).toBe(503);
			expect(await refused.json()).toMatchObject({ error: expect.stringMatching(reason) });
			for (const path of ['dashboard', 'logs/p-away']) {
				const page = await fetch(`${n8n.url}/webhook/opens/${path}`);
				expect(page.status).toBe(503);
				expect(page.headers.get('content-type')).toMatch(/^text\/html/);
				expect(await page.text()).toMatch(reason);
			}
			expect(n8n.output()).toMatch(reason);
			rmdirSync(blocked);
			const status = await eventually(async () => {
				const answer = await fetch(`${n8n.url}/webhook/opens/api/pixel/check`, {
					method: 'POST',
					headers: { 'content-type': 'application/json' },
					body: JSON.stringify({ id: 'p-away' }),
				});
				const body = (await answer.json()) as { viewCount?: number };
				return body.viewCount !== undefined && body;
			}, 60_000);
			expect(status).toMatchObject({ opened: true, viewCount: 1 });
		} finally {
			await n8n.stop();
			rmSync(folder, { recursive: true, force: true });
		}
	}, 300_000);
});
