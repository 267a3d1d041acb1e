import { parse } from 'csv-parse/sync';

import { OPERATIONS, openApiDocument } from '../../../../src/api/data/openapi';
import { RESPONSE_SCHEMAS, type ResponseName } from '../../../../src/api/data/response-schemas';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { openEventSchema, type OpenEvent } from '../../../../src/tracking/event/open-event';
import { webhooks } from '../../../../nodes/TrackingApiTrigger/routes';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen, START } from '../../../support/sample-opens';
import { onEachEngine, type StorePlace } from '../../../support/stores';
import { BASE_URL, testApi } from '../../../support/tracking-api';

onEachEngine('the HTTP routes for data on $name', ({ newPlace }) => {
	let place: StorePlace;
	let store: TrackingStore;
	let client: ReturnType<typeof testApi>;

	beforeEach(async () => {
		place = await newPlace();
		store = await place.openStore();
		client = testApi(store);
	});
	afterEach(async () => await place.dispose());

	async function fill(): Promise<OpenEvent[]> {
		await store.createPixel({ id: 'p', name: 'P', campaignId: 'spring' });
		await store.registerSent(
			['ada', 'bob', 'cleo'].map((recipientId) => ({
				messageId: null,
				pixelId: 'p',
				campaignId: 'spring',
				recipientId,
				sentAt: new Date(START),
				trackingMode: 'identified' as const,
			})),
			keysOf,
		);
		const open = (recipientId: string, actor: OpenEvent['actor']) =>
			sampleOpen({ pixelId: 'p', campaignId: 'spring', recipientId, actor });
		const opens = [open('ada', 'human'), open('bob', 'prefetch'), open('ada', 'human')];
		await store.recordOpens(opens);
		return opens;
	}

	const click = (recipientId: string, changes: Partial<OpenEvent> = {}) =>
		sampleOpen({
			pixelId: 'p',
			campaignId: 'spring',
			recipientId,
			event: 'click',
			purpose: 'clicks',
			link: { url: 'https://shop.example/boots', position: 2, label: 'Boots' },
			...changes,
		});
	const scanned = { actor: 'scanner', actorReason: 'link-burst' } as const;
	const clicks = () => [
		click('ada'),
		click('ada'),
		click('bob'),
		click('cleo', scanned),
		click('cleo', {
			...scanned,
			link: { url: 'https://blog.example/', position: 3, label: null },
		}),
	];

	it('give out events by a cursor, as JSON Lines and as CSV', async () => {
		const opens = await fill();
		const first = await client.send('/api/v1/events?limit=2');
		expect(first.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
		expect(first.headers.get('x-has-more')).toBe('true');
		const lines = (await first.text()).trim().split('\n');
		expect(lines.map((line) => openEventSchema.parse(JSON.parse(line)))).toEqual([
			{ ...opens[0], firstOpen: true },
			{ ...opens[1], firstOpen: false },
		]);
		const next = async (from: Response, more = '') => {
			const cursor = encodeURIComponent(from.headers.get('x-next-cursor') ?? '');
			return await client.send(`/api/v1/events?cursor=${cursor}${more}`);
		};
		const second = await next(first, '&format=csv');
		expect(second.headers.get('x-has-more')).toBe('false');
		expect(parse(await second.text(), { columns: true })).toMatchObject([
			{ eventId: opens[2].eventId, recipientId: 'ada', actor: 'human' },
		]);
		const third = await next(second);
		expect(await third.text()).toBe('');
		const late = sampleOpen({ at: START - 86_400_000, pixelId: 'p' });
		await store.recordOpens([late]);
		expect(await (await next(third)).text()).toContain(late.eventId);
	});

	it.each([
		['/api/v1/events?limit=0', 'limit must be a whole number from 1 to 1,000.'],
		['/api/v1/events?limit=x', 'limit must be a whole number from 1 to 1,000.'],
		['/api/v1/events?format=xml', 'format must be jsonl or csv.'],
		['/api/v1/events?cursor=x', 'The cursor is none. Use X-Next-Cursor of the answer before.'],
		['/api/v1/campaigns?offset=-1', 'offset must be a whole number from 0.'],
	])('refuse %s', async (path, error) => {
		const response = await client.send(path);
		expect(response.status).toBe(400);
		expect(await response.json()).toEqual({ error });
	});

	it('give out campaigns with the three rates, as JSON and as CSV', async () => {
		await fill();
		const response = await client.send('/api/v1/campaigns?search=SPR');
		expect(await response.json()).toMatchObject({
			campaigns: [
				{
					campaignId: 'spring',
					ratesInWords:
						'50 % of the 2 readers who can be seen; 1 uses an address that hides it',
				},
			],
			hasMore: false,
		});
		const csv = await client.send('/api/v1/campaigns?format=csv');
		expect(parse(await csv.text(), { columns: true })).toMatchObject([
			{ campaignId: 'spring', sentRecipients: '3', confirmedRecipients: '1', likelyRate: '0.5' },
		]);
	});

	it('give out clicks: each as an event, the rates of a campaign, and its links', async () => {
		await fill();
		expect(await (await client.send('/api/v1/campaigns')).json()).toMatchObject({
			campaigns: [{ clicks: 0, clickRates: null }],
		});
		await store.recordOpens(clicks());
		const events = await client.send('/api/v1/events?format=csv');
		const rows: object[] = parse(await events.text(), { columns: true });
		expect(rows).toHaveLength(8);
		expect(rows[3]).toMatchObject({
			event: 'click',
			recipientId: 'ada',
			linkUrl: 'https://shop.example/boots',
			linkPosition: '2',
			linkLabel: 'Boots',
		});
		expect(await (await client.send('/api/v1/campaigns')).json()).toMatchObject({
			campaigns: [
				{
					clicks: 3,
					uniqueClicks: 2,
					machineClicks: 2,
					clickRates: {
						clicked: { recipients: 2, sentRecipients: 3 },
						clickToOpen: { recipients: 1, opened: 1, rate: 1 },
					},
					clicksInWords:
						'2 of 3 recipients clicked (67 %); of the 1 with a counted open, 100 % clicked as well',
				},
			],
		});
		const csv = await client.send('/api/v1/campaigns?format=csv');
		expect(parse(await csv.text(), { columns: true })).toMatchObject([
			{ clicks: '3', machineClicks: '2', clickedRecipients: '2', clickToOpenRate: '1' },
		]);
		const expected = [
			{
				position: 2,
				label: 'Boots',
				site: 'https://shop.example/',
				page: 'https://shop.example/boots',
				people: 2,
				clicks: 3,
				machineClicks: 1,
				machineReasons: [{ actor: 'scanner', reason: 'link-burst', clicks: 1 }],
				clicksRead: 4,
			},
			{ position: 3, label: null, people: 0, clicks: 0, machineClicks: 1 },
		];
		for (const of of ['campaignId=spring', 'pixelId=p']) {
			const links = await client.send(`/api/v1/links?${of}`);
			expect(await links.json()).toMatchObject({ links: expected });
		}
		const asCsv = await client.send('/api/v1/links?campaignId=spring&format=csv');
		expect(parse(await asCsv.text(), { columns: true })).toMatchObject([
			{
				label: 'Boots',
				people: '2',
				machineReasons:
					'1 × Security scanner: Three or more links of one email were followed within ten seconds',
			},
			{ position: '3', clicks: '0' },
		]);
		const check = await client.sendJson('/api/pixel/check', { id: 'p' });
		expect(await check.json()).toMatchObject({ clicked: true, clicks: 3, machineClicks: 2 });
		expect(await (await client.send('/api/dashboard')).json()).toMatchObject({
			stats: { clicks: 3, machineClicks: 2, clickRates: { clicked: { recipients: 2 } } },
		});
	});

	it.each([
		['', 400, 'Give campaignId or pixelId, one of the two.'],
		['?campaignId=spring&pixelId=p', 400, 'Give campaignId or pixelId, one of the two.'],
		['?campaignId=none', 404, 'Campaign not found'],
		['?pixelId=none', 404, 'Pixel not found'],
	])('answer for the links of "%s" with %d', async (query, status, error) => {
		await fill();
		const response = await client.send(`/api/v1/links${query}`);
		expect([response.status, await response.json()]).toEqual([status, { error }]);
	});

	it('are open to whoever reads, and to no stranger', async () => {
		const rules = {
			headerName: 'X-Api-Key',
			keys: { read: 'reader', manage: 'manager' },
			signIns: { read: { user: '', password: '' }, manage: { user: '', password: '' } },
		};
		const guarded = testApi(store, { access: async () => rules });
		await fill();
		for (const path of [
			'/api/v1/events',
			'/api/v1/campaigns',
			'/api/v1/links?campaignId=spring',
			'/api/openapi.json',
		]) {
			const answer = async (headers: Record<string, string>) =>
				(await guarded.send(path, { headers })).status;
			expect(await answer({})).toBe(401);
			expect(await answer({ 'x-api-key': 'reader' })).toBe(200);
			expect(await answer({ 'x-api-key': 'manager' })).toBe(200);
		}
	});

	it('are described as OpenAPI, each of them, and answer as described', async () => {
		await fill();
		const { api, send, sendJson, load } = client;
		expect(Object.keys(OPERATIONS).sort()).toEqual([...new Set(api.routes)].sort());
		const named = (path: string) => path.replace(/:\w+/g, ':x');
		const registered = webhooks.flatMap(({ httpMethod, path }) =>
			String(httpMethod)
				.split(',')
				.filter((method) => method !== 'HEAD')
				.map((method) => named(`${method} /${path}`)),
		);
		expect(registered.sort()).toEqual(Object.keys(OPERATIONS).map(named).sort());

		const described = (await (await send('/api/openapi.json')).json()) as ReturnType<
			typeof openApiDocument
		>;
		expect(described).toEqual(
			JSON.parse(JSON.stringify(openApiDocument({ baseUrl: BASE_URL, headerName: 'X-Api-Key' }))),
		);
		const refs = [...JSON.stringify(described).matchAll(/#\/components\/schemas\/(\w+)/g)];
		for (const [, name] of refs) expect(described.components.schemas).toHaveProperty(name);

		const asked = new Set<string>();
		/** Asks a route, and holds its answer to the description: no field more, none less. */
		const expectDescribed = async (route: string, response: Response, name?: ResponseName) => {
			const [method, path] = route.split(' ');
			const operation = described.paths[path.replace(/:(\w+)/g, '{$1}')]?.[
				method.toLowerCase()
			] as { responses: Record<string, { content?: Record<string, { schema: object }> }> };
			asked.add(route);
			const { content } = operation.responses[response.status] ?? {};
			const type = (response.headers.get('content-type') ?? '').split(';')[0];
			if (content === undefined) return null;
			const isImage = 'image/*' in content && type.startsWith('image/');
			expect(isImage || Object.keys(content).includes(type)).toBe(true);
			if (type !== 'application/json') return null;
			expect(name).toBeDefined();
			if (name === undefined) return null;
			expect(content[type].schema).toEqual({ $ref: `#/components/schemas/${name}` });
			const body: unknown = await response.json();
			expect(RESPONSE_SCHEMAS[name].parse(body)).toEqual(body);
			return body as Record<string, unknown>;
		};
		const get = async (route: string, path: string, name?: ResponseName) =>
			await expectDescribed(route, await send(path), name);
		await get('GET /api/openapi.json', '/api/openapi.json', 'Description');
		await get('GET /api/v1/events', '/api/v1/events');
		await get('GET /api/v1/campaigns', '/api/v1/campaigns', 'Campaigns');
		await store.recordOpens(clicks());
		await get('GET /api/v1/campaigns', '/api/v1/campaigns', 'Campaigns');
		await get('GET /api/v1/links', '/api/v1/links?campaignId=spring', 'Links');
		await get('GET /campaign/links.csv', '/campaign/links.csv?id=spring');
		const made = await get('GET /api/pixel/create', '/api/pixel/create', 'CreatedPixel');
		const check = async (id: unknown) => await sendJson('/api/pixel/check', { id });
		await expectDescribed('POST /api/pixel/check', await check(made?.id), 'PixelStatus');
		await expectDescribed('POST /api/pixel/check', await check('none'), 'PixelNotFound');
		await get('GET /api/dashboard', '/api/dashboard', 'Dashboard');
		const body = await sendJson('/api/v1/pixels', { name: 'Launch' });
		const pixel = await expectDescribed('POST /api/v1/pixels', body, 'NamedPixel');
		const tokens = `/api/v1/pixels/${String(pixel?.id)}/generate-tokens`;
		const given = await expectDescribed(
			'POST /api/v1/pixels/:id/generate-tokens',
			await sendJson(tokens, { emails: ['ada@example.com'] }),
			'Tokens',
		);
		await get('GET /api/v1/pixels/:id/generate-tokens/csv', `${tokens}/csv`);
		const [{ id }] = given?.tokens as Array<{ id: string }>;
		const remove = async (path: string) => await send(path, { method: 'DELETE' });
		await expectDescribed(
			'DELETE /api/v1/recipients/:id',
			await remove(`/api/v1/recipients/${id}`),
			'DeletedRecipient',
		);
		await expectDescribed('GET /tracker/:file', await load(String(made?.trackingUrl)));
		await get('GET /dashboard', '/dashboard');
		await get('GET /logs/:id', '/logs/p');
		for (const page of ['campaigns', 'pixels', 'recipients', 'opens', 'search', 'setup', 'dashboard/live']) {
			await get(`GET /${page}`, `/${page}`);
		}
		await expectDescribed(
			'DELETE /api/v1/pixels/:id',
			await remove(`/api/v1/pixels/${String(pixel?.id)}`),
			'Success',
		);
		// What is wrong is described as well.
		const wrong = await send('/api/v1/pixels/none', { method: 'DELETE' });
		expect(RESPONSE_SCHEMAS.Error.parse(await wrong.json())).toEqual({ error: 'Pixel not found' });
		// Forms, images and pages about one thing are held to their answers by tests of their own.
		const left = Object.keys(OPERATIONS).filter((route) => !asked.has(route));
		expect(left.sort()).toEqual([
			'GET /campaign',
			'GET /campaign/recipients.csv',
			'GET /compare',
			'GET /person',
			'GET /uploads/:file',
			'POST /dashboard/pixels',
			'POST /dashboard/sample/delete',
			'POST /logs/:id/delete',
			'POST /person/erase',
			'POST /person/export',
			'POST /person/withdraw',
		]);
	});
});
