import { parse } from 'csv-parse/sync';

import { createHostedTracker } from '../../../src/api/hosted-tracker';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import { embedCode } from '../../../src/tracking/mail/embed-code';
import { PIXEL_PNG } from '../../../src/tracking/receive/pixel-image';
import { pixelHeaders } from '../../../src/tracking/receive/pixel-response';
import { imageFiles } from '../../support/image-files';
import { onEachEngine, type StorePlace } from '../../support/stores';
import { BASE_URL, MACHINE, testApi } from '../../support/tracking-api';
import { keysOf } from '../../support/denylist-keys';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const JPEG = imageFiles['image/jpeg'];

onEachEngine('the HTTP APIs on $name', ({ newPlace }) => {
	let place: StorePlace;
	let store: TrackingStore;
	let client: ReturnType<typeof testApi>;

	beforeAll(async () => {
		place = await newPlace();
		store = await place.openStore();
	});
	beforeEach(() => {
		client = testApi(store);
	});
	afterAll(async () => await place.dispose());

	const newPixel = async (body: object = { name: 'Launch' }) => {
		const response = await client.sendJson('/api/v1/pixels', body);
		expect(response.status).toBe(201);
		return (await response.json()) as {
			id: string;
			name: string;
			createdAt: string;
			imagePath: string | null;
			trackingUrl: string;
			logsUrl: string;
		};
	};
	const check = async (id: string) =>
		(await (await client.sendJson('/api/pixel/check', { id })).json()) as Record<string, unknown>;
	const tokensFor = async (id: string, emails: unknown) =>
		await client.sendJson(`/api/v1/pixels/${id}/generate-tokens`, { emails });
	const expectError = async (response: Response, status: number) => {
		expect(response.status).toBe(status);
		const body = (await response.json()) as { error: string };
		expect(body).toMatchObject({ error: expect.any(String) });
		return body.error;
	};

	describe('Pixel Tracking API', () => {
		it('creates a pixel with an embed code whose image is signed', async () => {
			const response = await client.send('/api/pixel/create');
			expect(response.status).toBe(200);
			const body = (await response.json()) as Record<string, string>;
			expect(body).toEqual({
				id: expect.stringMatching(UUID),
				trackingUrl: expect.stringContaining(`${BASE_URL}/tracker/${body.id}.png?token=CQ`),
				embedCode: embedCode(body.trackingUrl),
				createdAt: expect.any(String),
			});
			expect(response.headers.get('cache-control')).toBe('no-store');
		});

		it('gives the pixel the name and the tracking mode that were asked for', async () => {
			const create = async (query: string) => await client.send(`/api/pixel/create?${query}`);
			for (const [query, expected] of [
				['name=Launch', { name: 'Launch', trackingMode: null }],
				['metadata=a%0Ab', { name: 'a b', trackingMode: null }],
				['trackingMode=aggregate', { name: 'Pixel', trackingMode: 'aggregate' }],
				['trackingMode=off', { name: 'Pixel', trackingMode: 'off' }],
			] as const) {
				const { id } = (await (await create(query)).json()) as { id: string };
				expect(await store.getPixel(id)).toMatchObject(expected);
			}
			await expectError(await create('trackingMode=everything'), 400);
			await expectError(await create('trackingMode=full'), 400);
		});

		it('reports no open before the first load, then times, views and view time', async () => {
			const { id, trackingUrl } = await newPixel();
			expect(await check(id)).toMatchObject({
				opened: false,
				openedAt: null,
				lastSeenAt: null,
				viewCount: 0,
				totalViewTime: 0,
			});
			for (const seconds of [0, 15, 28, 65, 80]) {
				client.clock.now = new Date(Date.UTC(2026, 10, 20, 10, 0, seconds));
				await client.load(trackingUrl);
			}
			expect(await check(id)).toEqual({
				opened: true,
				openedAt: '2026-11-20T10:00:00.000Z',
				lastSeenAt: '2026-11-20T10:01:20.000Z',
				createdAt: expect.any(String),
				viewCount: 5,
				totalViewTime: 43_000,
				sessions: 2,
				machineOpens: 0,
				clicked: false,
				clicks: 0,
				machineClicks: 0,
			});
		});

		it('keeps machines out of the counts and names them apart', async () => {
			const { id, trackingUrl } = await newPixel();
			await client.load(trackingUrl, MACHINE);
			expect(await check(id)).toMatchObject({ opened: false, viewCount: 0, machineOpens: 1 });
		});

		it('answers an unknown id with 404 and the body that clients look for', async () => {
			const response = await client.sendJson('/api/pixel/check', { id: 'nobody' });
			expect(response.status).toBe(404);
			expect(await response.json()).toEqual({ opened: false, message: 'Pixel not found' });
		});

		it.each([[{}], [{ id: '' }], [{ id: 7 }], ['text']])('refuses the body %j', async (body) => {
			await expectError(await client.sendJson('/api/pixel/check', body), 400);
		});

		it('sums up all pixels, with the open rate as a whole percentage', async () => {
			const before = (await (await client.send('/api/dashboard')).json()) as {
				stats: Record<string, number>;
			};
			const { id, trackingUrl } = await newPixel();
			// A count of pixels that no count of opened ones can be a whole percentage of.
			let added = 1;
			for (; (before.stats.totalPixels + added) % 7 !== 0; added += 1) await newPixel();
			for (const seconds of [0, 10]) {
				client.clock.now = new Date(Date.UTC(2026, 10, 21, 10, 0, seconds));
				await client.load(trackingUrl);
			}
			const body = (await (await client.send('/api/dashboard')).json()) as {
				stats: Record<string, number>;
				recentPixels: unknown[];
				recentActivity: unknown[];
			};
			const totalPixels = before.stats.totalPixels + added;
			const openedPixels = before.stats.openedPixels + 1;
			const totalViewTime = before.stats.totalViewTime + 10_000;
			expect(body.stats).toMatchObject({
				totalPixels,
				openedPixels,
				openRate: Math.round((100 * openedPixels) / totalPixels),
				totalViewTime,
				avgViewTime: Math.round(totalViewTime / openedPixels),
			});
			expect(body).toMatchObject(body.stats);
			expect(body.recentPixels).toContainEqual(
				expect.objectContaining({ id, opened: true, viewCount: 2, totalViewTime: 10_000 }),
			);
			expect(body.recentActivity[0]).toMatchObject({ id, actor: 'human' });
		});

		it('serves the client that this package has for such trackers', async () => {
			const tracker = createHostedTracker({
				baseUrl: BASE_URL,
				sleep: async () => undefined,
				send: async (url, asked) => await client.send(url.replace(BASE_URL, ''), asked),
			});
			const pixel = await tracker.createPixel();
			await client.load(pixel.trackingUrl);
			expect(await tracker.checkPixel(pixel.id)).toMatchObject({ opened: true, viewCount: 1 });
			expect(await tracker.checkPixel('nobody')).toMatchObject({ message: 'Pixel not found' });
		});
	});

	describe('pixels', () => {
		it('are created from JSON with the fields of the contract and no other', async () => {
			const pixel = await newPixel({ name: ' Spring launch ', campaignId: 'spring' });
			expect(pixel).toEqual({
				id: expect.stringMatching(UUID),
				name: 'Spring launch',
				createdAt: expect.stringMatching(/Z$/),
				imagePath: null,
				trackingUrl: `${BASE_URL}/tracker/${pixel.id}.png`,
				logsUrl: `${BASE_URL}/logs/${pixel.id}`,
			});
			expect(await store.getPixel(pixel.id)).toMatchObject({ campaignId: 'spring' });
		});

		it('are refused when the body is not JSON', async () => {
			const response = await client.send('/api/v1/pixels', { method: 'POST', body: '{' });
			await expectError(response, 400);
		});

		const upload = async (bytes: Buffer, file: string, type: string) => {
			const form = new FormData();
			form.set('name', 'With image');
			form.set('image', new Blob([new Uint8Array(bytes)], { type }), file);
			return await client.send('/api/v1/pixels', { method: 'POST', body: form });
		};

		it.each(Object.entries(imageFiles))(
			'give back a %s of their own byte by byte, whatever it was called',
			async (type, bytes) => {
				const response = await upload(bytes, 'picture.bin', 'application/octet-stream');
				expect(response.status).toBe(201);
				const { id, imagePath, trackingUrl } = (await response.json()) as Record<string, string>;
				expect(imagePath).toBe(`/uploads/${id}.${type.split('/')[1]}`);
				const image = await client.load(trackingUrl);
				expect(Buffer.from(await image.arrayBuffer()).equals(bytes)).toBe(true);
				expect(Object.fromEntries(image.headers)).toEqual(pixelHeaders(bytes.length, type));
			},
		);

		it.each([
			['a file that only says it is an image', Buffer.from('<script>alert(1)</script>')],
			['a drawing with a script', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
			['a signature and nothing else', PIXEL_PNG.subarray(0, 8)],
			['a header without an image', PIXEL_PNG.subarray(0, 40)],
			['no bytes', Buffer.alloc(0)],
		])('refuse %s', async (_name, bytes) => {
			await expectError(await upload(bytes, 'picture.png', 'image/png'), 400);
		});

		it('refuse an image over 5 MB, and take one of 5 MB', async () => {
			const padded = (size: number) => Buffer.concat([JPEG, Buffer.alloc(size - JPEG.length)]);
			const limit = 5 * 1024 * 1024;
			const error = await expectError(await upload(padded(limit + 1), 'a.jpg', 'image/jpeg'), 400);
			expect(error).toContain('5 MB');
			expect((await upload(padded(limit), 'a.jpg', 'image/jpeg')).status).toBe(201);
		});

		it('go with log, recipients and image when they are deleted; their links stay an image', async () => {
			const { id, trackingUrl } = await newPixel();
			await tokensFor(id, ['a@example.com']);
			await client.load(trackingUrl);
			const path = `/api/v1/pixels/${id}`;
			const response = await client.send(path, { method: 'DELETE' });
			expect(response.status).toBe(200);
			expect(await response.json()).toEqual({ success: true });
			await expectError(await client.send(path, { method: 'DELETE' }), 404);
			expect((await store.listOpens({ limit: 10, pixelId: id })).opens).toEqual([]);
			expect((await store.listRecipients({ limit: 10, pixelId: id })).recipients).toEqual([]);
			const image = await client.load(trackingUrl);
			expect(image.status).toBe(200);
			expect((await store.listOpens({ limit: 10, pixelId: id })).opens).toEqual([]);
		});
	});

	describe('tokens', () => {
		it('come one per address, in order, with signed links; a repeated request gives the same', async () => {
			const { id } = await newPixel();
			const emails = ['a@example.com', 'B@example.com'];
			const first = (await (await tokensFor(id, emails)).json()) as {
				generated: number;
				tokens: Array<Record<string, string>>;
			};
			expect(first).toMatchObject({ success: true, pixelId: id, generated: 2 });
			expect(first.tokens.map(({ email }) => email)).toEqual(emails);
			for (const { token, trackingUrl } of first.tokens) {
				expect(trackingUrl).toBe(`${BASE_URL}/tracker/${id}.png?token=${token}`);
				expect(trackingUrl.length).toBeLessThan(300);
			}
			expect(await (await tokensFor(id, emails)).json()).toEqual(first);
			const more = await tokensFor(id, ['c@example.com']);
			expect(await more.json()).toMatchObject({ generated: 1 });
		});

		it('are refused as a whole for one bad address, which the answer names', async () => {
			const { id } = await newPixel();
			const response = await tokensFor(id, ['a@example.com', 'b@', 'c@']);
			expect(await expectError(response, 400)).toBe('Invalid email format: emails[1] is "b@"');
			expect((await store.listRecipients({ limit: 10, pixelId: id })).recipients).toEqual([]);
			expect(client.errors).toEqual([]);
		});

		it('are not made for a pixel that nobody made, or that must not tell recipients apart', async () => {
			await expectError(await tokensFor('nobody', ['a@example.com']), 404);
			const { id } = await store.createPixel({ name: 'x', trackingMode: 'aggregate' });
			expect(await expectError(await tokensFor(id, ['a@example.com']), 400)).toContain('aggregate');
		});

		it('come back as CSV, in order, with formulas made harmless', async () => {
			const { id } = await newPixel();
			const emails = ['=cmd@example.com', '+1@example.com', 'plain@example.com'];
			const { tokens } = (await (await tokensFor(id, emails)).json()) as {
				tokens: Array<{ email: string; token: string; trackingUrl: string }>;
			};
			const response = await client.send(`/api/v1/pixels/${id}/generate-tokens/csv`);
			expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
			expect(response.headers.get('content-disposition')).toContain(`recipients-${id}.csv`);
			const rows = parse(await response.text(), { columns: true }) as Array<Record<string, string>>;
			expect(rows.map((row) => row.Email)).toEqual([
				"'=cmd@example.com",
				"'+1@example.com",
				'plain@example.com',
			]);
			expect(rows.map((row) => row['Tracking URL'])).toEqual(
				tokens.map(({ trackingUrl }) => trackingUrl),
			);
			await expectError(await client.send('/api/v1/pixels/nobody/generate-tokens/csv'), 404);
		});

		it('make links in the CSV also for recipients that were added elsewhere', async () => {
			const { id } = await newPixel();
			await store.addRecipients(id, [{ recipientId: 'r-1', email: 'r@example.com' }], keysOf);
			const response = await client.send(`/api/v1/pixels/${id}/generate-tokens/csv`);
			const [row] = parse(await response.text(), { columns: true }) as Array<
				Record<string, string>
			>;
			await client.load(row['Tracking URL']);
			const { opens } = await store.listOpens({ limit: 10, pixelId: id });
			expect(opens).toMatchObject([{ recipientId: 'r-1' }]);
		});

		it('die with their recipient: the log stays, the address goes', async () => {
			const { id } = await newPixel();
			const { tokens } = (await (await tokensFor(id, ['a@example.com'])).json()) as {
				tokens: Array<{ id: string; trackingUrl: string }>;
			};
			await client.load(tokens[0].trackingUrl);
			const path = `/api/v1/recipients/${tokens[0].id}`;
			expect((await client.send(path, { method: 'DELETE' })).status).toBe(200);
			await expectError(await client.send(path, { method: 'DELETE' }), 404);
			const { opens } = await store.listOpens({ limit: 10, pixelId: id });
			expect(opens).toHaveLength(1);
			expect(await store.findRecipients(id, [opens[0].recipientId!])).toEqual([]);
		});
	});

	it('answers addresses that do not exist with 404 and {error}', async () => {
		await expectError(await client.send('/api/v2/pixels'), 404);
	});
});
