import { randomBytes } from 'node:crypto';

import type { ApiDeps } from '../../../../src/api/api-deps';
import { StoreError } from '../../../../src/storage/port/store-error';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { signToken } from '../../../../src/tracking/links/token';
import { PIXEL_PNG } from '../../../../src/tracking/receive/pixel-image';
import { pixelHeaders } from '../../../../src/tracking/receive/pixel-response';
import { onEachEngine, type StorePlace } from '../../../support/stores';
import { BASE_URL, PERSON, testApi } from '../../../support/tracking-api';
import { keysOf } from '../../../support/denylist-keys';

/** The operator's widest setting. */
function keepAll({ receiveSettings }: ApiDeps): void {
	receiveSettings.mode = 'full';
	receiveSettings.keep = { ip: 'keep', userAgent: true, referer: false, acceptLanguage: false };
}

onEachEngine('the image of a pixel on $name', ({ newPlace }) => {
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

	const opensOf = async (pixelId: string) => (await store.listOpens({ limit: 100, pixelId })).opens;

	it('is the default pixel, and the load is recorded with the recipient of its token', async () => {
		const { id } = await newPixel({ name: 'x', campaignId: 'c' });
		const { tokens } = (await (await tokensFor(id, ['a@example.com'])).json()) as {
			tokens: Array<{ trackingUrl: string }>;
		};
		const image = await client.load(tokens[0].trackingUrl);
		expect(Buffer.from(await image.arrayBuffer()).equals(PIXEL_PNG)).toBe(true);
		expect(Object.fromEntries(image.headers)).toEqual(pixelHeaders(PIXEL_PNG.length));
		const [open] = await opensOf(id);
		const [recipient] = await store.findRecipients(id, [open.recipientId!]);
		expect(recipient.email).toBe('a@example.com');
		expect(open).toMatchObject({ pixelId: id, campaignId: 'c', actor: 'human' });
		expect(JSON.stringify(open)).not.toContain('example.com');
	});

	it('counts without a token, for the pixel alone', async () => {
		const { id } = await newPixel();
		await client.send(`/tracker/${id}.png`, { headers: PERSON });
		expect(await opensOf(id)).toMatchObject([{ pixelId: id, recipientId: null }]);
	});

	it('knows tokens that the store holds and that nobody signed', async () => {
		const { id } = await newPixel();
		await store.addRecipients(id, [{ recipientId: 'r-1', token: 'plain-token' }], keysOf);
		await client.send(`/tracker/${id}.png?token=plain-token`, { headers: PERSON });
		expect(await opensOf(id)).toMatchObject([{ recipientId: 'r-1' }]);
	});

	it('labels loads of one recipient from three networks', async () => {
		const { id } = await newPixel();
		await store.addRecipients(id, [{ recipientId: 'r-1', token: 'plain-token' }], keysOf);
		const load = async (forwardedFor: string) =>
			await client.send(`/tracker/${id}.png?token=plain-token`, {
				headers: { ...PERSON, 'x-forwarded-for': forwardedFor },
			});
		for (const spoofed of ['192.0.2.1', '198.51.100.1']) await load(`${spoofed}, 203.0.113.1`);
		await load('192.0.2.1');
		expect((await opensOf(id)).map(({ actor }) => actor)).toEqual(['human', 'human', 'human']);
		await load('198.51.100.1');
		expect(new Set((await opensOf(id)).map(({ actor }) => actor))).toEqual(new Set(['scanner']));
	});

	it('believes no ids in the query, no forged token and no token of another pixel', async () => {
		const { id } = await newPixel();
		const other = await newPixel();
		const [{ token }] = (
			(await (await tokensFor(other.id, ['a@example.com'])).json()) as {
				tokens: Array<{ token: string }>;
			}
		).tokens;
		await client.send(`/tracker/${id}.png?recipientId=r&id=r&pixelId=p`, { headers: PERSON });
		for (const bad of [token, `${token.slice(0, -1)}_`, 'forged']) {
			const image = await client.send(`/tracker/${id}.png?token=${bad}`, { headers: PERSON });
			expect(Object.fromEntries(image.headers)).toEqual(pixelHeaders(PIXEL_PNG.length));
		}
		expect(await opensOf(id)).toMatchObject([{ pixelId: id, recipientId: null }]);
		expect(await opensOf(other.id)).toEqual([]);
	});

	it.each([
		['user', '?user=john@example.com', 'john@example.com'],
		['user', '?user=a&user=b', 'a'],
		['reader', '?reader=7', '7'],
		['reader', '?user=7', null],
		['', '?=7', null],
		['user', `?user=${'x'.repeat(257)}`, null],
		['user', '?user=a%00b', null],
	])('names whom the parameter %j of a bare link names: %s', async (name, query, recipientId) => {
		client.deps.receiveSettings.plainIds.recipientParameter = name;
		const { id, trackingUrl } = await newPixel();
		await client.load(`${trackingUrl}${query}`);
		expect(await opensOf(id)).toMatchObject([{ pixelId: id, recipientId }]);
	});

	it('believes a token before such a parameter, and a forged one not at all', async () => {
		const { id, trackingUrl } = await newPixel();
		const response = await tokensFor(id, ['a@example.com']);
		const { tokens } = (await response.json()) as { tokens: Array<{ trackingUrl: string }> };
		await client.load(`${tokens[0].trackingUrl}&user=other`);
		await client.load(`${trackingUrl}?user=other&token=forged`);
		const opens = await opensOf(id);
		expect(opens).toHaveLength(1);
		expect(opens[0].recipientId).not.toBe('other');
	});

	it('asks about the person that a bare link names, and leaves nothing of one who objected', async () => {
		const asked: string[] = [];
		client.deps.receiveDeps.consentStatus = async (recipientId) => {
			asked.push(recipientId);
			return { status: 'withdrawn', recordId: null };
		};
		const { id, trackingUrl } = await newPixel();
		await client.load(`${trackingUrl}?user=john@example.com`);
		expect(asked).toEqual(['john@example.com']);
		expect(await opensOf(id)).toEqual([]);
	});

	it('is recorded of nobody without a consent, where that is required', async () => {
		client.deps.receiveSettings.consent.policy = 'consent-required';
		const { id, trackingUrl } = await newPixel();
		await client.load(trackingUrl);
		await client.load(`${trackingUrl}?user=john@example.com`);
		expect(await opensOf(id)).toEqual([]);
	});

	it('keeps address and user agent in mode full, and only for pixels that allow it', async () => {
		keepAll(client.deps);
		const headers = { ...PERSON, 'x-forwarded-for': '192.0.2.7' };
		for (const [trackingMode, ip] of [
			[undefined, '192.0.2.7'],
			['full', '192.0.2.7'],
			['identified', null],
		] as const) {
			const { id, trackingUrl } = await newPixel({ name: 'x', trackingMode });
			const response = await tokensFor(id, ['a@example.com']);
			const { tokens } = (await response.json()) as { tokens: Array<{ trackingUrl: string }> };
			await client.load(trackingUrl, headers);
			await client.load(tokens[0].trackingUrl, headers);
			const userAgent = ip === null ? null : PERSON['user-agent'];
			const kept = { trackingMode: trackingMode ?? 'full', request: { ip, userAgent } };
			expect(await opensOf(id)).toMatchObject([kept, kept]);
		}
	});

	it('leaves nothing for an id that no pixel has', async () => {
		const image = await client.send('/tracker/nobody.png', { headers: PERSON });
		expect(image.status).toBe(200);
		expect(await opensOf('nobody')).toEqual([]);
		expect(await store.getStatus({ pixelId: 'nobody' })).toBeNull();
	});

	it('never asks a link for more than its pixel allows', async () => {
		const pixel = await store.createPixel({ name: 'counts only', trackingMode: 'aggregate' });
		await client.send(`/tracker/${pixel.id}.png`, { headers: PERSON });
		expect(await opensOf(pixel.id)).toEqual([]);
		expect(await check(pixel.id)).toMatchObject({ viewCount: 1 });
	});

	it('answers HEAD alike, without a body and without counting', async () => {
		const { id, trackingUrl } = await newPixel();
		const path = trackingUrl.replace(BASE_URL, '');
		const image = await client.send(path, { method: 'HEAD', headers: PERSON });
		expect(image.status).toBe(200);
		expect(Object.fromEntries(image.headers)).toEqual(pixelHeaders(PIXEL_PNG.length));
		expect((await image.arrayBuffer()).byteLength).toBe(0);
		expect(await opensOf(id)).toEqual([]);
	});
});

