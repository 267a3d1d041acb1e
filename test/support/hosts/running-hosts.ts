/** n8n in queue mode and two collectors behind nginx, each process on a host of its own. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { deliveringWorkflow, startReceiver } from '../../../bench/soak/delivery';
import { deriveSigningKey } from '../../../src/tracking/links/derived-key';
import { collectorMetric, startCollectorProcess } from '../collector-process';
import {
	bundledWorkflow,
	eventually,
	freePort,
	startInstance,
	type WorkflowJson,
} from '../n8n-instance';
import type { FoundOpen } from './hosts-report';
import { addHost, OWN_ADDRESS, type NetworkHost } from './network';
import { startNginx, startPostgres, startRedis } from './servers';

/** Where nginx sends loads to collectors, and where to the webhook processor of n8n. */
export const PATHS = {
	collectors: '/webhook/email-open/pixel.png',
	webhooks: '/webhook/direct/pixel.png',
};

const COLLECTOR_PORT = 8380;
const UP_WITHIN_MS = 180_000;

/** Starts everything; gives what can be asked and done. */
export async function startHosts(folder: string, say: (line: string) => void) {
	const hosts = {
		postgres: addHost('postgres', 10),
		redis: addHost('redis', 11),
		main: addHost('main', 20),
		webhook: addHost('webhook', 21),
		workers: [addHost('worker-1', 22), addHost('worker-2', 23)],
		collectors: [addHost('collector-1', 31), addHost('collector-2', 32)],
		proxy: addHost('proxy', 40),
	};
	const newFolder = (name: string) => {
		const path = join(folder, name);
		mkdirSync(path, { recursive: true });
		return path;
	};
	const postgres = await startPostgres(hosts.postgres, join(folder, 'postgres'));
	const redis = await startRedis(hosts.redis);
	say('PostgreSQL and Redis run');

	const encryptionKey = randomBytes(24).toString('base64');
	const keys = newFolder('keys');
	const ring = { activeKey: deriveSigningKey(encryptionKey), previousKeys: [] };
	writeFileSync(join(keys, 'signing-keys.json'), JSON.stringify(ring), { mode: 0o600 });
	const startCollector = async (host: NetworkHost) => {
		const collector = await startCollectorProcess(
			join(folder, `collector-${host.address}`),
			[
				...['--host', host.address, '--port', String(COLLECTOR_PORT), '--proxy-hops', '1'],
				...['--admin-host', host.address, '--admin-port', String(COLLECTOR_PORT + 1)],
				...['--keys', keys, '--postgres-url-env', 'STORE_URL', '--postgres-tls', 'disable'],
			],
			{ STORE_URL: postgres.url.href },
			host.enter,
		);
		return {
			host,
			metric: async (name: string) => await collectorMetric(collector, name, host.address),
			kill: async () => {
				collector.child.kill('SIGKILL');
				await collector.exited;
			},
		};
	};
	const main = await startInstance({
		workflows: [],
		host: hosts.main,
		folder: newFolder('main'),
		env: {
			N8N_ENCRYPTION_KEY: encryptionKey,
			EXECUTIONS_MODE: 'queue',
			QUEUE_BULL_REDIS_HOST: hosts.redis.address,
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: postgres.url.hostname,
			DB_POSTGRESDB_PORT: postgres.url.port,
			DB_POSTGRESDB_DATABASE: postgres.url.pathname.slice(1),
			DB_POSTGRESDB_USER: postgres.url.username,
			// n8n notices a killed worker when its locks have run out: a minute unless it is told so.
			QUEUE_WORKER_LOCK_DURATION: '15000',
			QUEUE_WORKER_LOCK_RENEW_TIME: '3000',
			QUEUE_WORKER_STALLED_INTERVAL: '5000',
		},
	});
	say('the main process of n8n runs');
	const startWorker = async (host: NetworkHost) =>
		await main.startBeside('worker', { host, folder: newFolder(`worker-${host.address}`) });
	const ofWebhook = { host: hosts.webhook, folder: newFolder('webhook'), port: await freePort() };
	const startWebhook = async () => await main.startBeside('webhook', ofWebhook);
	const [webhook, collectors, workers] = await Promise.all([
		startWebhook(),
		Promise.all(hosts.collectors.map(startCollector)),
		Promise.all(hosts.workers.map(startWorker)),
	]);
	say('the webhook processor, the workers and the collectors run');
	const proxy = await startNginx(hosts.proxy, join(folder, 'nginx'), {
		collectors: hosts.collectors.map(({ address }) => `${address}:${COLLECTOR_PORT}`),
		n8n: webhook.url,
	});

	const handedOver: FoundOpen[] = [];
	const receiver = await startReceiver(OWN_ADDRESS, (opens) => {
		for (const { eventId, occurredAt, recipientId, messageId } of opens) {
			const open = { eventId, occurredAt: Date.parse(occurredAt) };
			handedOver.push({
				...open,
				recipientId: String(recipientId),
				messageId: Number(messageId),
			});
		}
	});
	const publish = async (workflow: WorkflowJson) => {
		const { id, versionId } = await main.rest('POST', '/workflows', { ...workflow, id: undefined });
		await main.rest('POST', `/workflows/${id}/activate`, { versionId });
	};
	const fromStore = { source: 'store', batchSize: 200, batchInterval: 0.5 };
	const delivering = deliveringWorkflow(fromStore, receiver.url);
	// What n8n lost sight of comes again after that, in place of an hour.
	delivering.settings = { ...delivering.settings, executionTimeout: 30 };
	await publish(delivering);
	await publish(answeringWorkflow());
	await eventually(() => /are handed over by this n8n/.test(main.output()), UP_WITHIN_MS);
	await eventually(async () => {
		const url = `http://${hosts.proxy.address}:${proxy.port}${PATHS.webhooks}`;
		const answer = await fetch(url, { method: 'HEAD' });
		return answer.headers.get('content-type') === 'image/png';
	}, UP_WITHIN_MS);
	say('nginx leads to the collectors and to the webhook processor');

	return {
		postgres,
		collectors,
		webhook,
		startWebhook,
		workers: workers.map((worker, index) => ({ ...worker, host: hosts.workers[index] })),
		startCollector,
		startWorker,
		proxy: { ...proxy, host: hosts.proxy.address },
		handedOver,
		/** How many executions n8n's workers have not ended yet */
		queued: async () =>
			(await redis.length('bull:jobs:wait')) + (await redis.length('bull:jobs:active')),
	};
}

/** The three-step workflow, at a path that no collector answers. */
function answeringWorkflow(): WorkflowJson {
	const workflow = bundledWorkflow('email-open-tracking.json');
	const trigger = workflow.nodes.find(({ type }) => type.endsWith('.openTrackingTrigger'))!;
	trigger.parameters.path = PATHS.webhooks.replace('/webhook/', '');
	trigger.webhookId = 'direct';
	return workflow;
}
