import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';

import { Client } from 'pg';

import { generateKey } from '../../src/mailer';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { MAIL_PROGRAM } from '../support/browser';
import {
	bundledWorkflow,
	eventually,
	publicationFailure,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { describeOnPostgres, postgresUrl } from '../support/stores';

const REDIS = { host: '127.0.0.1', port: 6379 };

const describeInQueueMode = hasRedis() ? describeOnPostgres : describe.skip;

/** Whether Redis answers. Asks in a process of its own, because tests are declared synchronously. */
function hasRedis(): boolean {
	const script = `
		const socket = require('node:net').connect(JSON.parse(process.argv[1]));
		socket.once('error', () => process.exit(1));
		socket.once('connect', () => process.exit(0));`;
	const args = ['-e', script, JSON.stringify(REDIS)];
	if (spawnSync(process.execPath, args, { timeout: 10_000 }).status === 0) return true;
	const missing = `No Redis answers at ${REDIS.host}:${REDIS.port}.`;
	if (process.env.REQUIRE_POSTGRES === '1') {
		throw new Error(`${missing} Start it, or do not require the servers of these tests.`);
	}
	process.stderr.write(`\n!!! The tests in queue mode are skipped: ${missing}\n`);
	return false;
}

describeInQueueMode('n8n in queue mode, with one worker', () => {
	const database = `open_tracking_queue_${randomUUID().slice(0, 8)}`;
	let admin: Client;
	let store: Client;
	let n8n: N8nInstance;
	let worker: Awaited<ReturnType<N8nInstance['startWorker']>>;
	let withCredentials: (workflow: WorkflowJson) => WorkflowJson;

	beforeAll(async () => {
		admin = new Client({ connectionString: postgresUrl });
		await admin.connect();
		await admin.query(`create database ${database}`);
		const url = Object.assign(new URL(postgresUrl), { pathname: `/${database}` });
		store = new Client({ connectionString: url.href });
		await store.connect();
		n8n = await startInstance({
			workflows: [],
			env: {
				EXECUTIONS_MODE: 'queue',
				QUEUE_BULL_REDIS_HOST: REDIS.host,
				QUEUE_BULL_REDIS_PORT: String(REDIS.port),
				// Jobs of other tests on the same Redis are none of this instance's.
				QUEUE_BULL_PREFIX: database,
				N8N_REDIS_KEY_PREFIX: database,
				DB_TYPE: 'postgresdb',
				DB_POSTGRESDB_HOST: url.hostname,
				DB_POSTGRESDB_PORT: url.port || '5432',
				DB_POSTGRESDB_DATABASE: database,
				DB_POSTGRESDB_USER: url.username,
				DB_POSTGRESDB_PASSWORD: url.password,
			},
		});
		worker = await n8n.startWorker();
		const create = async (name: string, type: string, data: object) => {
			const { id } = await n8n.rest('POST', '/credentials', { name, type, data });
			return { [type]: { id: String(id), name } };
		};
		const credentials = {
			...(await create('Test store', 'openTrackingPostgresApi', {
				connectionStringSecret: url.href,
				tls: 'disable',
			})),
			...(await create('Test key', 'openTrackingSigningKeyApi', {
				activeSecretKey: generateKey(),
			})),
		};
		withCredentials = (workflow) => {
			for (const node of workflow.nodes) {
				if (/\.(openTrackingTrigger|respondAndLogOpen|openCollectorTrigger)$/.test(node.type)) {
					node.credentials = credentials;
				}
			}
			return workflow;
		};
		await publish(withCredentials(bundledWorkflow('email-open-tracking.json')));
	}, 240_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), worker?.stop(), store?.end()]);
		await admin?.query(`drop database ${database} with (force)`);
		await admin?.end();
	}, 60_000);

	const publish = async (workflow: WorkflowJson) => {
		const created = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
		return await n8n.rest('POST', `/workflows/${created.id}/activate`, {
			versionId: created.versionId,
		});
	};
	const load = async (id: string) =>
		await fetch(`${n8n.url}/webhook/email-open/pixel.png?id=${id}`, {
			headers: { 'user-agent': MAIL_PROGRAM },
		});
	const expectPixel = async (response: Response) => {
		expect(response.status).toBe(200);
		expect(response.headers.get('content-type')).toBe('image/png');
		expect(response.headers.get('content-security-policy')).toBe("default-src 'none'");
		expect(Buffer.from(await response.arrayBuffer()).equals(PIXEL_PNG)).toBe(true);
	};
	const logged = async (id: string) =>
		await eventually(async () => {
			const { rows } = await store.query(
				'select actor, recipient_id from email_open_tracking.opens where recipient_id = $1',
				[id],
			);
			return rows.length > 0 && rows;
		}, 60_000);
	it('answers with the same pixel, and the worker logs the open', async () => {
		await eventually(async () => (await load('first')).ok);
		await expectPixel(await load('queue'));
		expect(await logged('queue')).toEqual([{ recipient_id: 'queue', actor: 'human' }]);
	});

	it('answers in time while no worker is at work, and logs the open when one is back', async () => {
		await worker.stop();
		const before = Date.now();
		await expectPixel(await load('later'));
		expect(Date.now() - before).toBeLessThan(4000);
		worker = await n8n.startWorker();
		expect(await logged('later')).toHaveLength(1);
	}, 120_000);

	const refuses = async () => {
		const collecting = withCredentials(bundledWorkflow('email-open-tracking.json'));
		const [trigger] = collecting.nodes.filter(({ type }) => /openTrackingTrigger$/.test(type));
		Object.assign(trigger.parameters, { respond: 'collect', path: 'collecting/pixel.png' });
		trigger.webhookId = 'collecting';
		const { id } = await publish(collecting);
		expect(await publicationFailure(n8n.rest, String(id))).toMatch(/queue mode/);
	};
	it('refuses to publish what would write to a file of one process', refuses, 90_000);
});
