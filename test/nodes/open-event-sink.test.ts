import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ICredentialTestFunctions, ICredentialType, IDataObject } from 'n8n-workflow';

import { OpenTrackingPostHogApi } from '../../credentials/OpenTrackingPostHogApi.credentials';
import { OpenTrackingSalesforceOAuth2Api } from '../../credentials/OpenTrackingSalesforceOAuth2Api.credentials';
import { OpenEventSink } from '../../nodes/OpenEventSink/OpenEventSink.node';
import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { SINKS, findSink } from '../../src/sinks/registry';
import type { Sink, SinkRequest } from '../../src/sinks/sink';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { executeContext } from '../support/node-context';
import { openEvent } from '../support/open-events';
import { CONTRACTS } from '../unit/sinks/contracts';

const node = new OpenEventSink();

interface Sent {
	credential: string;
	url: string;
	method: string;
	qs: Record<string, string>;
	body?: Buffer;
	[option: string]: unknown;
}
interface Answer {
	statusCode: number;
	headers?: Record<string, string>;
	body?: unknown;
}

/** Runs the node with a stand-in for n8n's HTTP client that gives `answers` in turn. */
async function run(
	items: object[],
	settings: {
		sink?: string;
		parameters?: Record<string, unknown>;
		answers?: Array<Answer | Error | ((sent: Sent) => Answer)>;
		continueOnFail?: boolean;
		credential?: Record<string, unknown>;
		canceled?: AbortSignal;
		mode?: string;
	} = {},
) {
	const sink = findSink(settings.sink ?? 'signedWebhook');
	const answers = settings.answers ?? [{ statusCode: 200 }];
	const sent: Sent[] = [];
	const { context } = executeContext(
		node,
		items.map((json) => ({ json: json as IDataObject })),
		{
			parameters: { operation: sink.name, ...settings.parameters },
			continueOnFail: settings.continueOnFail,
			credentials: { [sink.credential.name]: settings.credential ?? sampleCredential(sink) },
		},
	);
	Object.assign(context, {
		getExecutionCancelSignal: () => settings.canceled,
		getMode: () => settings.mode ?? 'manual',
		getWorkflow: () => ({ id: 'workflow', name: 'Sinks' }),
	});
	Object.assign(context.helpers, {
		async httpRequestWithAuthentication(this: unknown, credential: string, options: Sent) {
			expect(this).toBe(context);
			const answer = answers[Math.min(sent.length, answers.length - 1)];
			sent.push({ ...options, credential });
			if (answer instanceof Error) throw answer;
			const {
				statusCode,
				headers = {},
				body = '',
			} = typeof answer === 'function' ? answer(sent[sent.length - 1]) : answer;
			return { statusCode, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
		},
	});
	const [delivered, failed] = await node.execute.call(context);
	return { delivered, failed, sent };
}

function sampleCredential(sink: Sink): Record<string, string> {
	return Object.fromEntries(
		sink.credential.fields.map(({ name, default: preset }) => [
			name,
			preset || (/url/i.test(name) ? 'https://sink.example.com/' : `${name}-value`),
		]),
	);
}

const once = { options: { maxAttempts: 1 } };
const bodyOf = ({ body }: Sent) => JSON.parse(String(body)) as Record<string, unknown>;

describe('Open Event Sink', () => {
	it('gives out each event with what became of it, in input order', async () => {
		const events = [openEvent(), openEvent(), openEvent()];
		const { delivered, failed, sent } = await run(events);
		expect(delivered).toEqual(
			events.map((event, index) => ({
				json: {
					...event,
					delivery: {
						destination: 'signedWebhook',
						status: 'delivered',
						reason: null,
						retryable: false,
					},
				},
				pairedItem: { item: index },
			})),
		);
		expect(failed).toEqual([]);
		expect(sent).toHaveLength(1);
		expect(bodyOf(sent[0])).toEqual({ events });
	});

	it("sends the exact bytes through n8n's client, with the login of the credential", async () => {
		const { sent } = await run([openEvent()]);
		expect(sent[0]).toMatchObject({
			credential: 'openTrackingSignedWebhookApi',
			method: 'POST',
			url: 'https://sink.example.com/',
			body: expect.any(Buffer),
			json: false,
			encoding: 'text',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: 30_000,
			headers: { 'webhook-signature': expect.stringMatching(/^v1,/) },
		});
	});

	it('lets exactly the refused half of a batch out as failed, with the reason of the vendor', async () => {
		const events = [1, 2, 3, 4].map(() => openEvent());
		const answer = {
			errors: true,
			items: [201, 400, 409, 400].map((status) => ({
				create: {
					status,
					...(status === 400 && {
						error: { type: 'mapper_parsing_exception', reason: 'bad date' },
					}),
				},
			})),
		};
		const { delivered, failed } = await run(events, {
			sink: 'elasticsearch',
			answers: [{ statusCode: 200, body: answer }],
		});
		expect(delivered.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
		expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }, { item: 3 }]);
		expect(failed[0].json).toMatchObject({
			eventId: events[1].eventId,
			delivery: {
				destination: 'elasticsearch',
				status: 'rejected',
				reason: expect.stringContaining('bad date'),
				retryable: false,
			},
		});
	});

	it.each([
		['429', { statusCode: 429, headers: { 'Retry-After': '7' } }, 'HTTP 429'],
		['503', { statusCode: 503, body: 'try later' }, 'HTTP 503: try later'],
		['401', { statusCode: 401 }, 'HTTP 401. Check the credential and its rights'],
		[
			'no answer',
			Object.assign(new Error('connect to 10.0.0.1 with key abc'), {
				cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
			}),
			'No answer (ECONNREFUSED)',
		],
	])('says of %s that it can be sent again', async (_case, answer, reason) => {
		const { delivered, failed } = await run([openEvent()], {
			answers: [answer],
			parameters: once,
		});
		expect(delivered).toEqual([]);
		expect(failed[0].json.delivery).toEqual({
			destination: 'signedWebhook',
			status: 'retryable',
			reason,
			retryable: true,
		});
	});

	it('waits as long as Retry-After says, then delivers', async () => {
		const before = Date.now();
		const { delivered, sent } = await run([openEvent()], {
			answers: [{ statusCode: 429, headers: { 'Retry-After': '1' } }, { statusCode: 200 }],
		});
		expect(Date.now() - before).toBeGreaterThanOrEqual(995);
		expect(delivered).toHaveLength(1);
		expect(sent[1].headers).toMatchObject({
			'webhook-id': (sent[0].headers as Record<string, string>)['webhook-id'],
		});
	});

	it('stops waiting, and sends nothing more, when the execution is canceled', async () => {
		const user = new AbortController();
		const answers = [{ statusCode: 429, headers: { 'Retry-After': '60' } }, { statusCode: 200 }];
		const running = run([openEvent()], { answers, canceled: user.signal });
		setImmediate(() => user.abort());
		await expect(running).rejects.toThrow('The execution was canceled');
	});

	it.each(['aggregate', 'hygiene', 'off'] as const)(
		'never sends a recipient id that trackingMode %s forbids, and names the mode',
		async (trackingMode) => {
			const allowed = openEvent();
			const { delivered, failed, sent } = await run([openEvent({ trackingMode }), allowed]);
			expect(failed).toHaveLength(1);
			expect(failed[0]).toMatchObject({
				json: { delivery: { status: 'rejected', reason: expect.stringContaining(trackingMode) } },
				pairedItem: { item: 0 },
			});
			expect(delivered).toHaveLength(1);
			expect(bodyOf(sent[0])).toEqual({ events: [allowed] });
		},
	);

	it('leaves out what is not for the destination, and does not call it failed', async () => {
		const { delivered, failed, sent } = await run(
			[openEvent({ actor: 'scanner', recipientId: 'ada@example.com' })],
			{ sink: 'brevo' },
		);
		expect(failed).toEqual([]);
		expect(sent).toEqual([]);
		expect(delivered[0].json.delivery).toMatchObject({ status: 'skipped', retryable: false });
	});

	it('sends an item that failed before again as the event it is', async () => {
		const first = await run([openEvent()], { answers: [{ statusCode: 500 }], parameters: once });
		const { delivered, sent } = await run(first.failed.map(({ json }) => json));
		expect(delivered[0].json.delivery).toMatchObject({ status: 'delivered' });
		expect(bodyOf(sent[0])).toEqual({ events: [expect.not.objectContaining({ delivery: {} })] });
		expect(JSON.stringify(bodyOf(sent[0]))).not.toContain('delivery');
	});

	it('merges the fields of the user over the mapping, each of its type', async () => {
		const assignment = (name: string, type: string, value: unknown) => ({
			id: name,
			name,
			type,
			value,
		});
		const { sent } = await run([openEvent()], {
			sink: 'postHog',
			parameters: {
				options: {
					overrides: {
						assignments: [
							assignment('properties.plan', 'string', 'pro'),
							assignment('properties.seats', 'number', '12'),
							assignment('event', 'string', 'mail read'),
						],
					},
				},
			},
			answers: [{ statusCode: 200, body: { status: 'Ok' } }],
		});
		expect(bodyOf(sent[0]).batch).toMatchObject([
			{ event: 'mail read', properties: { plan: 'pro', seats: 12 } },
		]);
	});

	it('refuses a field whose value is not of its type, by name', async () => {
		const parameters = {
			options: {
				overrides: { assignments: [{ id: '1', name: 'seats', type: 'number', value: 'many' }] },
			},
		};
		await expect(run([openEvent()], { parameters })).rejects.toMatchObject({
			message: 'The value of "seats" in Override Fields is not of the type number',
			context: { itemIndex: 0 },
		});
	});

	it('cuts the input into batches as the options say', async () => {
		const { delivered, sent } = await run(
			Array.from({ length: 7 }, () => openEvent()),
			{ parameters: { options: { batchSize: 3, concurrency: 1 } } },
		);
		expect(sent.map((request) => (bodyOf(request).events as unknown[]).length)).toEqual([3, 3, 1]);
		expect(delivered.map(({ pairedItem }) => pairedItem)).toEqual(
			Array.from({ length: 7 }, (_, item) => ({ item })),
		);
	});

	it('stops at an item that is no open event, before it sends anything', async () => {
		const { sent } = await run([openEvent()], { continueOnFail: true });
		expect(sent).toHaveLength(1);
		await expect(run([openEvent(), { hello: 'world' }])).rejects.toMatchObject({
			message: expect.stringContaining('The item is not an open event: eventId'),
			context: { itemIndex: 1 },
		});
	});

	it('sends a click as the click event of the destination, beside the opens', async () => {
		const click = openEvent({
			event: 'click',
			purpose: 'clicks',
			link: { url: 'https://shop.example/boots', position: 1, label: null },
		});
		const { delivered, sent } = await run([openEvent(), click], {
			sink: 'segment',
			answers: [{ statusCode: 200, body: { success: true } }],
		});
		expect(delivered).toHaveLength(2);
		expect(bodyOf(sent[0])).toMatchObject({
			batch: [
				{ event: 'Email Opened' },
				{
					event: 'Email Link Clicked',
					properties: { link_url: 'https://shop.example/boots', purpose: 'clicks' },
				},
			],
		});
	});

	it('lets a click out as failed where the destination has no place for it', async () => {
		const { delivered, failed, sent } = await run(
			[openEvent({ event: 'click', recipientId: 'ada@example.com' })],
			{ sink: 'hubSpot' },
		);
		expect([delivered, sent]).toEqual([[], []]);
		expect(failed).toMatchObject([
			{
				json: {
					delivery: {
						status: 'rejected',
						reason: expect.stringContaining('there is no place for a click'),
						retryable: false,
					},
				},
			},
		]);
	});

	it('where it is to continue, sends the others and lets that item out as failed', async () => {
		const { delivered, failed } = await run([{ hello: 'world' }, openEvent()], {
			continueOnFail: true,
		});
		expect(delivered).toMatchObject([{ pairedItem: { item: 1 } }]);
		expect(failed).toMatchObject([
			{
				json: { hello: 'world', error: expect.stringContaining('not an open event') },
				pairedItem: { item: 0 },
			},
		]);
	});

	it('names the setting that is missing', async () => {
		await expect(run([openEvent()], { sink: 'bigQuery' })).rejects.toThrow('Project ID is empty');
		const { failed } = await run([openEvent()], { sink: 'bigQuery', continueOnFail: true });
		expect(failed[0].json.error).toContain('Project ID is empty');
	});

	it('lets n8n renew the token of a destination that logs in by OAuth 2', async () => {
		const { sent, failed } = await run([openEvent({ recipientId: 'ada@example.com' })], {
			sink: 'salesforce',
			parameters: once,
			answers: [
				Object.assign(new Error('wrapped by n8n'), {
					cause: { response: { status: 401, headers: {}, data: '' } },
				}),
			],
		});
		expect(sent[0].ignoreHttpStatusErrors).toEqual({ ignore: true, except: [401] });
		expect(failed[0].json.delivery).toMatchObject({
			reason: 'HTTP 401. Check the credential and its rights',
			retryable: true,
		});
	});

	it('says so at once where no token is to be had', async () => {
		const { failed, sent } = await run([openEvent({ recipientId: 'ada@example.com' })], {
			sink: 'salesforce',
			answers: [Object.assign(new Error('Client authentication failed'), { cause: {} })],
		});
		expect(sent).toHaveLength(1);
		expect(failed[0].json.delivery).toMatchObject({
			reason: 'HTTP 401: Client authentication failed. Check the credential and its rights',
			retryable: true,
		});
	});

	it('notes for the privacy report where opens go, unless it is run by hand', async () => {
		const userFolder = process.env.N8N_USER_FOLDER;
		const folder = mkdtempSync(join(tmpdir(), 'open-event-sink-'));
		process.env.N8N_USER_FOLDER = folder;
		const store = await openEmbeddedStore({ folder: dataFolder(), queueMode: false });
		try {
			await run([openEvent()]);
			expect(await store.listParts()).toEqual([]);
			const parameters = { options: { country: 'Germany' } };
			await run([openEvent()], { mode: 'trigger', parameters });
			await run([openEvent()], { mode: 'trigger', parameters });
			expect(await store.listParts()).toMatchObject([
				{
					kind: 'sink',
					id: 'workflow/node/Signed Webhook (sink.example.com)',
					name: 'Sinks: Open Event Sink',
					settings: {
						destination: 'Signed Webhook (sink.example.com)',
						country: 'Germany',
						fields: expect.arrayContaining(['eventId', 'recipientId']),
					},
				},
			]);
			await run([openEvent()], {
				mode: 'trigger',
				sink: 'postHog',
				answers: [{ statusCode: 200, body: { status: 'Ok' } }],
			});
			// The one before still holds what it got.
			const destinations = (await store.listParts()).map(({ settings }) => settings.destination);
			expect(destinations.sort()).toEqual([
				'PostHog (us.i.posthog.com)',
				'Signed Webhook (sink.example.com)',
			]);
		} finally {
			await store.close();
			process.env.N8N_USER_FOLDER = userFolder;
			rmSync(folder, { recursive: true, force: true });
		}
	});

	it.each(SINKS.map((sink) => [sink.displayName, sink] as const))(
		'%s reads only settings that its form has, and keeps its secrets out of the result',
		async (_name, sink) => {
			const secrets = sink.credential.fields.filter(({ secret }) => secret);
			const credential = sampleCredential(sink);
			// Google Analytics takes no addresses, and nothing that is older than three days.
			const event = openEvent({
				recipientId: sink.kind === 'crm' ? 'ada@example.com' : '42',
				occurredAt: new Date().toISOString(),
			});
			const { failed } = await run([event], {
				sink: sink.name,
				parameters: { ...neededBy(sink), ...crmFields(sink), ...once },
				answers: [{ statusCode: 500, body: secrets.map(({ name }) => credential[name]).join(' ') }],
			});
			expect(failed).toHaveLength(1);
			expect(failed[0].json.delivery).toMatchObject({ status: 'retryable', retryable: true });
			for (const { name } of secrets) {
				expect(JSON.stringify(failed)).not.toContain(credential[name]);
			}
		},
	);
});

