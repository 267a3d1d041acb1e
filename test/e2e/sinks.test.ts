import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { OpenEvent } from '../../src/tracking/event/open-event';
import {
	type HttpStandIn,
	type Received,
	type StandInAnswer,
	startStandIn,
} from '../support/http-stand-in';
import {
	bundledWorkflow,
	eventually,
	type N8nInstance,
	startInstance,
	unpublish,
	type WorkflowJson,
} from '../support/n8n-instance';
import { openEvent } from '../support/open-events';

const SECRET = 'signing-secret-of-the-test';
const SINK = 'n8n-nodes-email-open-tracking.openEventSink';

type Item = OpenEvent & {
	delivery: { status: string; reason: string | null; retryable: boolean };
	[field: string]: unknown;
};

function webhook(path: string): WorkflowJson['nodes'][number] {
	return {
		id: path,
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		position: [0, 0],
		webhookId: path,
		parameters: {
			path,
			httpMethod: 'POST',
			responseMode: 'lastNode',
			responseData: 'allEntries',
		},
	};
}

function workflowOf(
	name: string,
	nodes: WorkflowJson['nodes'],
	connections: WorkflowJson['connections'],
): WorkflowJson {
	const { settings } = bundledWorkflow('analytics-sinks.json');
	return { id: name, name, active: false, settings, nodes, connections };
}

const to = (node: string, index = 0) => ({ node, type: 'main', index });

