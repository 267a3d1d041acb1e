import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

import { Client } from 'pg';

import { generateKey } from '../../src/mailer';
import { deriveSigningKey } from '../../src/tracking/links/derived-key';
import { parseKeyRing } from '../../src/tracking/links/key-ring';
import { signTrackedLink } from '../../src/tracking/links/tracked-link';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { MAIL_PROGRAM } from '../support/browser';
import { connectMcp } from '../support/mcp-client';
import {
	load as loadAt,
	startCollectorProcess,
	type CollectorProcess,
} from '../support/collector-process';
import {
	bundledWorkflow,
	chooseCredential,
	eventually,
	publicationFailure,
	startInstance,
	type BesideInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { newDatabase, type OwnDatabase } from '../support/own-database';
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

const node = (
	name: string,
	type: string,
	parameters: Record<string, unknown>,
): WorkflowJson['nodes'][number] => ({
	id: name,
	name,
	type,
	typeVersion: type.endsWith('.webhook') ? 2 : 1,
	position: [0, 0],
	parameters,
	...(type.endsWith('.webhook') && { webhookId: parameters.path as string }),
});

/** A workflow whose webhook answers with what one node of ours gives out, worked out by a worker. */
function asked(path: string, type: string, parameters: Record<string, unknown>): WorkflowJson {
	return {
		id: path,
		name: path,
		nodes: [
			node('Webhook', 'n8n-nodes-base.webhook', { path, responseMode: 'lastNode' }),
			node('Asked', `n8n-nodes-email-open-tracking.${type}`, parameters),
		],
		connections: { Webhook: { main: [[{ node: 'Asked', type: 'main', index: 0 }]] } },
	};
}

const triggerOf = ({ nodes }: WorkflowJson) =>
	nodes.find(({ type }) => type.endsWith('.openTrackingTrigger'))!;

/** The base template with other fields in its trigger. */
function openTemplate(parameters: Record<string, unknown>): WorkflowJson {
	const workflow = bundledWorkflow('email-open-tracking.json');
	Object.assign(triggerOf(workflow).parameters, parameters);
	return workflow;
}

/** All that anybody asks of Redis, from now on until it is ended. */
async function watchRedis(): Promise<{ asked(): string; end(): void }> {
	const socket = connect(REDIS);
	let text = '';
	socket.setEncoding('latin1').on('data', (part) => (text += part));
	socket.write('MONITOR\r\n');
	await eventually(() => text.startsWith('+OK'));
	return { asked: () => text, end: () => socket.destroy() };
}

describeInQueueMode('n8n in queue mode, with two workers and a webhook processor', () => {
	const encryptionKey = randomBytes(24).toString('base64');
	let database: OwnDatabase;
	let store: Client;
	let n8n: N8nInstance;
	let webhooks: BesideInstance;
	let workers: BesideInstance[];
	let env: NodeJS.ProcessEnv;
	const folder = mkdtempSync(join(tmpdir(), 'queue-mode-e2e-'));

	beforeAll(async () => {
		database = await newDatabase(postgresUrl);
		const { url } = database;
		store = new Client({ connectionString: url.href });
		await store.connect();
		env = {
			N8N_ENCRYPTION_KEY: encryptionKey,
			EXECUTIONS_MODE: 'queue',
			QUEUE_BULL_REDIS_HOST: REDIS.host,
			QUEUE_BULL_REDIS_PORT: String(REDIS.port),
			// Jobs of other tests on the same Redis are none of this instance's.
			QUEUE_BULL_PREFIX: url.pathname.slice(1),
			N8N_REDIS_KEY_PREFIX: url.pathname.slice(1),
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: url.hostname,
			DB_POSTGRESDB_PORT: url.port || '5432',
			DB_POSTGRESDB_DATABASE: url.pathname.slice(1),
			DB_POSTGRESDB_USER: url.username,
			DB_POSTGRESDB_PASSWORD: url.password,
		};
		n8n = await startInstance({ workflows: [], env, folder });
		const beside = ['webhook', 'worker'] as const;
		const [processor, worker] = await Promise.all(
			beside.map(async (one) => await n8n.startBeside(one)),
		);
		webhooks = processor;
		workers = [worker];
		await publish(openTemplate({ trackClicks: true }));
		await publish(
			asked('link', 'trackingPixel', {
				operation: 'createLink',
				recipientId: '={{ $json.query.id }}',
				campaignId: 'spring',
			}),
		);
		await publish(
			asked('dashboard', 'openTracking', { resource: 'statistics', operation: 'dashboard' }),
		);
		await eventually(async () => (await fetch(`${webhooks.url}/webhook/link?id=first`)).ok, 60_000);
	}, 600_000);
	afterAll(async () => {
		const processes = [n8n, webhooks, ...(workers ?? [])];
		await Promise.all([...processes.map((one) => one?.stop()), store?.end()]);
		await database?.drop();
		rmSync(folder, { recursive: true, force: true });
	}, 60_000);

	const publish = async (workflow: WorkflowJson) => {
		const created = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
		return await n8n.rest('POST', `/workflows/${created.id}/activate`, {
			versionId: created.versionId,
		});
	};
	const ask = async <T>(path: string): Promise<T> =>
		(await (await fetch(`${webhooks.url}/webhook/${path}`)).json()) as T;
	/** The signed link of a recipient, as path and query. */
	const linkTo = async (id: string) => {
		const { tracking } = await ask<{ tracking: { url: string } }>(`link?id=${id}`);
		const { pathname, search } = new URL(tracking.url);
		return `${pathname}${search}`;
	};
	const load = async (link: string, at: { url: string } = webhooks) => {
		const response = await fetch(`${at.url}${link}`, { headers: { 'user-agent': MAIL_PROGRAM } });
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

	it('stores what a webhook processor answered, with no credential of ours', async () => {
		await load('/webhook/email-open/pixel.png?id=plain');
		expect(await logged('plain')).toEqual([{ recipient_id: 'plain', actor: 'human' }]);
	});

	it('believes on one machine the links of another, also while no worker was at work', async () => {
		const link = await linkTo('later');
		await workers.pop()?.stop();
		const before = Date.now();
		await load(link);
		expect(Date.now() - before).toBeLessThan(4000);
		workers.push(await n8n.startBeside('worker'));
		expect(await logged('later')).toHaveLength(1);
		workers.push(await n8n.startBeside('worker'));
	}, 300_000);

	it('counts each open of a campaign once, whichever processes had it', async () => {
		const links = await Promise.all(
			Array.from({ length: 12 }, async (_, number) => await linkTo(`reader-${number}`)),
		);
		const at = [n8n, webhooks];
		await Promise.all(links.map(async (link, number) => await load(link, at[number % 2])));
		await Promise.all(links.map(async (_, number) => await logged(`reader-${number}`)));
		const { campaigns } = await ask<{ campaigns: Array<Record<string, unknown>> }>('dashboard');
		expect(campaigns).toMatchObject([{ campaignId: 'spring', opens: 13, uniqueOpens: 13 }]);
	}, 60_000);

	it('serves opens over MCP, a session of it in any process', async () => {
		const name = 'Token';
		const data = { token: 'a-long-token' };
		const { id } = await n8n.rest('POST', '/credentials', { name, type: 'httpBearerAuth', data });
		const workflow = bundledWorkflow('serve-opens-over-mcp.json');
		workflow.nodes.find((one) => one.name === 'MCP Server Trigger')!.credentials = {
			httpBearerAuth: { id: String(id), name },
		};
		await publish(workflow);
		const path = '/mcp/email-opens';
		const processes = [n8n, webhooks];
		for (const { url } of processes) {
			await eventually(async () => {
				const { status } = await fetch(`${url}${path}`, { method: 'POST' });
				return status === 403;
			}, 60_000);
		}
		let requests = 0;
		const client = await connectMcp(`${n8n.url}${path}`, data.token, async (_url, init) => {
			const { url } = processes[requests++ % processes.length];
			return await fetch(`${url}${path}`, init);
		});
		expect((await client.listTools()).tools).toHaveLength(7);
		const call = async (tool: string, given: Record<string, string>) => {
			const { content } = await client.callTool({ name: tool, arguments: given });
			return content.map(({ text }) => text).join();
		};
		for (let asked = 0; asked < processes.length; asked++) {
			expect(await call('Who_Opened', { campaignId: 'spring' })).toContain('reader-0');
		}
		expect(await call('Is_the_Setup_Healthy', {})).toContain('It answers (PostgreSQL');
		expect(await call('Who_Opened', { campaignId: 'none' })).toContain('There is no campaign');
		await client.close();
	}, 120_000);

	it("keeps nobody's query of where a link leads: not in Redis, in a table of n8n, nor in a log", async () => {
		const target = 'https://shop.example/marker-page?email=marker-query';
		const link = signTrackedLink({
			baseUrl: `${webhooks.url}/webhook`,
			keyRing: parseKeyRing({ activeKey: deriveSigningKey(encryptionKey) }),
			iv: randomBytes(12),
			claims: {
				recipientId: 'clicks',
				pixelId: null,
				campaignId: 'links',
				messageId: null,
				trackingMode: null,
				purpose: 'clicks',
				issuedAt: new Date(),
				preview: false,
				link: { url: target, position: 1, label: null },
			},
		});
		const redis = await watchRedis();
		try {
			for (const method of ['HEAD', 'GET']) {
				const headers = { 'user-agent': MAIL_PROGRAM };
				const answer = await fetch(String(link), { method, headers, redirect: 'manual' });
				expect([answer.status, answer.headers.get('location')]).toEqual([302, target]);
			}
			await logged('clicks');
			// What was watched is the way that the click took.
			expect(redis.asked()).toContain(database.url.pathname.slice(1));
			expect(redis.asked()).not.toMatch(/marker-/);
		} finally {
			redis.end();
		}
		const { rows: tables } = await store.query<{ name: string }>(
			`select format('%I.%I', table_schema, table_name) as name from information_schema.tables
				where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
		);
		const holding = async (text: string) => {
			const found: string[] = [];
			for (const { name } of tables) {
				const sql = `select 1 from ${name} as t where t::text like $1 limit 1`;
				if ((await store.query(sql, [`%${text}%`])).rows.length > 0) found.push(name);
			}
			return found;
		};
		expect(await holding('marker-query')).toEqual([]);
		// The search finds what is there.
		expect(await holding('marker-page')).toContainEqual(
			expect.stringMatching(/^email_open_tracking\.opens/),
		);
		for (const { output } of [n8n, webhooks, ...workers]) expect(output()).not.toMatch(/marker-/);
	}, 90_000);

	it('has one signing key for all, which it tells nobody, and keeps no file of its own', async () => {
		const { rows } = await store.query('select id from email_open_tracking.signing_keys');
		const [id, secret] = deriveSigningKey(encryptionKey).split(':');
		expect(rows).toEqual([{ id }]);
		for (const { folder, output } of [n8n, webhooks, ...workers]) {
			const files = readdirSync(join(folder, '.n8n'), { recursive: true, encoding: 'utf8' });
			expect(files.filter((file) => /signing-keys\.json|tracking\.sqlite/.test(file))).toEqual([]);
			for (const text of [encryptionKey, secret]) expect(output()).not.toContain(text);
		}
	});

	it('refuses other keys for the same store, and says which are missing', async () => {
		const name = 'Other key';
		const data = { activeSecretKey: generateKey() };
		const { id } = await n8n.rest('POST', '/credentials', {
			name,
			type: 'emailOpenTrackingApi',
			data,
		});
		const other = openTemplate({ path: 'other/pixel.png' });
		const trigger = triggerOf(other);
		trigger.webhookId = 'other';
		chooseCredential(trigger, { id: String(id), name });
		const published = await publish(other);
		expect(await publicationFailure(n8n.rest, String(published.id))).toMatch(
			/This store was used with the signing key/,
		);
	}, 90_000);

	it('refuses to publish what would write to a file of one process', async () => {
		const collecting = openTemplate({ respond: 'collect', path: 'collecting/pixel.png' });
		triggerOf(collecting).webhookId = 'collecting';
		const { id } = await publish(collecting);
		expect(await publicationFailure(n8n.rest, String(id))).toMatch(/queue mode/);
	}, 90_000);

	describe('with batches from the store', () => {
		const place = mkdtempSync(join(tmpdir(), 'queue-mode-collector-'));
		const agent = new Agent({ keepAlive: true, maxSockets: 16 });
		/** What the workflow sent on, a batch at a time */
		const batches: string[][] = [];
		let answered = Promise.resolve();
		let destination: Server;
		let collector: CollectorProcess;

		beforeAll(async () => {
			destination = createServer((request, response) => {
				void json(request).then(async (body) => {
					const { data } = body as { data: Array<{ recipientId: string }> };
					batches.push(data.map(({ recipientId }) => recipientId));
					await answered;
					response.end();
				});
			});
			await new Promise<void>((resolve) => destination.listen(0, '127.0.0.1', resolve));
			const keys = join(place, 'keys');
			mkdirSync(keys);
			const ring = { activeKey: deriveSigningKey(encryptionKey), previousKeys: [] };
			writeFileSync(join(keys, 'signing-keys.json'), JSON.stringify(ring), { mode: 0o600 });
			collector = await startCollectorProcess(
				join(place, 'data'),
				['--keys', keys, '--postgres-url-env', 'STORE_URL', '--postgres-tls', 'disable'],
				{ STORE_URL: database.url.href },
			);
		}, 60_000);
		afterAll(async () => {
			collector?.child.kill('SIGTERM');
			await collector?.exited;
			agent.destroy();
			destination.closeAllConnections();
			destination.close();
			rmSync(place, { recursive: true, force: true });
		}, 60_000);

		const got = (prefix: string) =>
			[...new Set(batches.flat().filter((id) => id.startsWith(prefix)))].sort();
		/** Opens at the collector on another host, at the main process and at the webhook processor. */
		const openEverywhere = async (prefix: string, count: number) => {
			const ids = Array.from({ length: count }, (_, number) => `${prefix}-${number}`).sort();
			await Promise.all(
				ids.map(async (id, number) => {
					if (number % 10 === 0) await load(`/webhook/email-open/pixel.png?id=${id}`);
					else expect(await loadAt(agent, collector.port, id)).toBe(true);
				}),
			);
			return ids;
		};

		it('hands over what any collector and any webhook recorded, with no log of its own', async () => {
			const workflow = bundledWorkflow('high-volume.json');
			workflow.name = 'batches';
			for (const one of workflow.nodes) {
				if (one.name === 'Open Collector Trigger') {
					one.parameters = { source: 'store', batchSize: 40, batchInterval: 0.5 };
				}
				if (one.name === 'Add Your Steps Here') {
					Object.assign(one, {
						type: 'n8n-nodes-base.aggregate',
						typeVersion: 1,
						parameters: {
							aggregate: 'aggregateAllItemData',
							destinationFieldName: 'data',
							include: 'specifiedFields',
							fieldsToInclude: 'recipientId',
						},
					});
				}
			}
			workflow.nodes.push({
				...node('Send On', 'n8n-nodes-base.httpRequest', {
					method: 'POST',
					url: `http://127.0.0.1:${(destination.address() as AddressInfo).port}/`,
					sendBody: true,
					specifyBody: 'json',
					jsonBody: '={{ JSON.stringify($json) }}',
				}),
				typeVersion: 4.2,
				position: [560, -224],
			});
			workflow.connections['Add Your Steps Here'] = {
				main: [[{ node: 'Send On', type: 'main', index: 0 }]],
			};
			await publish(workflow);
			await eventually(() => /are handed over by this n8n/.test(n8n.output()), 60_000);
			const ids = await openEverywhere('shared', 120);
			await eventually(() => got('shared').length >= ids.length, 60_000);
			expect(got('shared')).toEqual(ids);
			const files = readdirSync(join(n8n.folder, '.n8n'), { recursive: true, encoding: 'utf8' });
			expect(files.filter((file) => file.startsWith(join('email-open-tracking', '/')))).toEqual([]);
		}, 180_000);

		it('loses none when the main process is killed in the middle of a batch, and goes on after its start', async () => {
			let release = () => {};
			answered = new Promise<void>((resolve) => (release = resolve));
			const seen = batches.length;
			const ids = await openEverywhere('killed', 100);
			await eventually(() => batches.length > seen, 60_000);
			await n8n.kill();
			const inHand = batches.slice(seen).flat();
			release();
			answered = Promise.resolve();
			const meanwhile = await Promise.all(
				['a', 'b'].map(async (id) => {
					expect(await loadAt(agent, collector.port, `killed-later-${id}`)).toBe(true);
					return `killed-later-${id}`;
				}),
			);
			n8n = await startInstance({ workflows: [], env, folder });
			const all = [...ids, ...meanwhile].sort();
			await eventually(() => got('killed').length >= all.length, 90_000);
			expect(got('killed')).toEqual(all);
			// It was in hand when the process ended, which had not noted it yet.
			const again = batches.flat().filter((id) => id === inHand[0]);
			expect(again.length).toBeGreaterThan(1);
		}, 240_000);
	});
});
