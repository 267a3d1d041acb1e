/**
 * Events per second through the Open Event Sink, for one destination of each kind, beside n8n's own
 * HTTP Request node sending the same events with one request each. Both in one n8n, against one
 * local server that answers at once: a vendor that takes its time makes batches count for more.
 */
import { startStandIn, type Received } from '../test/support/http-stand-in';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../test/support/n8n-instance';
import { openEvent } from '../test/support/open-events';
import { type Measured, printRatios } from './support';

const EVENTS = 1000;
const ROUNDS = 5;

interface Case {
	kind: string;
	destination: string;
	parameters: Record<string, unknown>;
	credentialType: string;
	credential: (url: string) => Record<string, string>;
	/** How many events a request to the destination holds, and a good answer to it */
	answer: (request: Received) => { events: number; body: unknown };
	/** The same for a single event, as the HTTP Request node sends it */
	single: { method: string; path: string; body: string };
}

const parsed = (body: string) => JSON.parse(body) as Record<string, unknown[]>;

const CASES: Case[] = [
	{
		kind: 'webhook',
		destination: 'signedWebhook',
		parameters: {},
		credentialType: 'openTrackingSignedWebhookApi',
		credential: (url) => ({ url: `${url}/hook`, signingSecret: 'secret-of-the-bench' }),
		answer: ({ body }) => ({ events: parsed(body).events.length, body: {} }),
		single: { method: 'POST', path: '/hook', body: '={{ JSON.stringify({ events: [$json] }) }}' },
	},
	{
		kind: 'analytics',
		destination: 'postHog',
		parameters: {},
		credentialType: 'openTrackingPostHogApi',
		credential: (host) => ({ host, projectApiKey: 'key' }),
		answer: ({ body }) => ({ events: parsed(body).batch.length, body: { status: 'Ok' } }),
		single: {
			method: 'POST',
			path: '/batch/',
			body: '={{ JSON.stringify({ api_key: "key", batch: [{ event: "email opened", uuid: $json.eventId, distinct_id: $json.recipientId, timestamp: $json.occurredAt, properties: { campaign_id: $json.campaignId, actor: $json.actor } }] }) }}',
		},
	},
	{
		kind: 'warehouse',
		destination: 'elasticsearch',
		parameters: {},
		credentialType: 'openTrackingElasticsearchApi',
		credential: (url) => ({ url, login: 'apiKey', apiKey: 'key' }),
		answer: ({ path, body }) => {
			if (!path.endsWith('/_bulk')) return { events: 1, body: { result: 'created' } };
			const events = body.trim().split('\n').length / 2;
			const items = Array.from({ length: events }, () => ({ create: { status: 201 } }));
			return { events, body: { errors: false, items } };
		},
		single: {
			method: 'PUT',
			path: '/email-opens/_create/one',
			body: '={{ JSON.stringify($json) }}',
		},
	},
	{
		kind: 'CRM',
		destination: 'activeCampaign',
		parameters: { lastOpenedField: '7' },
		credentialType: 'openTrackingActiveCampaignApi',
		credential: (apiUrl) => ({ apiUrl, apiKey: 'key' }),
		answer: ({ body }) => {
			const events = parsed(body).contacts.length;
			return { events, body: { queued_contacts: events } };
		},
		single: {
			method: 'POST',
			path: '/api/3/import/bulk_import',
			body: '={{ JSON.stringify({ contacts: [{ email: $json.recipientId, fields: [{ id: 7, value: $json.occurredAt }] }] }) }}',
		},
	},
];

