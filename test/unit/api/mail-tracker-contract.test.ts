import { parse } from 'csv-parse/sync';

import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import { PIXEL_PNG } from '../../../src/tracking/receive/pixel-image';
import { imageFiles } from '../../support/image-files';
import { onEachEngine, type StorePlace } from '../../support/stores';
import { BASE_URL, PERSON, testApi } from '../../support/tracking-api';
import { keysOf } from '../../support/denylist-keys';

interface Token {
	id: string;
	email: string;
	token: string;
	trackingUrl: string;
}

onEachEngine('a client of the Mail Tracker API on $name', ({ newPlace }) => {
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

	const create = async (body: unknown) => await client.sendJson('/api/v1/pixels', body);
	const newPixel = async (body: object = { name: 'Launch' }) => {
		const response = await create(body);
		expect(response.status).toBe(201);
		return (await response.json()) as Record<string, string>;
	};
	const tokensFor = async (id: string, emails: unknown) =>
		await client.sendJson(`/api/v1/pixels/${id}/generate-tokens`, { emails });
	const givenTokens = async (id: string, emails: unknown) =>
		(await (await tokensFor(id, emails)).json()) as { generated: number; tokens: Token[] };
	const errorOf = async (response: Response, status: number) => {
		expect(response.status).toBe(status);
		return ((await response.json()) as { error: string }).error;
	};
	const upload = async (parts: Array<[field: string, value: string | Buffer]>) => {
		const form = new FormData();
		for (const [field, value] of parts) {
			if (typeof value === 'string') form.append(field, value);
			else form.append(field, new Blob([new Uint8Array(value)]), 'picture.png');
		}
		return await client.send('/api/v1/pixels', { method: 'POST', body: form });
	};
	const opensOf = async (pixelId: string) => (await store.listOpens({ limit: 100, pixelId })).opens;

	describe('that adds a token to the tracking URL of a pixel', () => {
		it('gets the bare address, which alone counts for the pixel', async () => {
			const { id, trackingUrl } = await newPixel();
			expect(trackingUrl).toBe(`${BASE_URL}/tracker/${id}.png`);
			await client.load(trackingUrl);
			expect(await opensOf(id)).toMatchObject([{ pixelId: id, recipientId: null }]);
		});

		it('names the recipient of that token', async () => {
			const { id, trackingUrl } = await newPixel();
			const [{ token }] = (await givenTokens(id, ['a@example.com'])).tokens;
			await client.load(`${trackingUrl}?token=${token}`);
			const [{ recipientId }] = await opensOf(id);
			expect(await store.findRecipients(id, [recipientId!])).toMatchObject([
				{ email: 'a@example.com' },
			]);
		});

		it.each(['?token=', '&token='])(
			'names the recipient when it added %s to an address that had a token',
			async (joint) => {
				const { id } = await newPixel();
				const { tokens } = await givenTokens(id, ['a@example.com', 'b@example.com']);
				await client.load(`${tokens[0].trackingUrl}${joint}${tokens[1].token}`);
				const [{ recipientId }] = await opensOf(id);
				expect(await store.findRecipients(id, [recipientId!])).toMatchObject([
					{ email: 'b@example.com' },
				]);
			},
		);

		it('counts nothing for anybody with a token that nobody gave out', async () => {
			const { id, trackingUrl } = await newPixel();
			expect((await client.load(`${trackingUrl}?token=guessed`)).status).toBe(200);
			expect(await opensOf(id)).toEqual([]);
			expect(await store.getStatus({ pixelId: id })).toMatchObject({ opens: 0 });
		});
	});

	describe('that asks for tokens', () => {
		it('gets one answer per address, in its order and spelling; one person has one token', async () => {
			const { id } = await newPixel();
			const emails = ['b@example.com', ' User1@Example.com', 'B@EXAMPLE.COM', 'user1@example.com'];
			const { generated, tokens } = await givenTokens(id, emails);
			expect(generated).toBe(4);
			expect(tokens.map(({ email }) => email)).toEqual(emails);
			expect(tokens[2]).toEqual({ ...tokens[0], email: 'B@EXAMPLE.COM' });
			expect(tokens[3].token).toBe(tokens[1].token);
			expect(tokens[1].token).not.toBe(tokens[0].token);
			expect((await store.listRecipients({ limit: 10, pixelId: id })).recipients).toHaveLength(2);
		});

		it('reads the documented reasons of a refusal first', async () => {
			const { id } = await newPixel();
			for (const emails of [undefined, null, 'a@example.com', {}, []]) {
				expect(await errorOf(await tokensFor(id, emails), 400)).toMatch(
					/^Emails array is required/,
				);
			}
			for (const [emails, position] of [
				[['a@example.com', 'b@'], 1],
				[[null], 0],
				[['a\u0000@example.com'], 0],
			] as const) {
				const error = await errorOf(await tokensFor(id, emails), 400);
				expect(error).toMatch(/^Invalid email format/);
				expect(error).toContain(`emails[${position}]`);
			}
			const many = new Array(10_001).fill('a@example.com');
			const error = await errorOf(await tokensFor(id, many), 400);
			expect(error).toMatch(/^Max 10,000 emails allowed/);
			expect(error).toContain('10001');
		});

		it('loses none of its ten turns to requests that were refused', async () => {
			const { id } = await newPixel();
			for (let turn = 0; turn < 12; turn += 1) {
				expect((await tokensFor(id, ['no address'])).status).toBe(400);
				expect((await tokensFor('nobody', ['a@example.com'])).status).toBe(404);
			}
			for (let turn = 0; turn < 10; turn += 1) {
				expect((await tokensFor(id, ['a@example.com'])).status).toBe(200);
			}
			const refused = await tokensFor(id, ['a@example.com']);
			const wait = Number(refused.headers.get('retry-after'));
			expect(wait).toBeGreaterThan(0);
			expect(wait).toBeLessThanOrEqual(900);
			expect(await errorOf(refused, 429)).toMatch(/^Too many requests/);
		});

		it('finds name, token, address and time of each recipient in the CSV', async () => {
			const { id } = await newPixel();
			const { tokens } = await givenTokens(id, ['a@example.com', 'b@example.com']);
			const csv = await (await client.send(`/api/v1/pixels/${id}/generate-tokens/csv`)).text();
			expect(csv.split('\n')[0]).toBe('Email,Token,Tracking URL,Created At');
			const { recipients } = await store.listRecipients({ limit: 10, pixelId: id });
			expect(parse(csv, { columns: true })).toEqual(
				tokens.map(({ email, token, trackingUrl }, index) => ({
					Email: email,
					Token: token,
					'Tracking URL': trackingUrl,
					'Created At': recipients[index].createdAt,
				})),
			);
			expect(recipients[0].createdAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
		});
	});

	it('is told whom it deleted', async () => {
		const { id } = await newPixel();
		const [{ id: recipient }] = (await givenTokens(id, ['Gone@example.com'])).tokens;
		const remove = async () =>
			await client.send(`/api/v1/recipients/${recipient}`, { method: 'DELETE' });
		const response = await remove();
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual({
			success: true,
			message: expect.stringMatching(/deleted/),
			deletedEmail: 'Gone@example.com',
		});
		expect(await errorOf(await remove(), 404)).toBe('Recipient not found');
	});

	describe('that makes a pixel', () => {
		it.each([[{}], [{ name: '' }], [{ name: '  ' }], [{ name: 5 }], [{ name: null }], [[]]])(
			'reads what is wrong with the name: %j',
			async (body) => {
				expect(await errorOf(await create(body), 400)).toMatch(/^Pixel name is required\./);
			},
		);

		it('reads in words what else is wrong', async () => {
			const long = await errorOf(await create({ name: 'x'.repeat(201) }), 400);
			expect(long).toBe('The pixel name is longer than 200 characters. Shorten it.');
			for (const name of ['a\u0000b', 'invoice\u202efdp.exe', 'a\u2066b']) {
				const control = await errorOf(await create({ name }), 400);
				expect(control).toContain('control characters');
			}
			const unknown = await errorOf(await create({ name: 'x', title: 'y' }), 400);
			expect(unknown).toContain('title');
		});

		it('sees its image at imagePath without opening the pixel', async () => {
			const gif = imageFiles['image/gif'];
			const response = await upload([
				['name', 'With image'],
				['image', gif],
			]);
			const { id, imagePath } = (await response.json()) as Record<string, string>;
			expect(imagePath).toMatch(new RegExp(`^/uploads/${id}`));
			for (let look = 0; look < 3; look += 1) {
				const image = await client.send(imagePath, { headers: PERSON });
				expect(image.status).toBe(200);
				expect(image.headers.get('content-type')).toBe('image/gif');
				expect(image.headers.get('x-content-type-options')).toBe('nosniff');
				expect(Buffer.from(await image.arrayBuffer()).equals(gif)).toBe(true);
			}
			expect(await opensOf(id)).toEqual([]);
			expect(await store.getStatus({ pixelId: id })).toMatchObject({ opens: 0, machineOpens: 0 });
			await store.deletePixel(id);
			await errorOf(await client.send(imagePath), 404);
		});

		it('finds no upload where there was none', async () => {
			const { id, imagePath } = await newPixel();
			expect(imagePath).toBeNull();
			await errorOf(await client.send(`/uploads/${id}.png`), 404);
			await errorOf(await client.send('/uploads/nobody.png'), 404);
		});

		it.each<[string, Array<[string, string | Buffer]>]>([
			[
				'a second image',
				[
					['image', PIXEL_PNG],
					['image', PIXEL_PNG],
				],
			],
			[
				'two images as n8n names them',
				[
					['image0', PIXEL_PNG],
					['image1', PIXEL_PNG],
				],
			],
			['an image in a field of another name', [['file', PIXEL_PNG]]],
			[
				'a second file beside the image',
				[
					['image', PIXEL_PNG],
					['logo', PIXEL_PNG],
				],
			],
			['text in place of the image', [['image', 'GIF89a']]],
			['a field that there is not', [['trackingmode', 'full']]],
		])('is refused for %s, and nothing is stored', async (_what, parts) => {
			const { pixels } = await store.getDashboard();
			const error = await errorOf(await upload([['name', 'x'], ...parts]), 400);
			expect(error).toContain(parts.at(-1)![0]);
			expect(await store.getDashboard()).toMatchObject({ pixels });
		});

		it('is refused for an image in JSON', async () => {
			const error = await errorOf(await create({ name: 'x', image: 'iVBORw0KGgo=' }), 400);
			expect(error).toContain('multipart/form-data');
		});

		it('is refused for an image of absurd size that hardly has any bytes', async () => {
			for (const [type, at] of [
				['image/png', [16, 20]],
				['image/gif', [6, 8]],
				['image/jpeg', null],
				['image/webp', [26, 28]],
			] as const) {
				const bytes = Buffer.from(imageFiles[type]);
				if (type === 'image/png') for (const place of at!) bytes.writeUInt32BE(60_000, place);
				else if (type === 'image/gif') for (const place of at!) bytes.writeUInt16LE(60_000, place);
				else if (type === 'image/webp') for (const place of at!) bytes.writeUInt16LE(16_000, place);
				else {
					const frame = bytes.indexOf(Buffer.from([0xff, 0xc9]));
					bytes.writeUInt16BE(60_000, frame + 5);
					bytes.writeUInt16BE(60_000, frame + 7);
				}
				const response = await upload([
					['name', 'Bomb'],
					['image', bytes],
				]);
				expect(await errorOf(response, 400)).toContain('dots');
			}
		});

		it.each([
			['128 characters', 'c'.repeat(128)],
			['63 characters of two bytes', 'ä'.repeat(63)],
			['200 characters', 'c'.repeat(200)],
		])('is refused for a campaign id that no link has room for: %s', async (_what, campaignId) => {
			const { pixels } = await store.getDashboard();
			const error = await errorOf(await create({ name: 'Long', campaignId }), 400);
			expect(error).toMatch(/campaignId takes \d+ bytes.*shorter/);
			expect(await store.getDashboard()).toMatchObject({ pixels });
			expect(client.errors).toEqual([]);
		});

		it('can make a link for each recipient with any campaign id that it got through', async () => {
			for (let length = 90; length <= 130; length += 1) {
				const response = await create({ name: 'Fits', campaignId: 'c'.repeat(length) });
				if (response.status !== 201) continue;
				const { id } = (await response.json()) as { id: string };
				await store.addRecipients(id, [{ recipientId: 'r-1' }], keysOf);
				client = testApi(store);
				expect((await tokensFor(id, ['a@example.com'])).status).toBe(200);
			}
		});
	});

	describe('that gives a pixel a tracking mode', () => {
		it('has its loads held to that mode', async () => {
			const { id, trackingUrl } = await newPixel({ name: 'x', trackingMode: 'aggregate' });
			expect(await store.getPixel(id)).toMatchObject({ trackingMode: 'aggregate' });
			await client.load(trackingUrl);
			expect(await opensOf(id)).toEqual([]);
			expect(await store.getStatus({ pixelId: id })).toMatchObject({ opens: 1 });
		});

		it('may give it in a form as well', async () => {
			const response = await upload([
				['name', 'x'],
				['trackingMode', 'pseudonymous'],
			]);
			const { id } = (await response.json()) as { id: string };
			expect(await store.getPixel(id)).toMatchObject({ trackingMode: 'pseudonymous' });
		});

		it('is refused for one that there is not, or for more than the tracker keeps', async () => {
			const unknown = await errorOf(await create({ name: 'x', trackingMode: 'everything' }), 400);
			expect(unknown).toContain('pseudonymous, identified, full');
			const above = await errorOf(await create({ name: 'x', trackingMode: 'full' }), 400);
			expect(above).toContain('which is at most identified');
		});
	});

	it.each([
		['POST', '/api/pixel/check', 404],
		['DELETE', '/api/v1/pixels/a%00b', 404],
		['POST', '/api/v1/pixels/a%00b/generate-tokens', 404],
		['GET', '/api/v1/pixels/a%00b/generate-tokens/csv', 404],
		['DELETE', '/api/v1/recipients/a%00b', 404],
		['GET', '/logs/a%00b', 404],
		['GET', '/uploads/a%00b.png', 404],
		['GET', '/dashboard?pixel=a%00b', 200],
		['GET', '/tracker/a%00b.png', 200],
		['GET', '/tracker/a.png?token=a%00b', 200],
	])('gets the usual answer to a NUL character: %s %s', async (method, path, status) => {
		const body =
			method === 'POST' ? JSON.stringify({ id: 'a\u0000b', emails: ['a@example.com'] }) : undefined;
		const headers = { ...PERSON, 'content-type': 'application/json' };
		const response = await client.send(path, { method, headers, body });
		expect(response.status).toBe(status);
		expect(client.errors).toEqual([]);
	});
});