describe('with a store that is away', () => {
	const away = async (): Promise<TrackingStore> => {
		throw new Error('connect refused for secret@example.com');
	};

	it('the image is answered as always and the open waits, as its token says', async () => {
		const client = testApi({} as TrackingStore, { openStore: away });
		const token = signToken(
			{
				pixelId: 'p-1',
				recipientId: 'r-1',
				campaignId: null,
				messageId: null,
				trackingMode: null,
				purpose: null,
				issuedAt: client.clock.now,
				preview: false,
			},
			client.keyRing,
			{ iv: randomBytes(12) },
		);
		for (const query of [`?token=${token}`, '?token=plain', '']) {
			const image = await client.send(`/tracker/p-1.png${query}`, { headers: PERSON });
			expect(image.status).toBe(200);
			expect(Object.fromEntries(image.headers)).toEqual(pixelHeaders(PIXEL_PNG.length));
		}
		expect(client.waiting).toMatchObject([
			{ pixelId: 'p-1', recipientId: 'r-1', event: 'open' },
			{ pixelId: 'p-1', recipientId: null },
			{ pixelId: 'p-1', recipientId: null },
		]);
	});

	const paths = ['/api/pixel/create', '/api/dashboard', '/uploads/x.png'];

	it('everything else is 503 with the reason, where the store gave one', async () => {
		const reason = new StoreError('unavailable', 'PostgreSQL answered 57P03. Try again.');
		const client = testApi({} as TrackingStore, {
			openStore: async () => {
				throw reason;
			},
		});
		for (const path of paths) {
			const response = await client.send(path);
			expect(response.status).toBe(503);
			expect(await response.json()).toMatchObject({ error: reason.message });
		}
		expect(client.errors).toEqual(paths.map(() => reason));
	});

	it('everything else is 500 with {error} that says nothing of a cause that may be anything', async () => {
		const client = testApi({} as TrackingStore, { openStore: away });
		for (const path of paths) {
			const response = await client.send(path);
			expect(response.status).toBe(500);
			const text = await response.text();
			expect(JSON.parse(text)).toMatchObject({ error: expect.any(String) });
			expect(text).not.toContain('secret');
		}
		expect(client.errors.length).toBe(paths.length);
	});

	it('nothing of the request is handed on, since what the pixel allows is not known', async () => {
		const client = testApi({} as TrackingStore, { openStore: away });
		keepAll(client.deps);
		await client.send('/tracker/p-1.png?user=ada@example.com', { headers: PERSON });
		expect(client.waiting).toMatchObject([
			{ trackingMode: 'identified', request: { ip: null, userAgent: null } },
		]);
	});

	it('the image is answered where an open can be kept nowhere, and the operator is told', async () => {
		const failing = async () => {
			throw new Error('disk full');
		};
		const store = { getPixel: async () => ({ id: 'p-1', imageType: null }) };
		const client = testApi(store as unknown as TrackingStore, { recordOpen: failing });
		const image = await client.send('/tracker/p-1.png', { headers: PERSON });
		expect(image.status).toBe(200);
		expect(client.errors).toEqual([new Error('disk full')]);
	});

	it('a store that hangs does not hold up the image, and the open waits', async () => {
		const never = async () => await new Promise<never>(() => undefined);
		const hanging = testApi({} as TrackingStore, { openStore: never });
		const start = Date.now();
		const image = await hanging.send('/tracker/p-1.png', { headers: PERSON });
		expect(image.status).toBe(200);
		expect(Date.now() - start).toBeLessThan(3_000);
		expect(hanging.waiting).toMatchObject([{ pixelId: 'p-1' }]);
	});
});