describe('every destination of Open Event Sink', () => {
	it('has a contract, by which it is answered here', () => {
		expect(CONTRACTS.map(({ sink }) => sink).sort()).toEqual(SINKS.map(({ name }) => name).sort());
	});

	it.each(SINKS.map((sink) => [sink.displayName, sink] as const))(
		'%s takes an open with what its form needs, and defaults else',
		async (_name, sink) => {
			const { events, success } = CONTRACTS.find((one) => one.sink === sink.name)!;
			const [event] = events(1);
			const { delivered, failed, sent } = await run(
				[{ ...event, occurredAt: new Date().toISOString() }],
				{
					sink: sink.name,
					parameters: { ...neededBy(sink), ...crmFields(sink) },
					answers: [
						({ method, url, headers, qs, body }) => {
							const { status, ...answer } = success({
								method: method as SinkRequest['method'],
								url,
								headers: headers as Record<string, string>,
								query: qs,
								body: body === undefined ? null : String(body),
							});
							return { statusCode: status, ...answer } as Answer;
						},
					],
				},
			);
			expect(failed).toEqual([]);
			expect(delivered).toMatchObject([{ json: { delivery: { status: 'delivered' } } }]);
			expect(sent.length).toBeGreaterThan(0);
		},
	);
});

/** The parameters of a destination that have no default and have to be filled in. */
function neededBy(sink: Sink): Record<string, string> {
	return Object.fromEntries(
		sink.parameters
			.filter((one) => one.type === 'string' && one.required && one.default === '')
			.filter((one) => !one.showFor)
			.map((one) => [one.name, 'example']),
	);
}

