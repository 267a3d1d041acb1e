import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { load, startCollectorProcess } from '../support/collector-process';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { startStandIn } from '../support/http-stand-in';
import { describeOnRabbitmq } from '../support/describe-on-rabbitmq';
import { deleteQueue, newQueueName, RABBITMQ, takeAll } from '../support/rabbitmq';
import {
	bundledWorkflow,
	eventually,
	publicationFailure,
	freePort,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';

/** The bundled workflow on a port of its own that fails for one recipient. */
function collectorWorkflow(port: number, batchSize: number): WorkflowJson {
	const workflow = bundledWorkflow('high-volume.json');
	for (const node of workflow.nodes) {
		if (node.name === 'Open Collector Trigger') {
			node.parameters = { port, batchSize, batchInterval: 0.5, options: { host: '127.0.0.1' } };
		}
		if (node.name === 'Add Your Steps Here') {
			Object.assign(node, {
				type: 'n8n-nodes-base.code',
				typeVersion: 2,
				parameters: {
					jsCode: `for (const item of $input.all()) {
						if (item.json.recipientId === 'poison') throw new Error('cannot take this one');
					}
					return $input.all();`,
				},
			});
		}
	}
	return workflow;
}

/** n8n's own RabbitMQ Trigger as it comes, and behind it a node that sends on what it gives out. */
function rabbitmqWorkflow(queue: string, account: string, url: string): WorkflowJson {
	const base = bundledWorkflow('high-volume.json');
	const node = { id: '', typeVersion: 1, position: [0, 0] };
	return {
		...base,
		id: 'rabbitmq',
		name: 'rabbitmq',
		nodes: [
			{
				...node,
				id: 'trigger',
				name: 'RabbitMQ Trigger',
				type: 'n8n-nodes-base.rabbitmqTrigger',
				parameters: { queue },
				credentials: { rabbitmq: { id: account, name: 'RabbitMQ' } },
			},
			{
				...node,
				id: 'send',
				name: 'Send On',
				type: 'n8n-nodes-base.httpRequest',
				typeVersion: 4.2,
				parameters: {
					method: 'POST',
					url,
					sendBody: true,
					contentType: 'raw',
					rawContentType: 'application/json',
					body: '={{ $json.content }}',
				},
			},
		],
		connections: { 'RabbitMQ Trigger': { main: [[{ node: 'Send On', type: 'main', index: 0 }]] } },
	};
}

describe('the Open Collector Trigger in a real n8n', () => {
	const folder = mkdtempSync(join(tmpdir(), 'collector-e2e-'));
	const agent = new Agent({ keepAlive: true, maxSockets: 32 });
	let n8n: N8nInstance;
	let port: number;

	const opensOf = (prefix: string) =>
		n8n
			.rows(`select recipient_id as id from opens where recipient_id like '${prefix}%'`)
			.map(({ id }) => String(id))
			.sort();
	const collectorLog = (sql: string) => {
		const path = join(folder, '.n8n', 'email-open-tracking', 'collector', 'collector.sqlite');
		const database = new DatabaseSync(path, { readOnly: true });
		try {
			return database.prepare(sql).all();
		} finally {
			database.close();
		}
	};
	const setupReported = () =>
		n8n
			.rows("select * from installed_parts where kind = 'tracker'")
			.filter(({ name }) => String(name).endsWith(': Open Collector Trigger'));
	const loadAll = async (ids: string[]) => {
		const answers = await Promise.all(ids.map((id) => load(agent, port, id)));
		expect(answers.filter((whole) => !whole)).toEqual([]);
	};
	const named = (prefix: string, count: number) =>
		Array.from({ length: count }, (_, n) => `${prefix}-${n}`).sort();

	beforeAll(async () => {
		mkdirSync(folder, { recursive: true });
		port = await freePort();
		n8n = await startInstance({ workflows: [collectorWorkflow(port, 200), collecting()], folder });
		await eventually(() => load(agent, port, 'ready'), 60_000);
	}, 180_000);
	afterAll(async () => {
		await n8n?.stop();
		agent.destroy();
		rmSync(folder, { recursive: true, force: true });
	}, 60_000);

	/** A webhook that starts no execution, but writes what the collector gives out. */
	function collecting(): WorkflowJson {
		const workflow = bundledWorkflow('email-open-tracking.json');
		workflow.id = 'collecting';
		workflow.name = 'collecting';
		for (const node of workflow.nodes) {
			if (node.name === 'Email Open Trigger') {
				Object.assign(node.parameters, { respond: 'collect', path: 'collecting/pixel.png' });
			}
			if (node.webhookId) node.webhookId = `collecting-${node.webhookId}`;
		}
		return workflow;
	}

	it('stores 1,000 opens once each, gives them to the workflow in batches, and empties the log', async () => {
		const ids = named('many', 1000);
		await loadAll(ids);
		await eventually(() => opensOf('many').length >= 1000);
		expect(opensOf('many')).toEqual(ids);
		// Empty only when the store has all opens and all batches have succeeded.
		await eventually(() => collectorLog('select 1 from log').length === 0, 30_000);
		expect(collectorLog('select 1 from dead_letters')).toEqual([]);
	}, 60_000);

	it('tells the privacy report how it is set up', async () => {
		const part = await eventually(() => setupReported().at(0));
		expect(JSON.parse(String(part.settings))).toEqual({
			mode: 'identified',
			purpose: 'performance',
			policy: 'objection-honoured',
			policyLabel: 'objection-honoured',
			jurisdiction: null,
			keepAsAggregate: false,
			keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
		});
	});

	it('takes what webhooks collect', async () => {
		const ids = named('hook', 50);
		for (const id of ids) {
			const response = await fetch(`${n8n.url}/webhook/collecting/pixel.png?id=${id}`);
			expect((await response.arrayBuffer()).byteLength).toBe(67);
		}
		await eventually(() => opensOf('hook').length >= 50);
		expect(opensOf('hook')).toEqual(ids);
		await eventually(() => collectorLog('select 1 from log').length === 0, 30_000);
	}, 60_000);

	it('finds the open that always fails, keeps it apart, and goes on with the others', async () => {
		await loadAll([...named('before', 20), 'poison', ...named('after', 20)]);
		await eventually(() => collectorLog('select 1 from dead_letters').length > 0, 60_000);
		const letters = collectorLog('select consumer, event, reason from dead_letters');
		expect(letters).toHaveLength(1);
		expect(JSON.parse(String(letters[0].event))).toMatchObject({ recipientId: 'poison' });
		expect(letters[0]).toMatchObject({
			consumer: 'workflow',
			reason: expect.stringContaining('cannot take this one'),
		});
		// The store is no part of the workflow: it has them all.
		await eventually(() => opensOf('poison').length === 1);
		await eventually(() => collectorLog('select 1 from log').length === 0, 30_000);
	}, 120_000);

	it('goes on where it stood after a restart of n8n', async () => {
		await loadAll(named('restart', 300));
		await n8n.stop();
		n8n = await startInstance({ workflows: [], folder });
		await eventually(() => load(agent, port, 'restart-last'), 60_000);
		await eventually(() => opensOf('restart').length >= 301, 30_000);
		expect(opensOf('restart')).toEqual([...named('restart', 300), 'restart-last'].sort());
		await eventually(() => collectorLog('select 1 from log').length === 0, 30_000);
	}, 180_000);

	it('leaves an open to the published workflow while a manual test waits for one', async () => {
		const workflow = await n8n.rest('GET', '/workflows/high-volume');
		await n8n.rest('POST', '/workflows/high-volume/run', {
			workflowData: workflow,
			triggerToStartFrom: { name: 'Open Collector Trigger' },
		});
		await new Promise((resolve) => setTimeout(resolve, 1000));
		await loadAll(['manual']);
		await eventually(() => opensOf('manual').length === 1);
		await eventually(() => collectorLog('select 1 from log').length === 0, 30_000);
	}, 60_000);

	it('cannot be published twice, and says what to do', async () => {
		const second = { ...collectorWorkflow(await freePort(), 200), id: undefined, name: 'second' };
		const { id, versionId } = await n8n.rest('POST', '/workflows', second);
		await n8n.rest('POST', `/workflows/${id}/activate`, { versionId });
		expect(await publicationFailure(n8n.rest, String(id))).toMatch(
			/Only one Open Collector Trigger can be active.*Unpublish its workflow/,
		);
		expect(await load(agent, port, 'first-is-at-work')).toBe(true);
	}, 120_000);

	it('is no longer in the privacy report once it is unpublished', async () => {
		expect(setupReported()).toHaveLength(1);
		await n8n.rest('POST', '/workflows/high-volume/deactivate');
		await eventually(() => setupReported().length === 0);
	}, 60_000);

	describeOnRabbitmq('beside a collector of its own', () => {
		it("gives n8n's own RabbitMQ Trigger every open", async () => {
			const queue = newQueueName();
			const got: OpenEvent[] = [];
			const standIn = await startStandIn(({ body }) => {
				got.push(JSON.parse(body) as OpenEvent);
				return { status: 200 };
			});
			const beside = await startCollectorProcess(
				join(folder, 'beside'),
				['--admin-port', '0', '--broker-url-env', 'BROKER_URL', '--broker-queue', queue],
				{ BROKER_URL: RABBITMQ.href },
			);
			// The queue is there before the first open.
			await eventually(async () => await takeAll(queue).catch(() => null));
			const account = await n8n.rest('POST', '/credentials', {
				name: 'RabbitMQ',
				type: 'rabbitmq',
				data: {
					hostname: RABBITMQ.hostname,
					port: Number(RABBITMQ.port || 5672),
					username: decodeURIComponent(RABBITMQ.username),
					password: decodeURIComponent(RABBITMQ.password),
					vhost: '/',
				},
			});
			const workflow = rabbitmqWorkflow(queue, String(account.id), standIn.url);
			const { id, versionId } = await n8n.rest('POST', '/workflows', workflow);
			await n8n.rest('POST', `/workflows/${id}/activate`, { versionId });
			const ids = named('broker', 20);
			for (const recipient of ids) expect(await load(agent, beside.port, recipient)).toBe(true);
			await eventually(() => got.length >= ids.length, 30_000);
			expect(got.map(({ recipientId }) => recipientId).sort()).toEqual(ids);
			expect(got[0]).toMatchObject({ event: 'open', trackingMode: 'identified' });
			await n8n.rest('POST', `/workflows/${id}/deactivate`);
			beside.child.kill('SIGTERM');
			expect(await beside.exited).toBe(0);
			await standIn.stop();
			await deleteQueue(queue);
		}, 120_000);
	});

	it('writes no id and no address into the log of n8n', () => {
		expect(n8n.output()).not.toMatch(/many-|poison|before-|broker-/);
	});
});
