import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';

import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { collectorFolder } from '../../nodes/shared/receive/collector-log';
import { openCollectorLog, type CollectorLog } from '../../src/collector/log/collector-log';
import { eventually } from '../support/n8n-instance';

describe('the Email Open Trigger that collects for batches', () => {
	const node = new OpenTrackingTrigger();
	const userFolder = process.env.N8N_USER_FOLDER;
	let folder: string;
	let log: CollectorLog;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'email-open-trigger-'));
		process.env.N8N_USER_FOLDER = folder;
		log = openCollectorLog({ folder: collectorFolder(), durable: false });
		log.setConsumers(['workflow']);
	});
	afterEach(() => {
		log.close();
		process.env.N8N_USER_FOLDER = userFolder;
		delete process.env.EXECUTIONS_MODE;
		rmSync(folder, { recursive: true });
	});

	const parts = (parameters: Record<string, unknown>) => ({
		getMode: () => 'webhook',
		getNode: () => ({ id: 'trigger', name: 'Email Open Trigger' }),
		getWorkflow: () => ({ id: 'workflow', name: 'Workflow' }),
		getNodeParameter: (name: string, fallback?: unknown) => {
			const declared = node.description.properties.find((one) => one.name === name);
			if (!declared) throw new Error(`The node does not declare "${name}"`);
			return parameters[name] ?? declared.default ?? fallback;
		},
		logger: { debug() {}, info() {}, warn() {}, error() {} },
	});

	/** Loads the pixel; resolves to what the log had written when the image went out. */
	async function load(id: string, parameters: Record<string, unknown> = {}) {
		let writtenAtAnswer: number | undefined;
		const response = {
			end: () => (writtenAtAnswer = log.lastSeq()),
			writeHead: () => undefined,
			getHeaderNames: () => [],
			once: () => undefined,
		};
		const context = {
			...parts({ respond: 'collect', ...parameters }),
			getRequestObject: () => ({ method: 'GET', query: { id }, headers: {}, ip: '203.0.113.9' }),
			getWebhookName: () => 'default',
			getResponseObject: () => response,
		};
		const before = log.lastSeq();
		await node.webhook.call(context as unknown as IWebhookFunctions);
		if (writtenAtAnswer === undefined) throw new Error('No image went out');
		return { commits: writtenAtAnswer - before };
	}
	const logged = () =>
		log.peek(0, 99).map(({ event }) => (JSON.parse(event) as { recipientId: string }).recipientId);

	it('answers a refused open after a commit, like one that is kept', async () => {
		expect(await load('kept')).toEqual({ commits: 1 });
		expect(await load('refused', { consentPolicy: 'consent-required' })).toEqual({ commits: 1 });
		expect(logged()).toEqual(['kept']);
	});

	it('keeps to the Log Size Limit of the Open Collector Trigger', async () => {
		log.setMaxBytes(1);
		await expect(load('too much')).rejects.toThrow(/log of collected opens is full.*Log Size/);
		expect(logged()).toEqual([]);
	});

	it('cannot be published in queue mode, and says what to do', async () => {
		process.env.EXECUTIONS_MODE = 'queue';
		const publish = async (respond: string, activationMode: string) =>
			await node.webhookMethods.default.checkExists.call({
				...parts({ respond }),
				getActivationMode: () => activationMode,
				getNode: () => ({
					id: 'trigger',
					name: 'Email Open Trigger',
					parameters: { storeAndKeys: 'credential' },
					credentials: { emailOpenTrackingApi: { id: 'away', name: 'PostgreSQL' } },
				}),
				getCredentials: async () => {
					throw new Error('away');
				},
			} as unknown as IHookFunctions);
		await expect(publish('collect', 'activate')).rejects.toMatchObject({
			message: expect.stringMatching(/queue mode.*Set Respond to Immediately/),
		});
		// A person is told that the credential does not work. When n8n itself starts there is nobody
		// to correct it, and the image would be gone.
		await expect(publish('immediately', 'activate')).rejects.toThrow(
			'Email Open Tracking could not be read',
		);
		await expect(publish('immediately', 'init')).resolves.toBe(true);
		await expect(publish('collect', 'init')).resolves.toBe(true);
		// Published before n8n was switched: the image goes out, and n8n shows why nothing is kept.
		await expect(load('late')).rejects.toThrow('queue mode');
		expect(logged()).toEqual([]);
	});
});

describe('an Email Open Trigger with a store credential', () => {
	const node = new OpenTrackingTrigger();
	const told: string[] = [];
	const checkExists = async (connectionStringSecret: string, activation: string) =>
		await node.webhookMethods.default.checkExists.call({
			getActivationMode: () => activation,
			getMode: () => 'trigger',
			getNode: () => ({
				id: 'trigger',
				name: 'Email Open Trigger',
				parameters: { storeAndKeys: 'credential' },
				credentials: { emailOpenTrackingApi: { id: 'c', name: 'c' } },
			}),
			getWorkflow: () => ({ id: 'workflow', name: 'Workflow' }),
			getNodeParameter: (name: string) =>
				node.description.properties.find((one) => one.name === name)?.default,
			getCredentials: async () => ({ connectionStringSecret, tls: 'disable' }),
			logger: { warn: (message: string) => told.push(message) },
		} as unknown as IHookFunctions);
	const nobody = 'postgres://someone:hunter2@127.0.0.1:9/none';

	it.each(['activate', 'update'])('is not published when that does not work (%s)', async (mode) => {
		const publishing = checkExists(nobody, mode);
		await expect(publishing).rejects.toMatchObject({
			message: expect.stringMatching(/^PostgreSQL could not be reached \(ECONNREFUSED\)/),
			description: expect.stringContaining('Correct the credential'),
		});
		await expect(publishing).rejects.not.toThrow('hunter2');
		await expect(checkExists('no url', mode)).rejects.toThrow('connection string is not valid');
	});

	it('stays published when n8n starts while the store is away, and says why nothing was noted', async () => {
		await expect(checkExists(nobody, 'init')).resolves.toBe(true);
		await eventually(() => told.length > 0);
		expect(told).toEqual([
			expect.stringMatching(/could not be noted .*: PostgreSQL could not be reached/),
		]);
	});
});