function crmFields(sink: Sink): Record<string, string> {
	const field = sink.parameters.find(({ name }) => name === 'lastOpenedField');
	return field && field.default === '' ? { lastOpenedField: '7' } : {};
}

describe('the form of Open Event Sink', () => {
	it('asks for the credential of each destination, and tests it', () => {
		const [store, ...logins] = node.description.credentials ?? [];
		expect(store).toEqual({
			name: 'emailOpenTrackingApi',
			required: true,
			displayOptions: { show: { '/storeAndKeys': ['credential'] } },
			testedBy: 'emailOpenTrackingTest',
		});
		expect(logins).toEqual(
			SINKS.map(({ name, credential }) => ({
				name: credential.name,
				required: true,
				displayOptions: { show: { '/operation': [name] } },
				...(credential.test && { testedBy: 'sinkCredentialTest' }),
			})),
		);
	});

	it('says of each destination which fields it gets', () => {
		for (const sink of SINKS) {
			const notice = node.description.properties.find(
				({ type, displayOptions }) =>
					type === 'notice' && displayOptions?.show?.operation?.includes(sink.name),
			);
			for (const field of sink.fields) expect(notice?.displayName).toContain(field);
		}
	});

	it('has the parameters of each destination, shown for it alone', () => {
		for (const sink of SINKS) {
			const shown = node.description.properties.filter(({ displayOptions }) =>
				displayOptions?.show?.operation?.includes(sink.name),
			);
			expect(shown.map(({ name }) => name)).toEqual([
				...sink.parameters.map(({ name }) => name),
				`${sink.name}Sends`,
			]);
		}
	});
});