/** Webhook → one item per event → the node that sends → the first result as the answer. */
function workflowWith(path: string, sender: WorkflowJson['nodes'][number]): WorkflowJson {
	const node = (
		name: string,
		type: string,
		typeVersion: number,
		parameters: Record<string, unknown>,
	) => ({ id: name, name, type, typeVersion, position: [0, 0], parameters });
	const to = (name: string) => ({ main: [[{ node: name, type: 'main', index: 0 }]] });
	return {
		id: path,
		name: path,
		active: false,
		settings: bundledWorkflow('analytics-sinks.json').settings,
		nodes: [
			{
				...node('Webhook', 'n8n-nodes-base.webhook', 2, {
					path,
					httpMethod: 'POST',
					responseMode: 'lastNode',
				}),
				webhookId: path,
			},
			node('Split', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.events' }),
			sender,
		],
		connections: { Webhook: to('Split'), Split: to(sender.name) },
	};
}

async function publish(n8n: N8nInstance, workflow: WorkflowJson): Promise<void> {
	const { id, versionId } = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
	await n8n.rest('POST', `/workflows/${id}/activate`, { versionId });
}

async function main(): Promise<void> {
	let arrived = 0;
	let answer: Case['answer'] = () => ({ events: 0, body: {} });
	const vendor = await startStandIn((request) => {
		const { events, body } = answer(request);
		arrived += events;
		return { status: 200, body };
	});
	const n8n = await startInstance({ workflows: [] });

	const measure = async (name: string, path: string): Promise<Measured> => {
		const times: number[] = [];
		let missing = 0;
		const events = Array.from({ length: EVENTS }, (_, index) =>
			openEvent({ recipientId: `reader-${index}@example.com` }),
		);
		// The first round is not counted: it warms up both.
		for (let round = 0; round <= ROUNDS; round += 1) {
			arrived = 0;
			let started = 0;
			await eventually(async () => {
				started = performance.now();
				const response = await fetch(`${n8n.url}/webhook/${path}`, {
					method: 'POST',
					headers: { 'content-type': 'application/json' },
					body: JSON.stringify({ events }),
				});
				await response.arrayBuffer();
				return response.status === 200;
			}, 60_000);
			if (round > 0) times.push(performance.now() - started);
			if (round > 0) missing += EVENTS - arrived;
		}
		times.sort((a, b) => a - b);
		const median = times[Math.floor(times.length / 2)];
		return {
			name,
			perSecond: (EVENTS / median) * 1000,
			p50: Math.round(median),
			p99: Math.round(times[times.length - 1]),
			failed: missing,
			microseconds: null,
		};
	};

	try {
		process.stdout.write(`${EVENTS} events per run, median and slowest of ${ROUNDS} runs\n`);
		for (const one of CASES) {
			answer = one.answer;
			const credential = await n8n.rest('POST', '/credentials', {
				name: one.kind,
				type: one.credentialType,
				data: one.credential(vendor.url),
			});
			const common = { id: 'Send', name: 'Send', position: [0, 0] };
			await publish(
				n8n,
				workflowWith(`${one.kind}-sink`, {
					...common,
					type: 'n8n-nodes-email-open-tracking.openEventSink',
					typeVersion: 1,
					parameters: { destination: one.destination, ...one.parameters },
					credentials: { [one.credentialType]: { id: String(credential.id), name: one.kind } },
				}),
			);
			await publish(
				n8n,
				workflowWith(`${one.kind}-single`, {
					...common,
					type: 'n8n-nodes-base.httpRequest',
					typeVersion: 4.2,
					parameters: {
						method: one.single.method,
						url: `${vendor.url}${one.single.path}`,
						sendBody: true,
						specifyBody: 'json',
						jsonBody: one.single.body,
						options: {},
					},
				}),
			);
			const peer = await measure(`${one.kind}: HTTP Request node`, `${one.kind}-single`);
			const ours = await measure(
				`${one.kind}: Open Event Sink, ${one.destination}`,
				`${one.kind}-sink`,
			);
			printRatios([peer, ours]);
			if (peer.failed + ours.failed > 0)
				throw new Error('Events got lost, so nothing was measured');
		}
	} finally {
		await Promise.all([n8n.stop(), vendor.stop()]);
	}
}

void main();
