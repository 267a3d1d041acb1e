import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'csv-parse/sync';
import type { Browser, BrowserContext } from 'playwright-core';

import { makeSampleCampaign } from '../../scripts/lib/sample-campaign';
import { TrackingApiTrigger } from '../../nodes/TrackingApiTrigger/TrackingApiTrigger.node';
import { secureTrackingApi } from '../../scripts/lib/tracking-api-access';
import { createHostedTracker } from '../../src/api/hosted-tracker';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { keepPicture, launchBrowser, MAIL_PROGRAM } from '../support/browser';
import { imageFiles } from '../support/image-files';
import {
	allBytes,
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
} from '../support/n8n-instance';

const PIXEL_HEADERS = {
	'content-type': 'image/png',
	'content-length': '67',
	'cache-control': 'no-store, no-cache, must-revalidate, private, max-age=0',
	pragma: 'no-cache',
	expires: '0',
	'x-content-type-options': 'nosniff',
	'cross-origin-resource-policy': 'cross-origin',
	'referrer-policy': 'no-referrer',
	'x-robots-tag': 'noindex',
};

interface Created {
	id: string;
	imagePath: string;
	trackingUrl: string;
	logsUrl: string;
}

describe('the tracker APIs in a real n8n, with authentication on', () => {
	let n8n: N8nInstance;
	let browser: Browser;
	const access = {
		apiKey: 'test-key',
		readApiKey: 'reading-key',
		user: 'keeper',
		password: 'test-password',
		readUser: 'reader',
		readPassword: 'reading-password',
	};

	beforeAll(async () => {
		n8n = await startInstance({
			workflows: [bundledWorkflow('tracking-api.json')],
			env: { GENERIC_TIMEZONE: 'Europe/Berlin' },
			beforePublishing: async (rest) => await secureTrackingApi(rest, access),
		});
		await eventually(async () => (await fetch(url('/dashboard'))).status === 401);
		browser = await launchBrowser();
	}, 180_000);
	afterAll(async () => {
		await browser?.close();
		await n8n?.stop();
	}, 60_000);

	const url = (path: string) => `${n8n.url}/webhook/opens${path}`;
	const send = async (path: string, init: RequestInit = {}) =>
		await fetch(url(path), {
			...init,
			headers: { ...init.headers, 'x-api-key': access.apiKey },
		});
	const sendJson = async (path: string, body: unknown) =>
		await send(path, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
	const newPixel = async (body: object) => {
		const response = await sendJson('/api/v1/pixels', body);
		expect(response.status).toBe(201);
		return (await response.json()) as Created;
	};
	const pixelCount = () => n8n.rows('select count(*) as pixels from pixels');
	const load = async (trackingUrl: string, method = 'GET') =>
		await fetch(trackingUrl, { method, headers: { 'user-agent': MAIL_PROGRAM } });
	const check = async (id: string) =>
		(await (await sendJson('/api/pixel/check', { id })).json()) as Record<string, unknown>;
	const expectError = async (response: Response, status: number) => {
		expect(response.status).toBe(status);
		expect(await response.json()).toMatchObject({ error: expect.any(String) });
	};
	const headersOf = (response: Response) =>
		Object.fromEntries(
			[...response.headers].filter(([name]) => Object.hasOwn(PIXEL_HEADERS, name)),
		);
	const basic = (user: string, password: string) =>
		`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
	const asReader = async (): Promise<BrowserContext> =>
		await browser.newContext({
			httpCredentials: { username: access.user, password: access.password },
		});

	const closed: Array<[method: string, path: string]> = [
		['GET', '/api/pixel/create'],
		['POST', '/api/pixel/check'],
		['GET', '/api/dashboard'],
		['GET', '/api/openapi.json'],
		['GET', '/api/v1/campaigns'],
		['GET', '/api/v1/events'],
		['GET', '/api/v1/links'],
		['POST', '/api/v1/pixels'],
		['DELETE', '/api/v1/pixels/x'],
		['POST', '/api/v1/pixels/x/generate-tokens'],
		['GET', '/api/v1/pixels/x/generate-tokens/csv'],
		['DELETE', '/api/v1/recipients/x'],
		['GET', '/dashboard'],
		['GET', '/dashboard/live'],
		['GET', '/campaigns'],
		['GET', '/campaign'],
		['GET', '/campaign/recipients.csv'],
		['GET', '/campaign/links.csv'],
		['GET', '/compare'],
		['GET', '/pixels'],
		['GET', '/recipients'],
		['GET', '/opens'],
		['GET', '/search'],
		['GET', '/setup'],
		['GET', '/person'],
		['POST', '/person/export'],
		['POST', '/person/withdraw'],
		['POST', '/person/erase'],
		['POST', '/dashboard/pixels'],
		['POST', '/dashboard/sample/delete'],
		['GET', '/logs/x'],
		['POST', '/logs/x/delete'],
	];

	it('asks an outsider who it is at every route that the node has, but images', () => {
		const { webhooks = [] } = new TrackingApiTrigger().description;
		const routes = webhooks.map(({ httpMethod, path }) => [
			httpMethod,
			`/${path.replace(':id', 'x')}`,
		]);
		const asked = routes.filter(([, path]) => !/^\/(tracker|uploads)\//.test(path));
		expect(asked.sort()).toEqual([...closed].sort());
	});

	it.each(closed)('refuses strangers at %s %s', async (method, path) => {
		const isApi = path.startsWith('/api/');
		for (const headers of [
			{},
			{ 'x-api-key': 'guessed', authorization: basic('keeper', 'guessed') },
			// What opens the other kind of route.
			isApi
				? { authorization: basic(access.user, access.password) }
				: { 'x-api-key': access.apiKey },
		]) {
			const refused = await fetch(url(path), { method, headers });
			expect(refused.status).toBe(401);
			expect(refused.headers.get('www-authenticate')).toBe(
				isApi ? null : 'Basic realm="Email open tracking", charset="UTF-8"',
			);
			const type = isApi ? /^application\/json/ : /^text\/html/;
			expect(refused.headers.get('content-type')).toMatch(type);
			if (isApi) expect(await refused.json()).toMatchObject({ error: expect.any(String) });
		}
	});

	it('lets those who read look at everything, and change nothing', async () => {
		const { id } = await newPixel({ name: 'Read only' });
		const reads = async (method: string, path: string, body?: string) => {
			const { status } = await fetch(url(path), {
				method,
				body,
				headers: {
					'x-api-key': access.readApiKey,
					authorization: basic(access.readUser, access.readPassword),
				},
			});
			return status;
		};
		expect(await reads('POST', '/api/pixel/check', JSON.stringify({ id }))).toBe(200);
		expect(await reads('GET', '/api/dashboard')).toBe(200);
		for (const path of ['openapi.json', 'v1/campaigns', 'v1/events']) {
			expect(await reads('GET', `/api/${path}`)).toBe(200);
		}
		expect(await reads('GET', '/dashboard')).toBe(200);
		expect(await reads('GET', `/logs/${id}`)).toBe(200);
		for (const path of [
			'/campaigns',
			'/pixels',
			'/recipients',
			'/opens',
			'/search?q=x',
			'/setup',
		]) {
			expect(await reads('GET', path)).toBe(200);
		}
		const isPage = ([method, path]: [string, string]) =>
			method === 'GET' && !path.startsWith('/api/');
		const readable = new Set([
			'/api/pixel/check',
			'/api/dashboard',
			'/api/openapi.json',
			'/api/v1/campaigns',
			'/api/v1/events',
			'/api/v1/links',
		]);
		const others = closed.filter((route) => !readable.has(route[1]) && !isPage(route));
		expect(others).toHaveLength(12);
		for (const [method, path] of others) {
			expect(await reads(method, path.replace('/x', `/${id}`))).toBe(403);
		}
		expect(await check(id)).toMatchObject({ opened: false, viewCount: 0 });
	});

	it('shows no answer to the pages of another origin', async () => {
		const headers = { origin: 'https://elsewhere.example.com', 'x-api-key': access.apiKey };
		for (const path of ['/api/dashboard', '/dashboard', '/tracker/x.png', '/uploads/x.png']) {
			const answer = await fetch(url(path), { headers });
			expect(answer.headers.get('access-control-allow-origin')).toBeNull();
			expect(answer.headers.get('access-control-allow-methods')).toBeNull();
		}
	});

	it('serves a client of the Pixel Tracking API that only got a new base URL', async () => {
		const tracker = createHostedTracker({
			baseUrl: url(''),
			sleep: async () => undefined,
			send: async (address, asked) => await send(address.replace(url(''), ''), asked),
		});
		const pixel = await tracker.createPixel();
		expect(pixel.embedCode).toContain(pixel.trackingUrl.replaceAll('&', '&amp;'));
		expect(await tracker.checkPixel(pixel.id)).toMatchObject({ opened: false, viewCount: 0 });
		await load(pixel.trackingUrl);
		expect(await tracker.checkPixel(pixel.id)).toMatchObject({ opened: true, viewCount: 1 });
		expect(await tracker.checkPixel('nobody')).toEqual({
			opened: false,
			message: 'Pixel not found',
		});
		const dashboard = await tracker.getDashboard();
		expect(dashboard.totalPixels).toBeGreaterThan(0);
		expect(Number.isInteger(dashboard.openRate)).toBe(true);
		expect(dashboard.recentPixels).toContainEqual(
			expect.objectContaining({ id: pixel.id, viewCount: 1 }),
		);
		expect(dashboard.recentActivity[0]).toMatchObject({ id: pixel.id });
		await expectError(await sendJson('/api/pixel/check', {}), 400);
	});

	it('answers the image alike with a good token, none, a forged one, and for nobody', async () => {
		const { id, trackingUrl } = (await (await send('/api/pixel/create')).json()) as Created;
		expect(trackingUrl).toContain('?token=');
		const urls = [
			trackingUrl,
			url(`/tracker/${id}.png`),
			url(`/tracker/${id}.png?token=forged`),
			url('/tracker/nobody.png'),
		];
		for (const address of urls) {
			const image = await load(address);
			expect(image.status).toBe(200);
			expect(headersOf(image)).toEqual(PIXEL_HEADERS);
			expect(Buffer.from(await image.arrayBuffer()).equals(PIXEL_PNG)).toBe(true);
			const head = await load(address, 'HEAD');
			expect(head.status).toBe(200);
			expect(headersOf(head)).toEqual(PIXEL_HEADERS);
		}
		expect(await check(id)).toMatchObject({ viewCount: 2 });
	});

	const upload = async (bytes: Buffer, name: string) => {
		const form = new FormData();
		form.set('name', 'With image');
		form.set('image', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), name);
		return await send('/api/v1/pixels', { method: 'POST', body: form });
	};

	it.each(Object.entries(imageFiles))('gives %s images back byte by byte', async (type, bytes) => {
		const response = await upload(bytes, 'image.png');
		expect(response.status).toBe(201);
		const { id, imagePath, trackingUrl } = (await response.json()) as Created;
		// Looked at by anybody, as it is in emails, and no open.
		const shown = await fetch(url(imagePath), { headers: { 'user-agent': MAIL_PROGRAM } });
		expect(shown.status).toBe(200);
		expect(shown.headers.get('content-type')).toBe(type);
		expect(Buffer.from(await shown.arrayBuffer()).equals(bytes)).toBe(true);
		expect(await check(id)).toMatchObject({ viewCount: 0, machineOpens: 0 });
		const image = await load(trackingUrl);
		expect(image.headers.get('content-type')).toBe(type);
		expect(Buffer.from(await image.arrayBuffer()).equals(bytes)).toBe(true);
	});

	it('gives an image of 5 MB back byte by byte, and refuses one of 6 MB or in disguise', async () => {
		const jpeg = imageFiles['image/jpeg'];
		const large = Buffer.concat([jpeg, Buffer.alloc(5 * 1024 * 1024 - jpeg.length, 7)]);
		const { trackingUrl } = (await (await upload(large, 'large.jpg')).json()) as Created;
		const image = await load(trackingUrl);
		expect(Buffer.from(await image.arrayBuffer()).equals(large)).toBe(true);
		await expectError(
			await upload(Buffer.concat([large, Buffer.alloc(1024 * 1024)]), 'a.jpg'),
			400,
		);
		await expectError(await upload(Buffer.from('<svg onload="alert(1)"/>'), 'a.png'), 400);
	});

	it('makes 10,000 tokens in one request, and the CSV read back equals them', async () => {
		const { id } = await newPixel({ name: 'Large' });
		const emails = Array.from({ length: 10_000 }, (_, index) => `person.${index}@example.com`);
		const response = await sendJson(`/api/v1/pixels/${id}/generate-tokens`, { emails });
		expect(response.status).toBe(200);
		const body = (await response.json()) as {
			generated: number;
			tokens: Array<{ id?: string; email: string; token: string; trackingUrl: string }>;
		};
		expect(body).toMatchObject({ success: true, pixelId: id, generated: 10_000 });
		const csv = await send(`/api/v1/pixels/${id}/generate-tokens/csv`);
		expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
		const rows = parse(await csv.text(), { columns: true });
		// Neither answer went through the files that n8n keeps of executions.
		const files = join(n8n.folder, '.n8n', 'storage');
		expect(existsSync(files) ? String(allBytes(files)) : '').not.toContain('@example.com');
		expect(rows).toEqual(
			body.tokens.map(({ email, token, trackingUrl }) => ({
				Email: email,
				Token: token,
				'Tracking URL': trackingUrl,
				'Created At': expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
			})),
		);
		await load(body.tokens[9_999].trackingUrl);
		const log = await (await asReader()).request.get(url(`/logs/${id}`));
		expect(await log.text()).toContain('person.9999@example.com');
	}, 60_000);

	it('takes a token behind the bare tracking URL, and names one recipient for all spellings', async () => {
		const { id, trackingUrl } = await newPixel({ name: 'Bare' });
		expect(trackingUrl).toBe(url(`/tracker/${id}.png`));
		const emails = ['USER1@example.com', 'b@example.com', 'user1@example.com', 'User1@Example.com'];
		const response = await sendJson(`/api/v1/pixels/${id}/generate-tokens`, { emails });
		const { generated, tokens } = (await response.json()) as {
			generated: number;
			tokens: Array<{ email: string; token: string }>;
		};
		expect(generated).toBe(4);
		expect(tokens.map(({ email }) => email)).toEqual(emails);
		expect(new Set(tokens.map(({ token }) => token)).size).toBe(2);
		await load(`${trackingUrl}?token=${tokens[3].token}`);
		expect(
			n8n.rows(
				`select recipients.email from opens join recipients using (pixel_id, recipient_id)
				where opens.pixel_id = '${id}'`,
			),
		).toEqual([{ email: 'USER1@example.com' }]);
	});

	it.each<[string, string, unknown]>([
		['Pixel name is required.', '', {}],
		['Pixel name is required.', '', { name: ' ' }],
		['image: send the image as a file', '', { name: 'x', image: 'R0lGOD' }],
		['trackingMode full is more', '', { name: 'x', trackingMode: 'full' }],
		[
			'The tracking link would be too long: campaignId takes 129 bytes',
			'',
			{ name: 'x', campaignId: 'c'.repeat(128) },
		],
		['Emails array is required', '/:id/generate-tokens', {}],
		['Invalid email format', '/:id/generate-tokens', { emails: ['a@b'] }],
		[
			'Max 10,000 emails allowed',
			'/:id/generate-tokens',
			{ emails: new Array(10_001).fill('a@b.org') },
		],
	])('starts a refusal with the documented text: %s', async (text, path, body) => {
		const { id } = await newPixel({ name: 'Errors' });
		const before = pixelCount();
		const refused = await sendJson(`/api/v1/pixels${path.replace(':id', id)}`, body);
		expect(refused.status).toBe(400);
		const { error } = (await refused.json()) as { error: string };
		expect(error.slice(0, text.length)).toBe(text);
		expect(pixelCount()).toEqual(before);
	});

	it.each([[['image', 'image']], [['file']], [['image', 'logo']]])(
		'refuses files in the fields %j, and makes no pixel',
		async (fields) => {
			const before = pixelCount();
			const form = new FormData();
			form.set('name', 'Misnamed');
			for (const field of fields) {
				form.append(field, new Blob([new Uint8Array(PIXEL_PNG)], { type: 'image/png' }), 'a.png');
			}
			const refused = await send('/api/v1/pixels', { method: 'POST', body: form });
			expect(refused.status).toBe(400);
			expect(((await refused.json()) as { error: string }).error).toContain('in the field image');
			expect(pixelCount()).toEqual(before);
		},
	);

	it('knows no pixel by an id with a NUL character', async () => {
		expect((await sendJson('/api/pixel/check', { id: 'a\u0000b' })).status).toBe(404);
		expect((await send('/api/v1/pixels/a%00b', { method: 'DELETE' })).status).toBe(404);
		expect((await load(url('/tracker/a%00b.png'))).status).toBe(200);
		const page = await (await asReader()).request.get(url('/logs/a%00b'));
		expect(page.status()).toBe(404);
		expect(page.headers()['content-type']).toMatch(/^text\/html/);
	});

	it('makes formulas in addresses harmless in the CSV, and names a bad address', async () => {
		const { id } = await newPixel({ name: 'Formulas' });
		const path = `/api/v1/pixels/${id}/generate-tokens`;
		const email = '=HYPERLINK(1)@example.com';
		const quoted = '"=HYPERLINK()"@example.com';
		const refused = await sendJson(path, { emails: ['a@example.com', email] });
		expect(((await refused.json()) as { error: string }).error).toContain('emails[1]');
		expect((await sendJson(path, { emails: [quoted, '=1+1@example.com'] })).status).toBe(200);
		const csv = await (await send(`${path}/csv`)).text();
		const rows = parse(csv, { columns: true }) as Array<{ Email: string }>;
		expect(rows).toHaveLength(2);
		for (const row of rows) expect(row.Email).not.toMatch(/^[=+\-@]/);
		expect(csv).not.toMatch(/^=|,=/m);
	});

	it('deletes a recipient but not the log, and a pixel with everything', async () => {
		const { id } = await newPixel({ name: 'To be deleted' });
		const response = await sendJson(`/api/v1/pixels/${id}/generate-tokens`, {
			emails: ['gone@example.com'],
		});
		const { tokens } = (await response.json()) as {
			tokens: Array<{ id: string; trackingUrl: string }>;
		};
		await load(tokens[0].trackingUrl);
		const remove = async (path: string) => await send(path, { method: 'DELETE' });
		const removed = await remove(`/api/v1/recipients/${tokens[0].id}`);
		expect(removed.status).toBe(200);
		expect(await removed.json()).toEqual({
			success: true,
			message: expect.stringContaining('deleted'),
			deletedEmail: 'gone@example.com',
		});
		await expectError(await remove(`/api/v1/recipients/${tokens[0].id}`), 404);
		const reader = await asReader();
		const log = await (await reader.request.get(url(`/logs/${id}`))).text();
		expect(log).toContain('Deleted recipient');
		expect(log).not.toContain('gone@example.com');
		expect((await remove(`/api/v1/pixels/${id}`)).status).toBe(200);
		await expectError(await remove(`/api/v1/pixels/${id}`), 404);
		expect((await reader.request.get(url(`/logs/${id}`))).status()).toBe(404);
		expect((await load(tokens[0].trackingUrl)).status).toBe(200);
		await reader.close();
	});

	it('shows the setup, of which it is a part itself, and nothing secret', async () => {
		for (const [colorScheme, width] of [
			['light', 1280],
			['dark', 1280],
			['light', 390],
		] as const) {
			const context = await browser.newContext({
				httpCredentials: { username: access.readUser, password: access.readPassword },
				colorScheme,
				viewport: { width, height: 900 },
			});
			const page = await context.newPage();
			await page.goto(url('/dashboard'));
			await page.getByRole('link', { name: 'Setup' }).click();
			const checks = page.getByRole('listitem');
			await expect(checks.first().innerText()).resolves.toMatch(/^Broken\s+Public address/);
			const text = await page.locator('main').innerText();
			expect(text).toMatch(/Answered as it should be at opens\/tracker\/setup-probe\.png/);
			expect(text).toMatch(/Probe email\s+None was made yet/);
			for (const secret of [
				access.apiKey,
				access.readApiKey,
				access.password,
				access.readPassword,
			]) {
				expect(text).not.toContain(secret);
			}
			expect(
				await page.evaluate<number>('document.documentElement.scrollWidth'),
			).toBeLessThanOrEqual(width);
			await keepPicture(page, `setup-${colorScheme}-${width}`);
			await context.close();
		}
	}, 60_000);

	it('keeps names and addresses inert on all pages, in a real browser', async () => {
		const attack = '<script>document.title="taken"</script><img src=x onerror="document.title=1">';
		const { id, trackingUrl } = await newPixel({ name: attack, campaignId: `c${attack}` });
		await load(trackingUrl);
		const page = await (await asReader()).newPage();
		for (const path of ['/dashboard', `/logs/${id}`, `/dashboard?pixel=${id}`]) {
			await page.goto(url(path));
			expect(await page.locator('script, img').count()).toBe(0);
			expect(await page.title()).not.toMatch(/^(taken|1)$/);
			expect(await page.getByText('<script>').count()).toBeGreaterThan(0);
		}
		await page.context().close();
	});

	it('lets a person make a pixel, see its open, and read its log, with forms and links alone', async () => {
		const context = await asReader();
		const page = await context.newPage();
		await page.goto(url('/dashboard'));
		await page.getByRole('link', { name: 'New pixel' }).click();
		await page.getByRole('textbox', { name: 'Name' }).fill('Made in the browser');
		await page.getByRole('button', { name: 'Create pixel' }).click();
		const link = await page.getByLabel('Tracking link').innerText();
		expect(await page.getByLabel('Embed code').innerText()).toContain(`<img src="${link}?token=`);
		await load(link);
		await load(link);
		await page.goto(url('/dashboard'));
		await page.getByRole('link', { name: 'Made in the browser' }).first().click();
		await page.getByRole('heading', { name: 'Loads of all time, newest first' }).waitFor();
		expect(await page.locator('tbody tr').count()).toBe(2);
		expect(await page.locator('tr.group').count()).toBe(2);
		await page.getByRole('link', { name: 'Machines' }).click();
		await page.getByText('Nothing was loaded yet').waitFor();
		await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
		await page.getByRole('button', { name: 'Show' }).click();
		await page.getByText('Asia/Tokyo').first().waitFor();
		await context.close();
	});

	it('deletes the sample campaign in one click, and nothing else', async () => {
		const store = await openEmbeddedStore({
			folder: join(n8n.folder, '.n8n', 'email-open-tracking'),
			queueMode: false,
		});
		const { sent } = (await store.getDashboard()).totals;
		await makeSampleCampaign(store, new Date());
		const { pixels } = await store.listPixels({ limit: 100, sample: true });
		expect((await store.getDashboard()).totals.sent).toBeGreaterThan(sent);
		const real = await newPixel({ name: 'Real email' });
		const page = await (await asReader()).newPage();
		await page.goto(url('/dashboard'));
		await page.getByRole('button', { name: 'Delete the sample campaign' }).click();
		await page.getByText('The sample campaign was deleted').waitFor();
		for (const { id } of pixels) {
			expect(await check(id)).toMatchObject({ message: 'Pixel not found' });
		}
		expect(await check(real.id)).toMatchObject({ opened: false });
		expect((await store.getDashboard()).totals.sent).toBe(sent);
		await store.close();
		await page.context().close();
	});

	it('refuses a form that did not come from the dashboard', async () => {
		const reader = await asReader();
		const response = await reader.request.post(url('/dashboard/pixels'), {
			form: { name: 'x', formToken: 'guessed' },
		});
		expect(response.status()).toBe(403);
		expect(response.headers()['content-type']).toMatch(/^text\/html/);
		await reader.close();
	});

	it('does what docs/http-api.md shows', async () => {
		const text = readFileSync(join(__dirname, '..', '..', 'docs', 'http-api.md'), 'utf8');
		const script = [...text.matchAll(/```bash\n([^]*?)```/g)].map((match) => match[1]).join('\n');
		const folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-docs-'));
		const result = spawnSync(
			'bash',
			// Without the start-up files of whoever runs this, which may print something.
			[
				'--norc',
				'-euo',
				'pipefail',
				'-c',
				script.replaceAll('curl -sS', 'curl -sS --fail-with-body'),
			],
			{ cwd: folder, encoding: 'utf8', env: { ...process.env, API: url(''), KEY: access.apiKey } },
		);
		rmSync(folder, { recursive: true });
		expect(result.stderr).toBe('');
		expect(result.status).toBe(0);
		expect(result.stdout).toContain('"generated":2');
		expect(result.stdout).toContain('200 image/png');
	});

	it('gives out tokens ten times in fifteen minutes, then answers 429', async () => {
		const { id } = await newPixel({ name: 'Limited' });
		const path = `/api/v1/pixels/${id}/generate-tokens`;
		let refused: Response | undefined;
		for (let turn = 0; turn <= 10 && refused?.status !== 429; turn += 1) {
			refused = await sendJson(path, { emails: ['a@example.com'] });
		}
		expect(refused?.status).toBe(429);
		expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
		expect(await refused?.json()).toMatchObject({ error: expect.any(String) });
	});

	it('left no token or address in the log of n8n', () => {
		expect(n8n.output()).not.toMatch(/@example\.com|token=/);
	});
});
