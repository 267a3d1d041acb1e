import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { loadOrCreateKeyFile } from '../../src/intake/key-file';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { denylistKeysIn } from '../../src/tracking/people/subject-keys';
import { MAIL_PROGRAM } from '../support/browser';
import { consentRecord } from '../support/consent-records';
import {
	startHubSpotStandIn,
	startStandIn,
	type HttpStandIn,
	type Received,
	type StandInAnswer,
	type VendorStandIn,
} from '../support/http-stand-in';
import {
	bundledWorkflow,
	eventually,
	type N8nInstance,
	rowsOfN8n,
	startInstance,
	untilLive,
	type WorkflowJson,
} from '../support/n8n-instance';
import { startByHand } from '../support/run-by-hand';
import { keysOf } from '../support/denylist-keys';

type Row = Record<string, unknown> & { id: number };

const nodeOf = (workflow: WorkflowJson, name: string) =>
	workflow.nodes.find((node) => node.name === name)!;

describe('the bundled workflow for analytics and CRMs, set up as its note says', () => {
	let n8n: N8nInstance;
	let store: TrackingStore;
	let webhookDestination: HttpStandIn;
	let hubSpot: VendorStandIn;
	let requests: Received[] = [];
	let answers: (request: Received) => StandInAnswer = () => ({ status: 200 });
	let workflow: WorkflowJson;
	let workflowId: string;

	const received = (request: Received) => {
		requests.push(request);
		return answers(request);
	};

	beforeAll(async () => {
		[webhookDestination, hubSpot] = await Promise.all([
			startStandIn(received),
			startHubSpotStandIn(received),
		]);
		n8n = await startInstance({ workflows: [], env: hubSpot.env });
		store = await openEmbeddedStore({ folder: ourFolder(), queueMode: false });

		workflow = bundledWorkflow('analytics-sinks.json');
		Object.assign(nodeOf(workflow, 'Send to the Destination'), {
			disabled: false,
			credentials: await credential('openTrackingSignedWebhookApi', {
				url: `${webhookDestination.url}/hook`,
				signingSecret: 'signing-secret-of-the-test',
			}),
		});
		// What a test can start in place of the schedules.
		for (const name of ['Every Hour', 'Every Night']) {
			const path = name.toLowerCase().replace(' ', '-');
			Object.assign(nodeOf(workflow, name), {
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				webhookId: path,
				parameters: { path, httpMethod: 'POST', responseMode: 'lastNode', options: {} },
			});
		}
		const setUp = await startByHand(n8n, workflow, 'Set Up and Try It');
		expect(await setUp()).toMatchObject({ status: 'success' });
		const { id } = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
		workflowId = String(id);
		await publish(workflowId);

		const base = bundledWorkflow('email-open-tracking.json');
		Object.assign(nodeOf(base, 'Add Your Steps Here'), {
			type: 'n8n-nodes-base.executeWorkflow',
			typeVersion: 1.2,
			parameters: {
				workflowId: { __rl: true, mode: 'id', value: workflowId },
				options: { waitForSubWorkflow: false },
			},
		});
		const { id: baseId } = await n8n.rest('POST', '/workflows', { ...base, id: undefined });
		await publish(String(baseId));
	}, 240_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), store?.close(), webhookDestination?.stop(), hubSpot?.stop()]);
	}, 60_000);

	const ourFolder = () => join(n8n.folder, '.n8n', 'email-open-tracking');

	async function credential(type: string, data: Record<string, unknown>) {
		const { id } = await n8n.rest('POST', '/credentials', { name: type, type, data });
		return { [type]: { id: String(id), name: type } };
	}
	async function publish(id: string): Promise<void> {
		const { versionId } = await n8n.rest('GET', `/workflows/${id}`);
		await n8n.rest('POST', `/workflows/${id}/activate`, { versionId });
		await untilLive(n8n.rest, id);
	}
	/** Saves what the test changed in `workflow`, and publishes it. */
	async function save(): Promise<void> {
		const { versionId } = await n8n.rest('GET', `/workflows/${workflowId}`);
		const { nodes, connections } = workflow;
		await n8n.rest('PATCH', `/workflows/${workflowId}`, { nodes, connections, versionId });
		await publish(workflowId);
	}
	async function tableUrl(name: string): Promise<string> {
		const { id: project } = await n8n.rest('GET', '/projects/personal');
		const base = `/projects/${project}/data-tables`;
		const { data } = await n8n.rest('GET', base);
		const table = (data as Array<{ id: string; name: string }>).find((one) => one.name === name);
		return `${base}/${table?.id}`;
	}
	/** The rows of a Data Table of n8n, as its editor shows them. */
	async function tableRows(name: string): Promise<Row[]> {
		const { data } = await n8n.rest('GET', `${await tableUrl(name)}/rows`);
		return data as Row[];
	}
	/** Loads the pixel as the email client of this person would. */
	async function load(recipientId: string, campaignId: string): Promise<void> {
		const query = new URLSearchParams({ id: recipientId, campaignId });
		await eventually(async () => {
			const url = `${n8n.url}/webhook/email-open/pixel.png?${query}`;
			const { status } = await fetch(url, { headers: { 'user-agent': MAIL_PROGRAM } });
			return status === 200;
		});
		await eventually(
			() => n8n.rows(`select 1 from opens where campaign_id = '${campaignId}'`).length > 0,
		);
		await settled();
	}
	/** Starts a schedule of the workflow, and waits for all that it does. */
	async function run(path: 'every-hour' | 'every-night'): Promise<void> {
		await eventually(async () => {
			const { status } = await fetch(`${n8n.url}/webhook/${path}`, { method: 'POST' });
			return status !== 404;
		});
		await settled();
	}
	/** Waits until no execution is under way. */
	async function settled(): Promise<void> {
		const underWay = `select 1 from execution_entity
			where deletedAt is null and status in ('new', 'running')`;
		await eventually(() => rowsOfN8n(n8n.folder, underWay).length === 0);
	}
	const consent = async (recipientKey: string, status: 'given' | 'withdrawn' = 'given') =>
		await store.recordConsent(
			[consentRecord({ recipientKey, status, occurredAt: new Date().toISOString() })],
			new Date(),
			keysOf,
		);
	const sentEvents = () =>
		requests
			.filter(({ path }) => path === '/hook')
			.flatMap(({ body }) => (JSON.parse(body) as { events: Row[] }).events);

	beforeEach(() => {
		requests = [];
		answers = () => ({ status: 200 });
	});

	it('has sent its sample, which names nobody', async () => {
		const rows = await tableRows('email_opens');
		expect(rows).toMatchObject([{ campaignId: 'sample', actor: 'human' }]);
		expect(await tableRows('failed_opens')).toEqual([]);
		expect(JSON.stringify(rows)).not.toContain('sample-recipient');
	});

	it('lets only opens of people who consented leave anything', async () => {
		await consent('consenting');
		await load('never-asked', 'asked-nobody');
		await load('consenting', 'asked');
		await eventually(() => sentEvents().length > 0);
		expect(sentEvents()).toMatchObject([{ campaignId: 'asked', consent: { status: 'given' } }]);
		const rows = await tableRows('email_opens');
		expect(rows.map(({ campaignId }) => campaignId)).toEqual(['sample', 'asked']);
		expect(await tableRows('failed_opens')).toEqual([]);
		// It passed under a pseudonym, also into the table.
		expect(JSON.stringify([rows, sentEvents()])).not.toContain('consenting');
	}, 60_000);

	it('keeps what was not taken, sends it again, and then forgets it', async () => {
		// A login that fails is not tried again within the run.
		answers = () => ({ status: 401 });
		await load('consenting', 'waits');
		const waiting = await tableRows('failed_opens');
		expect(waiting).toMatchObject([
			{ reason: 'HTTP 401. Check the credential and its rights', retryable: true },
		]);
		await run('every-hour');
		expect(await tableRows('failed_opens')).toMatchObject([{ eventId: waiting[0].eventId }]);

		requests = [];
		answers = () => ({ status: 200 });
		await run('every-hour');
		expect(sentEvents()).toMatchObject([{ campaignId: 'waits' }]);
		expect(await tableRows('failed_opens')).toEqual([]);
		const rows = (await tableRows('email_opens')).filter(
			({ campaignId }) => campaignId === 'waits',
		);
		expect(rows).toHaveLength(1);
	}, 60_000);

	it('asks for consent once more before it sends what waited', async () => {
		answers = () => ({ status: 503 });
		nodeOf(workflow, 'Send to the Destination').parameters.options = { maxAttempts: 1 };
		await save();
		for (const person of ['will-withdraw', 'will-be-erased', 'consenting']) {
			await consent(person);
			await load(person, `later-${person}`);
		}
		expect(await tableRows('failed_opens')).toHaveLength(3);

		await consent('will-withdraw', 'withdrawn');
		const keyRing = await loadOrCreateKeyFile(ourFolder());
		await store.eraseSubject(
			{
				recipientId: 'will-be-erased',
				pseudonymsOf: () => [],
				denylistKeysOf: denylistKeysIn(keyRing),
			},
			new Date(),
		);
		requests = [];
		answers = () => ({ status: 200 });
		await run('every-hour');
		expect(sentEvents()).toMatchObject([{ campaignId: 'later-consenting' }]);
		expect(await tableRows('failed_opens')).toEqual([]);
	}, 60_000);

	it('forgets opens after 30 days, and what nobody took after a week', async () => {
		answers = () => ({ status: 503 });
		for (const campaign of ['young', 'old']) await load('consenting', campaign);
		const database = new DatabaseSync(join(n8n.folder, '.n8n', 'database.sqlite'));
		for (const [name, days] of [
			['email_opens', 30.1],
			['failed_opens', 7.1],
		] as const) {
			const table = (await tableUrl(name)).split('/').at(-1)!;
			// The newest row becomes an old one, in the format in which n8n keeps times.
			database.exec(
				`update "data_table_user_${table}" set createdAt = strftime('%Y-%m-%d %H:%M:%f', 'now', '-${days} days')
				where id = (select max(id) from "data_table_user_${table}")`,
			);
		}
		database.close();
		await run('every-night');
		await run('every-hour');
		const campaigns = (await tableRows('email_opens')).map(({ campaignId }) => campaignId);
		expect(campaigns).toContain('young');
		expect(campaigns).not.toContain('old');
		const waiting = (await tableRows('failed_opens')).map(({ event }) => String(event));
		expect(waiting).toHaveLength(1);
		expect(waiting[0]).toContain('young');
		answers = () => ({ status: 200 });
		await run('every-hour');
	}, 60_000);

	it('writes to a CRM once the recipient is kept, and names what to set before', async () => {
		const sink = nodeOf(workflow, 'Send to the Destination');
		sink.parameters = { operation: 'hubSpot', options: { maxAttempts: 1 } };
		sink.credentials = await credential('openTrackingHubSpotApi', { accessToken: 'hubspot-token' });
		await save();
		answers = ({ path }) => {
			const results = [{ id: '101', properties: { email: 'ada@example.com' } }];
			return path.includes('/contacts/batch/')
				? { status: 200, body: { status: 'COMPLETE', results } }
				: { status: 404 };
		};
		await consent('ada@example.com');
		await load('ada@example.com', 'crm');
		const [refused] = await tableRows('failed_opens');
		expect(refused).toMatchObject({
			retryable: false,
			reason: expect.stringContaining('Set Recipient to Keep in the Open Data Minimizer'),
		});
		expect(requests).toEqual([]);

		nodeOf(workflow, 'Minimize for the Sink').parameters = { recipient: 'keep' };
		await save();
		await load('ada@example.com', 'crm-kept');
		expect(requests.map(({ path }) => path.split('/').at(-1))).toEqual(['read', 'update']);
		expect(requests[0].headers.authorization).toBe('Bearer hubspot-token');
		expect(JSON.parse(requests[0].body)).toMatchObject({ inputs: [{ id: 'ada@example.com' }] });
		expect(JSON.parse(requests[1].body)).toMatchObject({
			inputs: [{ id: '101', properties: { last_email_open: expect.stringMatching(/:00:00/) } }],
		});

		// What waited is sent as well, once its row says so.
		requests = [];
		await n8n.rest('PATCH', `${await tableUrl('failed_opens')}/rows`, {
			filter: {
				type: 'and',
				filters: [{ columnName: 'eventId', condition: 'eq', value: refused.eventId }],
			},
			data: { retryable: true },
		});
		await run('every-hour');
		expect(requests.map(({ path }) => path.split('/').at(-1))).toEqual(['read', 'update']);
		expect(await tableRows('failed_opens')).toEqual([]);
		// The table of opens knows pseudonyms all the same.
		expect(JSON.stringify(await tableRows('email_opens'))).not.toContain('ada@');
	}, 60_000);
});