/** Webhook → one item per event → Open Event Sink → both outputs as the answer. */
function sendingWorkflow(
	name: string,
	parameters: Record<string, unknown>,
	credentials: Record<string, { id: string; name: string }>,
): WorkflowJson {
	const at = (id: string, type: string, typeVersion: number, own: Record<string, unknown>) => ({
		id,
		name: id,
		type,
		typeVersion,
		position: [0, 0],
		parameters: own,
	});
	return workflowOf(
		name,
		[
			webhook(name),
			at('Split', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.events' }),
			{ ...at('Sink', SINK, 1, parameters), credentials },
			at('Merge', 'n8n-nodes-base.merge', 3, { mode: 'append' }),
		],
		{
			Webhook: { main: [[to('Split')]] },
			Split: { main: [[to('Sink')]] },
			Sink: { main: [[to('Merge')], [to('Merge', 1)]] },
		},
	);
}

describe('sinks in a real n8n', () => {
	let n8n: N8nInstance;
	let standIn: HttpStandIn;
	let requests: Received[];
	let answers: (request: Received) => StandInAnswer;

	beforeAll(async () => {
		standIn = await startStandIn((request) => {
			requests.push(request);
			return answers(request);
		});
		n8n = await startInstance({ workflows: [] });
	}, 180_000);
	afterAll(async () => await Promise.all([n8n?.stop(), standIn?.stop()]), 60_000);
	beforeEach(() => {
		requests = [];
		answers = () => ({ status: 200 });
	});

	async function credential(type: string, data: Record<string, unknown>) {
		const { id } = await n8n.rest('POST', '/credentials', { name: type, type, data });
		return { [type]: { id: String(id), name: type } };
	}
	async function publish(workflow: WorkflowJson): Promise<string> {
		const { id, versionId } = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
		await n8n.rest('POST', `/workflows/${id}/activate`, { versionId });
		return String(id);
	}
	async function post(path: string, body: unknown): Promise<unknown[]> {
		// n8n says that a workflow is published a moment before it listens.
		const response = await eventually(async () => {
			const answer = await fetch(`${n8n.url}/webhook/${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
			});
			return answer.status !== 404 && answer;
		});
		const text = await response.text();
		if (!response.ok) throw new Error(`${response.status} ${text}`);
		return JSON.parse(text) as unknown[];
	}
	const send = async (path: string, events: OpenEvent[]) =>
		(await post(path, { events })) as Item[];

	describe('Signed Webhook', () => {
		const login = () =>
			credential('openTrackingSignedWebhookApi', {
				url: `${standIn.url}/hook`,
				signingSecret: SECRET,
			});
		beforeAll(async () => {
			const parameters = { operation: 'signedWebhook', options: { batchSize: 50 } };
			await publish(sendingWorkflow('hook', parameters, await login()));
			await publish(
				sendingWorkflow(
					'hook-once',
					{
						operation: 'signedWebhook',
						options: { maxAttempts: 1, batchSize: 2, concurrency: 1 },
					},
					await login(),
				),
			);
		}, 60_000);

		it('delivers in batches, whose signature is over the bytes that arrive', async () => {
			const events = Array.from({ length: 120 }, (_, index) =>
				openEvent({ recipientId: `Zoë ${index}` }),
			);
			const items = await send('hook', events);
			expect(items.map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId));
			expect(new Set(items.map(({ delivery }) => delivery.status))).toEqual(new Set(['delivered']));
			expect(requests).toHaveLength(3);
			for (const { headers, body } of requests) {
				const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
				const signature = createHmac('sha256', SECRET).update(signed).digest('base64');
				expect(headers['webhook-signature']).toBe(`v1,${signature}`);
				expect(headers['content-type']).toBe('application/json');
			}
			const arrived = requests.flatMap(
				({ body }) => (JSON.parse(body) as { events: OpenEvent[] }).events,
			);
			expect(arrived).toEqual(expect.arrayContaining(events));
			expect(arrived).toHaveLength(120);
		});

		it('sends a click as a click, beside the opens', async () => {
			const click = openEvent({
				event: 'click',
				purpose: 'clicks',
				link: { url: 'https://shop.example/boots', position: 2, label: 'boots' },
			});
			const items = await send('hook', [openEvent(), click]);
			expect(items.map(({ delivery }) => delivery.status)).toEqual(['delivered', 'delivered']);
			const { events } = JSON.parse(requests[0].body) as { events: OpenEvent[] };
			expect(events.map(({ event }) => event)).toEqual(['open', 'click']);
			expect(events[1]).toEqual(click);
		});

		it('waits as long as Retry-After says, and sends the same request again', async () => {
			const times: number[] = [];
			answers = () => {
				times.push(Date.now());
				return times.length === 1
					? { status: 429, headers: { 'retry-after': '2' } }
					: { status: 200 };
			};
			const [item] = await send('hook', [openEvent()]);
			expect(item.delivery.status).toBe('delivered');
			expect(times[1] - times[0]).toBeGreaterThanOrEqual(1990);
			expect(requests[1].headers['webhook-id']).toBe(requests[0].headers['webhook-id']);
		});

		it('lets what one request could not deliver out as failed, and nothing else', async () => {
			answers = () => ({ status: requests.length === 1 ? 200 : 503, body: { message: 'full' } });
			const events = [
				openEvent(),
				openEvent(),
				openEvent(),
				openEvent({ trackingMode: 'hygiene' }),
			];
			const items = await send('hook-once', events);
			expect(
				items.map(({ eventId }) => events.findIndex((one) => one.eventId === eventId)),
			).toEqual(expect.arrayContaining([0, 1, 2, 3]));
			const failed = items.filter(({ delivery }) => delivery.status !== 'delivered');
			expect(failed.map(({ delivery }) => delivery)).toEqual([
				expect.objectContaining({ status: 'retryable', retryable: true, reason: 'HTTP 503: full' }),
				expect.objectContaining({ status: 'rejected', reason: expect.stringContaining('hygiene') }),
			]);
			expect(JSON.stringify(requests)).not.toContain(events[3].eventId);
		});

		it('names the code where nobody listens', async () => {
			await publish(
				sendingWorkflow(
					'nobody',
					{ operation: 'signedWebhook', options: { maxAttempts: 1 } },
					await credential('openTrackingSignedWebhookApi', {
						url: 'http://127.0.0.1:1/hook',
						signingSecret: SECRET,
					}),
				),
			);
			const [item] = await send('nobody', [openEvent()]);
			expect(item.delivery).toMatchObject({
				status: 'retryable',
				reason: 'No answer (ECONNREFUSED)',
			});
		});
	});

	describe('Salesforce', () => {
		let token = 0;
		let expired: string[];
		const contacts = ['ada@example.com', 'grace@example.com', 'locked@example.com'];
		/** As the REST API documents it: a token, a query, and an answer per updated row. */
		const asSalesforce = ({ path, method, headers, query, body }: Received): StandInAnswer => {
			if (path === '/services/oauth2/token') {
				const form = new URLSearchParams(body);
				if (form.get('client_secret') !== 'right') {
					return { status: 400, body: { error: 'invalid_client' } };
				}
				token += 1;
				return {
					status: 200,
					body: { access_token: `token-${token}`, token_type: 'Bearer' },
				};
			}
			const given = String(headers.authorization).replace('Bearer ', '');
			if (given !== `token-${token}` || expired.includes(given)) {
				return {
					status: 401,
					body: [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired' }],
				};
			}
			if (method === 'GET') {
				const asked = contacts.filter((email) => query.get('q')?.includes(email));
				return {
					status: 200,
					body: { records: asked.map((Email) => ({ Id: `id-of-${Email}`, Email })) },
				};
			}
			const { records } = JSON.parse(body) as { records: Array<{ id: string }> };
			return {
				status: 200,
				body: records.map(({ id }) =>
					id.includes('locked')
						? {
								success: false,
								errors: [{ statusCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'archived' }],
							}
						: { id, success: true, errors: [] },
				),
			};
		};
		const publishFor = async (name: string, clientSecret: string) =>
			await publish(
				sendingWorkflow(
					name,
					{ operation: 'salesforce', options: { maxAttempts: 1 } },
					await credential('openTrackingSalesforceOAuth2Api', {
						instanceUrl: `${standIn.url}/`,
						clientId: 'client',
						clientSecret,
					}),
				),
			);
		const events = [...contacts, 'unknown@example.com'].map((recipientId) =>
			openEvent({ recipientId }),
		);

		beforeAll(async () => await publishFor('salesforce', 'right'), 60_000);
		beforeEach(() => {
			expired = [];
			answers = asSalesforce;
		});

		it('logs in, and writes the contacts that it can: exactly the others are failed', async () => {
			const items = await send('salesforce', events);
			expect(items.map(({ recipientId, delivery }) => [recipientId, delivery.status])).toEqual([
				['ada@example.com', 'delivered'],
				['grace@example.com', 'delivered'],
				['locked@example.com', 'rejected'],
				['unknown@example.com', 'rejected'],
			]);
			expect(items.slice(2).map(({ delivery }) => delivery.reason)).toEqual([
				'FIELD_CUSTOM_VALIDATION_EXCEPTION: archived',
				'Salesforce has no such Contact',
			]);
			const update = requests.find(({ method }) => method === 'PATCH');
			expect(JSON.parse(update?.body ?? '')).toMatchObject({
				allOrNone: false,
				records: [
					{ id: 'id-of-ada@example.com', Last_Email_Open__c: events[0].occurredAt },
					{ id: 'id-of-grace@example.com' },
					{ id: 'id-of-locked@example.com' },
				],
			});
		});

		it('gets a new token when the old one has expired', async () => {
			expired = [`token-${token}`];
			const items = await send('salesforce', [events[0]]);
			expect(items[0].delivery.status).toBe('delivered');
			expect(requests.filter(({ path }) => path.endsWith('/token'))).toHaveLength(1);
		});

		it('says that the login is at fault where it is', async () => {
			await publishFor('salesforce-wrong', 'wrong');
			const items = await send('salesforce-wrong', [events[0]]);
			expect(items[0].delivery).toMatchObject({ status: 'retryable', retryable: true });
			expect(items[0].delivery.reason).toContain('Check the credential');
			expect(JSON.stringify(items)).not.toContain('wrong');
		});
	});

	describe('opens that an email service reports, in the bundled workflow', () => {
		const payload = readFileSync(join(__dirname, '..', 'fixtures', 'esp', 'sendgrid.json'));
		const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
		const stored = () =>
			n8n.rows("select recipient_id from opens where message_id like '%4c5d75ce93'").length;
		const postSigned = async (signedBody: Buffer) => {
			const timestamp = String(Math.round(Date.now() / 1000));
			const signed = Buffer.concat([Buffer.from(timestamp), signedBody]);
			return await eventually(async () => {
				const answer = await fetch(`${n8n.url}/webhook/email-service`, {
					method: 'POST',
					headers: {
						'content-type': 'application/json',
						'x-twilio-email-event-webhook-timestamp': timestamp,
						'x-twilio-email-event-webhook-signature': sign('sha256', signed, privateKey).toString(
							'base64',
						),
					},
					body: payload,
				});
				return answer.status !== 404 && answer;
			});
		};

		it('are refused as imported, and stored once when the credential knows the key', async () => {
			const bundled = bundledWorkflow('email-service-opens.json');
			const id = await publish(bundled);
			expect((await postSigned(payload)).status).toBe(500);
			expect(stored()).toBe(0);
			await unpublish(n8n, id);

			const credentials = await credential('openTrackingEmailServiceApi', {
				signingSecretKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
			});
			const withOptions = (importOptions: object) =>
				bundled.nodes.map((node) =>
					node.name === 'Import the Opens'
						? { ...node, credentials, parameters: { ...node.parameters, importOptions } }
						: node,
				);
			const opens = await publish({ ...bundled, nodes: withOptions({}) });
			const answer = await postSigned(payload);
			expect([answer.status, await answer.text()]).toEqual([200, '']);
			expect(stored()).toBe(2);
			expect((await postSigned(payload)).status).toBe(200);
			expect(stored()).toBe(2);
			expect((await postSigned(Buffer.from('[]'))).status).toBe(500);
			await unpublish(n8n, opens);

			await publish({ ...bundled, nodes: withOptions({ trackClicks: true }) });
			for (let turn = 0; turn < 2; turn += 1) {
				expect((await postSigned(payload)).status).toBe(200);
				expect(stored()).toBe(3);
			}
			expect(n8n.rows("select link_url, purpose from opens where event = 'click'")).toEqual([
				{ link_url: 'https://example.com/', purpose: 'clicks' },
			]);
		}, 60_000);
	});
});
