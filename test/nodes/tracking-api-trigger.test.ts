import { NodeOperationError, type IHookFunctions, type IWebhookFunctions } from 'n8n-workflow';

import { TrackingApiTrigger } from '../../nodes/TrackingApiTrigger/TrackingApiTrigger.node';
import { keysOf } from '../support/denylist-keys';
import { PERSON } from '../support/tracking-api';
import {
	apiTriggerContext,
	askTrackingApi,
	type ApiRequest,
} from '../support/tracking-api-request';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const OPEN = { access: 'none' };
const RULES = {
	headerName: 'X-Api-Key',
	manageApiKey: 'manage-key',
	readApiKey: 'read-key',
	manageUser: 'keeper',
	managePassword: 'keeping',
	readUser: 'reader',
	readPassword: 'reading',
};
const withRules = (changes: Record<string, string> = {}) => ({
	credentials: { openTrackingAccessApi: { ...RULES, ...changes } },
});

describe('Tracking API Trigger', () => {
	let folder: UserFolder;
	beforeEach(() => {
		folder = newUserFolder();
	});
	afterEach(async () => await folder.remove());

	const newPixel = async () => (await (await folder.store()).createPixel({ name: 'x' })).id;
	const opens = async () => (await (await folder.store()).listOpens({ limit: 10 })).opens;
	const publish = async (given: Pick<ApiRequest, 'parameters' | 'credentials'>) =>
		await new TrackingApiTrigger().webhookMethods.setup.checkExists.call(
			apiTriggerContext(given) as unknown as IHookFunctions,
		);

	it.each(['/dashboard', '/logs/x', '/api/dashboard', '/api/v1/pixels/x/generate-tokens/csv'])(
		'lets in nobody at %s without its credential, where it was published past the check of n8n',
		async (path) => expect(await askTrackingApi({ path })).toMatchObject({ status: 401 }),
	);

	it('lets in everybody where that was chosen', async () => {
		const answer = await askTrackingApi({ path: '/dashboard', parameters: OPEN });
		expect(answer).toMatchObject({ status: 200, items: [] });
		expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
	});

	it('takes the key in the header that the credential names', async () => {
		const ask = async (name: string) =>
			await askTrackingApi({
				path: '/api/dashboard',
				headers: { [name]: 'read-key' },
				...withRules({ headerName: 'X-Tracker' }),
			});
		expect(await ask('x-tracker')).toMatchObject({ status: 200 });
		const refused = await ask('x-api-key');
		expect(refused.status).toBe(401);
		expect(JSON.parse(refused.body)).toMatchObject({
			error: 'Send your API key in the header X-Tracker.',
		});
	});

	it.each<[string, Record<string, string>, RegExp]>([
		[
			'nobody',
			Object.fromEntries(Object.keys(RULES).map((name) => [name, ''])),
			/nobody is let in/,
		],
		['one key twice', { readApiKey: 'manage-key' }, /two API keys are the same/],
		[
			'one sign-in twice',
			{ readUser: 'keeper', readPassword: 'keeping' },
			/two sign-ins are the same/,
		],
		['a user without password', { readPassword: '' }, /read sign-in has a user or a password/],
		['a user with a colon', { manageUser: 'a:b' }, /manage user has a colon/],
		['no header name', { headerName: 'X Api' }, /header name is not one/],
	])('is not published with a credential of %s, and says why', async (_what, changes, message) => {
		const published = publish(withRules(changes));
		await expect(published).rejects.toThrow(NodeOperationError);
		await expect(published).rejects.toThrow(message);
		await expect(published).rejects.toMatchObject({
			description: 'Correct the credential Open Tracking Access of this node, and publish again.',
		});
	});

	it('is published with a good one, or with none where that was chosen', async () => {
		expect(await publish(withRules())).toBe(true);
		expect(await publish({ parameters: OPEN })).toBe(true);
	});

	it.each(['*', 'app.example.com', 'https://app.example.com/', 'https://app.example.com/x'])(
		'is not published with the origin %s',
		async (allowedOrigins) => {
			const published = publish({ parameters: { ...OPEN, options: { allowedOrigins } } });
			await expect(published).rejects.toThrow(`Allowed Origins: "${allowedOrigins}" is no origin`);
		},
	);

	it('is published with the origins of pages and of a browser extension', async () => {
		const options = { allowedOrigins: 'http://localhost:3000,chrome-extension://abcdefghijklmnop' };
		expect(await publish({ parameters: { ...OPEN, options } })).toBe(true);
	});

	it('lets no page of another origin delete, where everybody is let in', async () => {
		const path = `/api/v1/pixels/${await newPixel()}`;
		const remove = async (headers: Record<string, string>) =>
			(await askTrackingApi({ method: 'DELETE', path, headers, parameters: OPEN })).status;
		expect(await remove({ origin: 'https://elsewhere.example.com' })).toBe(403);
		expect(await remove({ origin: 'null' })).toBe(403);
		expect(await remove({})).toBe(200);
	});

	it('lets pages of named origins read its answers, and no others', async () => {
		const options = { allowedOrigins: 'https://a.example.com, https://b.example.com' };
		const ask = async (origin: string, parameters: object) => {
			const { headers } = await askTrackingApi({
				path: '/api/dashboard',
				headers: { origin },
				parameters: { ...OPEN, ...parameters },
			});
			return headers['access-control-allow-origin'];
		};
		expect(await ask('https://b.example.com', { options })).toBe('https://b.example.com');
		expect(await ask('https://c.example.com', { options })).toBeUndefined();
		expect(await ask('https://b.example.com', {})).toBeUndefined();
	});

	const opensAfterLoad = async (parameters: Record<string, unknown>, query = '') => {
		const path = `/tracker/${await newPixel()}.png${query}`;
		const answer = await askTrackingApi({ path, headers: PERSON, ip: '192.0.2.7', parameters });
		expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } });
		return { kept: await opens(), items: answer.items };
	};

	it('starts the workflow with an open as it was recorded, and with nothing else', async () => {
		const { kept, items } = await opensAfterLoad({}, '?user=john@example.com&id=7');
		expect(kept).toMatchObject([
			{
				trackingMode: 'identified',
				recipientId: 'john@example.com',
				consent: { policy: 'objection-honoured' },
				request: { ip: null, userAgent: null },
			},
		]);
		expect(items).toHaveLength(1);
		expect(items[0]).toMatchObject({ eventId: kept[0].eventId, recipientId: 'john@example.com' });
		const others: ApiRequest[] = [
			{ path: '/tracker/nobody.png' },
			{ path: `/tracker/${kept[0].pixelId}.png`, method: 'HEAD' },
			{ path: '/api/pixel/create' },
			{ path: '/nowhere' },
		];
		for (const other of others) {
			expect(await askTrackingApi({ ...other, parameters: OPEN })).toMatchObject({ items: [] });
		}
	});

	it('keeps address and user agent in mode Full, as the options say', async () => {
		const options = { ip: 'truncate', keep: ['userAgent'] };
		expect((await opensAfterLoad({ trackingMode: 'full', options })).kept).toMatchObject([
			{ request: { ip: '192.0.2.0', userAgent: PERSON['user-agent'] } },
		]);
	});

	it('leaves nothing of people who did not consent, where the policy asks for it', async () => {
		const parameters = { consentPolicy: 'consent-required' };
		expect(await opensAfterLoad(parameters, '?user=john@example.com')).toEqual({
			kept: [],
			items: [],
		});
	});

	it.each([
		['reader', '7'],
		['', null],
	])('names the recipient by the parameter "%s"', async (recipientParameter, recipientId) => {
		const { kept } = await opensAfterLoad({ recipientParameter }, '?user=john&reader=7');
		expect(kept).toMatchObject([{ recipientId }]);
	});

	it('makes links below its own address', async () => {
		const { body } = await askTrackingApi({ path: '/api/pixel/create', parameters: OPEN });
		const { trackingUrl } = JSON.parse(body) as { trackingUrl: string };
		expect(trackingUrl).toMatch(/^https:\/\/n8n\.example\.com\/webhook\/opens\/tracker\//);
	});

	it('sends a long list of addresses whole', async () => {
		const id = await newPixel();
		const list = Array.from({ length: 2000 }, (_, index) => ({
			recipientId: `r${index}`,
			email: `reader${index}@example.com`,
		}));
		await (await folder.store()).addRecipients(id, list, keysOf);
		const path = `/api/v1/pixels/${id}/generate-tokens/csv`;
		const { headers, body, items } = await askTrackingApi({ path, parameters: OPEN });
		expect(headers['content-disposition']).toBe(`attachment; filename="recipients-${id}.csv"`);
		expect(body.split('reader')).toHaveLength(2001);
		expect(items).toEqual([]);
	});

	it('still sends the image where the node is set up so that nothing can be done', async () => {
		const sent: unknown[] = [];
		const context = {
			...apiTriggerContext(),
			getNodeParameter: () => {
				throw new Error('The expression is wrong');
			},
			getRequestObject: () => ({
				method: 'HEAD',
				originalUrl: '/webhook/opens/tracker/x.png',
				headers: {},
			}),
			getResponseObject: () => ({
				removeHeader: () => undefined,
				setHeader: (name: string, value: string) => sent.push([name, value]),
				status: (code: number) => sent.push(code),
				end: () => sent.push('end'),
			}),
		};
		const answered = new TrackingApiTrigger().webhook.call(context as unknown as IWebhookFunctions);
		await expect(answered).rejects.toThrow('The expression is wrong');
		expect(sent).toContainEqual(['content-type', 'image/png']);
		expect(sent.slice(-2)).toEqual([200, 'end']);
	});
});
