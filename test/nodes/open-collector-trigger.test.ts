import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type {
	INodeType,
	INodeTypeDescription,
	ITriggerFunctions,
	ITriggerResponse,
} from 'n8n-workflow';

import { imageHoldSettings } from '../../nodes/OpenCollectorTrigger/settings';
import { isFolderLocked, openCollectorLog } from '../../src/collector/log/collector-log';
import { load } from '../support/collector-process';

// The collector's threads are files of the built package.
const { OpenCollectorTrigger } = createRequire(__filename)(
	join(__dirname, '../../dist/nodes/OpenCollectorTrigger/OpenCollectorTrigger.node.js'),
) as { OpenCollectorTrigger: new () => INodeType & { description: INodeTypeDescription } };

describe('the Open Collector Trigger', () => {
	const agent = new Agent({ keepAlive: false });
	const userFolder = process.env.N8N_USER_FOLDER;
	let folder: string;
	let blocker: Server;
	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'collector-trigger-'));
		process.env.N8N_USER_FOLDER = folder;
		blocker = createServer();
		await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
	});
	afterEach(() => {
		blocker.close();
		process.env.N8N_USER_FOLDER = userFolder;
		delete process.env.EXECUTIONS_MODE;
		delete process.env.N8N_ENCRYPTION_KEY;
		rmSync(folder, { recursive: true });
	});
	const takenPort = () => (blocker.address() as AddressInfo).port;
	const freedPort = async () => {
		const port = takenPort();
		await new Promise((resolve) => blocker.close(resolve));
		return port;
	};

	function triggerContext(mode: 'manual' | 'trigger', parameters: Record<string, unknown>) {
		const node = new OpenCollectorTrigger();
		const emitted: Array<Array<Array<{ json: Record<string, unknown> }>>> = [];
		const context = {
			getMode: () => mode,
			getActivationMode: () => (mode === 'manual' ? 'manual' : 'activate'),
			getNode: () => ({ name: 'Open Collector Trigger', parameters }),
			getNodeParameter: (name: string, fallback?: unknown) => {
				const declared = node.description.properties.find((one) => one.name === name);
				if (!declared) throw new Error(`The node does not declare "${name}"`);
				if (parameters[name] === null) throw new Error(`Reading "${name}" failed`);
				return parameters[name] ?? declared.default ?? fallback;
			},
			logger: { debug() {}, info() {}, warn() {}, error() {} },
			emit: (data: (typeof emitted)[number]) => emitted.push(data),
			emitError: () => undefined,
		};
		const start = async () =>
			(await node.trigger!.call(context as unknown as ITriggerFunctions)) as ITriggerResponse;
		return { start, emitted };
	}

	it('shows the next open in a manual test, and closes its port afterwards', async () => {
		const port = await freedPort();
		const { start, emitted } = triggerContext('manual', {
			port,
			options: { host: '127.0.0.1' },
		});
		const { manualTriggerFunction, closeFunction } = await start();
		const waiting = manualTriggerFunction!();
		while (!(await load(agent, port, '42')))
			await new Promise((resolve) => setTimeout(resolve, 50));
		await waiting;
		expect(emitted).toHaveLength(1);
		expect(emitted[0][0][0].json).toMatchObject({ event: 'open', recipientId: '42' });
		await closeFunction!();
		expect(await load(agent, port, 'after')).toBe(false);
	});

	it('ends a manual test without an open when the user stops it', async () => {
		const { start, emitted } = triggerContext('manual', {
			port: await freedPort(),
			options: { host: '127.0.0.1' },
		});
		const { manualTriggerFunction, closeFunction } = await start();
		const waiting = manualTriggerFunction!();
		await new Promise((resolve) => setTimeout(resolve, 500));
		await closeFunction!();
		await waiting;
		expect(emitted).toEqual([[[]]]);
	});

	it('says what to do when the port is taken', async () => {
		const { start } = triggerContext('trigger', {
			port: takenPort(),
			options: { host: '127.0.0.1' },
		});
		await expect(start()).rejects.toThrow(/Port \d+ is taken by another program. Choose another/);
	});

	it('says that another one is published, and leaves that one at work', async () => {
		const port = await freedPort();
		const first = await triggerContext('trigger', { port, options: { host: '127.0.0.1' } }).start();
		const second = triggerContext('trigger', { port: port + 1, options: { host: '127.0.0.1' } });
		await expect(second.start()).rejects.toMatchObject({
			message: expect.stringMatching(/^Only one Open Collector Trigger can be active.*Unpublish/),
		});
		expect(await load(agent, port, '42')).toBe(true);
		await first.closeFunction!();
	});

	it('leaves no port, thread or lock behind when it cannot start', async () => {
		const port = await freedPort();
		const parameters = { port, batchSize: null, options: { host: '127.0.0.1' } };
		await expect(triggerContext('trigger', parameters).start()).rejects.toThrow('batchSize');
		expect(await load(agent, port, '42')).toBe(false);
		expect(isFolderLocked(join(folder, '.n8n', 'email-open-tracking', 'collector'))).toBe(false);
	});

	it('keeps of the request what its options name in mode Full, and gives the store its log limit', async () => {
		const port = await freedPort();
		const { start, emitted } = triggerContext('manual', {
			port,
			trackingMode: 'full',
			options: { host: '127.0.0.1', ip: 'hash', keep: ['userAgent'], time: 'day', maxLogGb: 0.5 },
		});
		const { manualTriggerFunction, closeFunction } = await start();
		const waiting = manualTriggerFunction!();
		const ask = () =>
			fetch(`http://127.0.0.1:${port}/o.png?id=42`, {
				headers: { 'user-agent': 'Some Mail/1.0', referer: 'https://mail.example/' },
			}).catch(() => null);
		while (!(await ask())) await new Promise((resolve) => setTimeout(resolve, 50));
		await waiting;
		expect(emitted[0][0][0].json).toMatchObject({
			occurredAt: expect.stringMatching(/T00:00:00.000Z$/),
			request: {
				ip: expect.stringMatching(/^[0-9a-f]{32}$/),
				userAgent: 'Some Mail/1.0',
				referer: null,
				acceptLanguage: null,
			},
		});
		const log = openCollectorLog({
			folder: join(folder, '.n8n', 'email-open-tracking', 'collector'),
			durable: false,
		});
		expect(log.maxBytes()).toBe(1024 ** 3 / 2);
		log.close();
		await closeFunction!();
	});

	it('opens no port when the user ends a manual test while it starts', async () => {
		const port = await freedPort();
		const { start } = triggerContext('manual', { port, options: { host: '127.0.0.1' } });
		const { manualTriggerFunction, closeFunction } = await start();
		const waiting = manualTriggerFunction!();
		await closeFunction!();
		await waiting;
		expect(await load(agent, port, '42')).toBe(false);
	});

	it('has nothing to collect from in queue mode but its own port, and says so', async () => {
		process.env.EXECUTIONS_MODE = 'queue';
		await expect(triggerContext('trigger', { source: 'webhooks' }).start()).rejects.toMatchObject({
			message: expect.stringMatching(/queue mode.*Own Port/),
		});
	});

	it.each([
		[{}, null],
		[{ imageHoldLimit: 90 }, null],
		[{ imageHold: true }, { limitMs: 60_000 }],
		[{ imageHold: true, imageHoldLimit: 90 }, { limitMs: 90_000 }],
		[{ imageHold: true, imageHoldLimit: 0 }, { limitMs: 1000 }],
		[{ imageHold: true, imageHoldLimit: 3600 }, { limitMs: 300_000 }],
	])('measures held time only when told to, within bounds: %j', (options, expected) => {
		expect(imageHoldSettings({ getNodeParameter: () => options })).toEqual(expected);
	});

	it('needs PostgreSQL in queue mode, and says so', async () => {
		process.env.EXECUTIONS_MODE = 'queue';
		process.env.N8N_ENCRYPTION_KEY = 'k'.repeat(32);
		const { start } = triggerContext('trigger', { port: takenPort() });
		await expect(start()).rejects.toMatchObject({
			message: 'There is no store for queue mode',
			description: expect.stringMatching(/credential Email Open Tracking/),
		});
	});
});
