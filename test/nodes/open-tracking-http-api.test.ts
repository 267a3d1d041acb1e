import { NodeOperationError } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { openTrackingStore } from '../../nodes/shared/installation/store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { keysOf } from '../support/denylist-keys';
import { executeContext, executeNode } from '../support/node-context';
import { PERSON } from '../support/tracking-api';

const parameters = {
	resource: 'httpApi',
	operation: 'handleRequest',
	method: 'GET',
	url: 'https://n8n.example.com/webhook/dashboard',
};

describe('HTTP API: Handle Request', () => {
	it('says what to connect when the item is no request', async () => {
		const run = executeNode(new OpenTracking(), [{ json: { name: 'x' } }], { parameters });
		await expect(run).rejects.toThrow(NodeOperationError);
		await expect(run).rejects.toMatchObject({
			message: 'The item is not a request',
			description: 'Connect this directly behind a Webhook node',
			context: { itemIndex: 0 },
		});
	});

	it('refuses an address outside the webhooks, as an item where the user goes on', async () => {
		const { output } = await executeNode(
			new OpenTracking(),
			[{ json: { headers: {}, query: {} } }],
			{
				parameters: { ...parameters, url: 'https://n8n.example.com/rest/x' },
				continueOnFail: true,
			},
		);
		expect(output[0]).toMatchObject([
			{ json: { error: 'The URL is not the address of a webhook' }, pairedItem: { item: 0 } },
		]);
	});
});

describe('HTTP API: Handle Request, behind Webhook nodes as they are imported', () => {
	async function answer(
		path: string,
		options: { webhookAuthentication?: string; access?: string },
	) {
		const { access = 'webhook', webhookAuthentication = 'none' } = options;
		const { responses } = await executeNode(
			new OpenTracking(),
			[{ json: { headers: PERSON, query: {}, params: {} } }],
			{
				parameters: { ...parameters, url: `https://n8n.example.com/webhook${path}`, access },
				webhookMethod: 'GET',
				webhookAuthentication,
			},
		);
		const { body, headers, statusCode } = responses[0] as {
			body: Buffer;
			headers: Record<string, string>;
			statusCode: number;
		};
		return { status: statusCode, type: headers['content-type'].split(';')[0], body: String(body) };
	}

	it.each(['/api/dashboard', '/api/pixel/create', '/api/v1/pixels/x/generate-tokens/csv'])(
		'refuses a stranger at %s, and says what to set',
		async (path) => {
			const { status, type, body } = await answer(path, {});
			expect({ status, type }).toEqual({ status: 403, type: 'application/json' });
			expect(JSON.parse(body).error).toMatch(/answers nobody\. In n8n, set Authentication/);
		},
	);

	it.each(['/dashboard', '/logs/some-pixel'])('refuses a stranger on a page: %s', async (path) => {
		const { status, type, body } = await answer(path, {});
		expect({ status, type }).toEqual({ status: 403, type: 'text/html' });
		expect(body).toContain('set Authentication in its Webhook node');
	});

	it('answers where the Webhook node asks who it is, or everybody is meant', async () => {
		expect(await answer('/dashboard', { webhookAuthentication: 'basicAuth' })).toMatchObject({
			status: 200,
		});
		expect(await answer('/dashboard', { access: 'everybody' })).toMatchObject({ status: 200 });
	});

	it('gives the image to everybody', async () => {
		expect(await answer('/tracker/some-pixel.png', {})).toMatchObject({
			status: 200,
			type: 'image/png',
		});
	});
});