describe('the credentials of the destinations', () => {
	it.each(SINKS.map((sink) => [sink.displayName, sink] as const))(
		'%s: hides its secrets in the form and adds its login to a request',
		async (_name, sink) => {
			const type = credentialType(sink);
			for (const field of sink.credential.fields) {
				const property = type.properties.find(({ name }) => name === field.name);
				expect(property).toMatchObject({ displayName: field.displayName, default: field.default });
				expect(property?.typeOptions?.password ?? false).toBe(field.secret);
			}
			const values = sampleCredential(sink);
			const login = sink.credential.authenticate?.(values);
			expect(typeof type.authenticate).toBe(login ? 'function' : 'undefined');
			if (typeof type.authenticate !== 'function' || !login) return;
			const request = { url: 'https://example.com', headers: { own: '1' }, qs: { page: '2' } };
			expect(await type.authenticate(values, request)).toEqual({
				url: 'https://example.com',
				headers: { own: '1', ...login.headers },
				qs: { page: '2', ...login.query },
			});
		},
	);

	it('Salesforce logs in at the domain of the user, whatever slashes it was typed with', () => {
		const { properties } = new OpenTrackingSalesforceOAuth2Api();
		expect(
			Object.fromEntries(properties.map(({ name, default: preset }) => [name, preset])),
		).toEqual({
			instanceUrl: '',
			grantType: 'clientCredentials',
			authUrl: '',
			accessTokenUrl:
				'={{ $self["instanceUrl"].trim().replace(/\\/+$/, "") }}/services/oauth2/token',
			scope: '',
			authQueryParameters: '',
			authentication: 'body',
		});
	});

	it('PostHog asks for no login that it puts into the body itself', () => {
		expect(new OpenTrackingPostHogApi()).not.toHaveProperty('authenticate');
	});

	describe('tested from the form', () => {
		let server: Server;
		let url: string;
		let status = 200;
		beforeAll(async () => {
			server = createServer((request, response) => {
				response.writeHead(status, { 'content-type': 'application/json' });
				response.end(JSON.stringify({ message: `key ${request.headers['api-token']} is wrong` }));
			});
			await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
			url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		});
		afterAll(() => server.close());

		const test = async (apiUrl: string) =>
			await node.methods.credentialTest.sinkCredentialTest.call({} as ICredentialTestFunctions, {
				id: '1',
				name: 'ActiveCampaign',
				type: 'openTrackingActiveCampaignApi',
				data: { apiUrl, apiKey: 'very-secret-key' },
			});

		it('says what works', async () => {
			status = 200;
			expect(await test(url)).toEqual({ status: 'OK', message: 'ActiveCampaign knows the key' });
		});

		it('says in the words of the vendor what does not, without the key', async () => {
			status = 403;
			expect(await test(url)).toEqual({
				status: 'Error',
				message: 'HTTP 403: key [secret] is wrong',
			});
		});

		it('says when nobody answers, or there is no address', async () => {
			expect(await test('http://127.0.0.1:1')).toMatchObject({ status: 'Error' });
			expect(await test('nonsense')).toMatchObject({ status: 'Error' });
		});
	});
});

function credentialType(sink: Sink): ICredentialType {
	const className = `${sink.credential.name.charAt(0).toUpperCase()}${sink.credential.name.slice(1)}`;
	const file = jest.requireActual<Record<string, new () => ICredentialType>>(
		`../../credentials/${className}.credentials`,
	);
	return new file[className]();
}