describe('HTTP API: Handle Request, with its settings', () => {
	const hops = process.env.N8N_PROXY_HOPS;
	beforeAll(() => {
		process.env.N8N_PROXY_HOPS = '1';
	});
	afterAll(() => {
		if (hops === undefined) delete process.env.N8N_PROXY_HOPS;
		else process.env.N8N_PROXY_HOPS = hops;
	});

	/** Loads the image of a new pixel, and gives what is in the log then. */
	const opensAfterLoad = async (settings: Record<string, unknown>, query: object = {}) => {
		const headers = { ...PERSON, 'x-forwarded-for': '192.0.2.7' };
		const url = 'https://n8n.example.com/webhook/tracker/:file';
		let store: TrackingStore | undefined;
		const run = async (file: string) => {
			const { context } = executeContext(
				new OpenTracking(),
				[{ json: { headers, params: { file }, query: { ...query } } }],
				{ parameters: { ...parameters, url, ...settings } },
			);
			Object.assign(context, { getTimezone: () => 'UTC' });
			store ??= await openTrackingStore(context);
			return await new OpenTracking().execute.call(context);
		};
		await run('nobody.png');
		const { id } = await store!.createPixel({ name: 'x' });
		expect(await run(`${id}.png`)).toMatchObject([[{ json: { statusCode: 200 } }]]);
		return (await store!.listOpens({ limit: 10, pixelId: id })).opens;
	};

	it('keeps nothing of the request, and reads ?user=, unless it is told otherwise', async () => {
		expect(await opensAfterLoad({}, { user: 'john@example.com', id: '7' })).toMatchObject([
			{
				trackingMode: 'identified',
				recipientId: 'john@example.com',
				consent: { policy: 'objection-honoured' },
				request: { ip: null, userAgent: null },
			},
		]);
	});

	it('keeps address and user agent in mode Full, as the options say', async () => {
		const options = { ip: 'keep', keep: ['userAgent'] };
		expect(await opensAfterLoad({ trackingMode: 'full', options })).toMatchObject([
			{ trackingMode: 'full', request: { ip: '192.0.2.7', userAgent: PERSON['user-agent'] } },
		]);
		const shortened = { ip: 'truncate', keep: [] };
		expect(await opensAfterLoad({ trackingMode: 'full', options: shortened })).toMatchObject([
			{ request: { ip: '192.0.2.0', userAgent: null } },
		]);
		expect(await opensAfterLoad({ trackingMode: 'identified', options })).toMatchObject([
			{ request: { ip: null, userAgent: null } },
		]);
	});

	it('leaves nothing of people who did not consent, where the policy asks for it', async () => {
		const required = { consentPolicy: 'consent-required' };
		expect(await opensAfterLoad(required, { user: 'john@example.com' })).toEqual([]);
	});

	it('sends a long list of addresses itself, and leaves no item or file of it to n8n', async () => {
		const url = 'https://n8n.example.com/webhook/api/v1/pixels/:id/generate-tokens/csv';
		const { context } = executeContext(new OpenTracking(), [], { parameters });
		const store = await openTrackingStore(context);
		const { id } = await store.createPixel({ name: 'x' });
		const list = Array.from({ length: 2000 }, (_, index) => ({
			recipientId: `r${index}`,
			email: `reader${index}@example.com`,
		}));
		await store.addRecipients(id, list, keysOf);
		const { output, responses } = await executeNode(
			new OpenTracking(),
			[{ json: { headers: {}, params: { id }, query: {} } }],
			{ parameters: { ...parameters, url, access: 'everybody' } },
		);
		expect(output[0]).toMatchObject([{ json: { statusCode: 200 } }]);
		expect(output[0][0].binary).toBeUndefined();
		expect(responses).toMatchObject([
			{
				statusCode: 200,
				headers: {
					'content-type': 'text/csv; charset=utf-8',
					'content-disposition': `attachment; filename="recipients-${id}.csv"`,
				},
			},
		]);
		const { body } = responses[0] as { body: Buffer };
		expect(String(body).split('reader')).toHaveLength(2001);
	});

	it('names nobody by another parameter, or by any where none is set', async () => {
		const query = { user: 'john@example.com', reader: '7' };
		const named = await opensAfterLoad({ recipientParameter: 'reader' }, query);
		expect(named).toMatchObject([{ recipientId: '7' }]);
		const nobody = await opensAfterLoad({ recipientParameter: '' }, query);
		expect(nobody).toMatchObject([{ recipientId: null }]);
	});
});
