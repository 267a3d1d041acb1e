import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type {
	IDataObject,
	IHookFunctions,
	INodeExecutionData,
	INodeType,
	ITriggerFunctions,
	ITriggerResponse,
	IWebhookFunctions,
} from 'n8n-workflow';

import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { TrackingApiTrigger } from '../../nodes/TrackingApiTrigger/TrackingApiTrigger.node';
import { load as loadFrom, startCollectorProcess } from '../support/collector-process';
import type { CollectorProcess } from '../support/collector-process';
import { eventually, freePort } from '../support/n8n-instance';
import { executeContext } from '../support/node-context';
import { PERSON } from '../support/tracking-api';
import { apiTriggerContext, askTrackingApi } from '../support/tracking-api-request';
import { newUserFolder, type UserFolder } from '../support/user-folder';

// The collector's threads are files of the built package.
const { OpenCollectorTrigger } = createRequire(__filename)(
	join(__dirname, '../../dist/nodes/OpenCollectorTrigger/OpenCollectorTrigger.node.js'),
) as { OpenCollectorTrigger: new () => INodeType };

const ERASED = 'erased@example.com';
const WITHDRAWN = 'withdrawn@example.com';

let folder: UserFolder;
let pixelId: string;
let port: number;
let collector: ITriggerResponse;
let collectorProcess: CollectorProcess;
const agent = new Agent();

/** Runs a node in a workflow of that name, as behind a published trigger. */
async function run(
	workflow: string,
	node: INodeType,
	items: INodeExecutionData[],
	parameters: Record<string, unknown> = {},
) {
	const { context } = executeContext(node, items, { parameters });
	Object.assign(context, {
		getWorkflow: () => ({ id: workflow, name: workflow }),
		getExecutionId: () => randomUUID(),
	});
	const output = (await node.execute!.call(context)) as INodeExecutionData[][];
	return output[0];
}

/** What the triggers are given by n8n. */
function triggerContext(workflow: string, node: INodeType, parameters: Record<string, unknown>) {
	return {
		getMode: () => 'trigger',
		getActivationMode: () => 'activate',
		getNode: () => ({ id: 'trigger', name: node.description.displayName, parameters }),
		getWorkflow: () => ({ id: workflow, name: workflow }),
		getNodeParameter: (name: string, fallback?: unknown) => {
			const declared = node.description.properties.find((one) => one.name === name);
			if (!declared) throw new Error(`The node does not declare "${name}"`);
			return parameters[name] ?? declared.default ?? fallback;
		},
		logger: { debug() {}, info() {}, warn() {}, error() {} },
	};
}

async function loadFromTrigger(workflow: string, respond: string, id: string) {
	const node = new OpenTrackingTrigger();
	const answered: string[] = [];
	const { workflowData } = await node.webhook.call({
		...triggerContext(workflow, node, { respond }),
		getRequestObject: () => ({ method: 'GET', query: { id }, headers: {}, ip: '203.0.113.9' }),
		getWebhookName: () => 'default',
		getResponseObject: () => ({
			end: () => answered.push(id),
			writeHead: () => undefined,
			getHeaderNames: () => [],
			once: () => undefined,
		}),
	} as unknown as IWebhookFunctions);
	expect(answered).toEqual([id]);
	return workflowData?.[0] ?? [];
}

async function publish(workflow: string, respond: string): Promise<void> {
	const node = new OpenTrackingTrigger();
	const context = triggerContext(workflow, node, { respond });
	await node.webhookMethods.default.checkExists.call(context as unknown as IHookFunctions);
}

interface Door {
	door: string;
	/** How the privacy report names it */
	name: RegExp;
	/** An open of somebody comes in. Its lookups are done when this resolves. */
	load(recipientId: string): Promise<unknown>;
}

/** Those that run in this process. */
const nodeDoors: Door[] = [
	{
		door: 'Email Open Trigger',
		name: /^Door 1: Email Open Trigger$/,
		load: async (id) => {
			const items = await loadFromTrigger('Door 1', 'immediately', id);
			return await run('Door 1', new RespondAndLogOpen(), items);
		},
	},
	{
		door: 'Email Open Trigger that collects for batches',
		name: /^Door 2: Email Open Trigger$/,
		load: async (id) => await loadFromTrigger('Door 2', 'collect', id),
	},
	{
		door: "n8n's own Webhook node",
		name: /^Door 3: Respond and Log Open$/,
		load: async (id) =>
			await run('Door 3', new RespondAndLogOpen(), [{ json: { query: { id }, headers: {} } }]),
	},
	{
		door: 'tracking API',
		name: /^Door 4: Tracking API Trigger$/,
		load: async (user) =>
			await askTrackingApi({
				path: `/tracker/${pixelId}.png?user=${user}`,
				headers: PERSON,
				workflow: 'Door 4',
			}),
	},
	{
		door: 'import',
		name: /^Door 5: Open Tracking$/,
		load: async (email) => {
			const open = { email, event: 'open', timestamp: 1789034400, sg_event_id: `open of ${email}` };
			const items = [{ json: { body: [open] } as unknown as IDataObject }];
			return await run('Door 5', new OpenTracking(), items, {
				resource: 'open',
				operation: 'import',
				provider: 'sendgrid',
				importOptions: { acceptUnsigned: true },
			});
		},
	},
];

const doors: Door[] = [
	...nodeDoors,
	{
		door: 'collector in n8n',
		name: /^Door 6: Open Collector Trigger$/,
		load: async (id) => await loadFrom(agent, port, id),
	},
	{
		door: 'collector process',
		name: /^Collector on .*, any free port$/,
		load: async (id) => await loadFrom(agent, collectorProcess.port, id),
	},
];

beforeAll(async () => {
	folder = newUserFolder();
	const store = await folder.store();
	pixelId = (await store.createPixel({ name: 'Newsletter' })).id;
	const ask = async (resource: string, operation: string, more: IDataObject) =>
		await run('Rights', new OpenTracking(), [{ json: {} }], { resource, operation, ...more });
	await ask('privacy', 'erasePerson', { personId: ERASED });
	await ask('consent', 'withdraw', { personId: WITHDRAWN, withdrawMethod: 'reply to an email' });

	await publish('Door 1', 'immediately');
	await publish('Door 2', 'collect');
	await new TrackingApiTrigger().webhookMethods.setup.checkExists.call(
		apiTriggerContext({
			workflow: 'Door 4',
			parameters: { access: 'none' },
		}) as unknown as IHookFunctions,
	);
	port = await freePort();
	const trigger = new OpenCollectorTrigger();
	const context = {
		...triggerContext('Door 6', trigger, { port, options: { host: '127.0.0.1' } }),
		helpers: {
			createDeferredPromise: () => {
				const result = { status: 'success', data: { resultData: {} } };
				return { promise: Promise.resolve(result) };
			},
		},
		emit: () => undefined,
		emitError: (error: Error) => {
			throw error;
		},
	};
	collector = (await trigger.trigger!.call(
		context as unknown as ITriggerFunctions,
	)) as ITriggerResponse;
	collectorProcess = await startCollectorProcess(dataFolder(), ['--admin-port', '0']);
}, 60_000);

afterAll(async () => {
	agent.destroy();
	collectorProcess.child.kill('SIGTERM');
	expect(await collectorProcess.exited).toBe(0);
	expect((await namesInReport()).filter((name) => name.startsWith('Collector on'))).toEqual([]);
	await collector.closeFunction!();
	await folder.remove();
}, 60_000);

describe('wherever an open comes in', () => {
	it.each(doors)('nothing stays of who was erased or withdrew: $door', async ({ door, load }) => {
		const store = await folder.store();
		const witness = `${door.replace(/\W+/g, '-').toLowerCase()}@example.com`;
		// In another spelling than they were erased and withdrew in.
		for (const id of [ERASED, WITHDRAWN, witness]) await load(id.toUpperCase());
		// Opens of a log go into the store in order, so those before it would be there as well.
		await eventually(
			async () => (await store.listOpens({ limit: 1, recipientId: witness })).opens.length === 1,
		);
		const { opens } = await store.listOpens({ limit: 100 });
		const recipients = opens.map(({ recipientId }) => recipientId);
		expect(recipients).not.toContain(ERASED);
		expect(recipients).not.toContain(WITHDRAWN);
		expect(recipients).not.toContain(null);
		expect(opens.find(({ recipientId }) => recipientId === witness)).toMatchObject({
			trackingMode: 'identified',
			purpose: 'performance',
			consent: { policy: 'objection-honoured' },
		});
	});

	it.each(nodeDoors)('nothing stays of who is erased behind the lookup: $door', async (door) => {
		const store = await folder.store();
		// The answer to the lookup is from before the erasure.
		const asked = jest.spyOn(store, 'deniedAmong').mockResolvedValue(new Set());
		const witness = `late-${door.door.replace(/\W+/g, '-')}@example.com`;
		for (const id of [ERASED, witness]) await door.load(id);
		expect(asked).toHaveBeenCalled();
		asked.mockRestore();
		await eventually(
			async () => (await store.listOpens({ limit: 1, recipientId: witness })).opens.length === 1,
		);
		expect((await store.listOpens({ limit: 1, recipientId: ERASED })).opens).toEqual([]);
	});

	it.each(doors)('the privacy report names the door: $door', async ({ name, load }) => {
		await load('reader@example.com');
		await eventually(async () => (await namesInReport()).some((one) => name.test(one)));
	});

	it.each([
		...nodeDoors.map((door) => ({ ...door, question: 'deniedAmong' as const })),
		...nodeDoors
			.filter(({ door }) => door === 'tracking API')
			.map((door) => ({ ...door, question: 'getPixel' as const })),
	])('a store that hangs is asked once, then left alone: $door, $question', async (door) => {
		const store = await folder.store();
		// The rest of the door before is over.
		later += 60_000;
		const asked = jest
			.spyOn(store, door.question)
			.mockImplementation(async () => await new Promise<never>(() => undefined));
		const before = realNow();
		await door.load('first@example.com');
		await door.load('second@example.com');
		await door.load('third@example.com');
		const took = realNow() - before;
		const times = asked.mock.calls.length;
		asked.mockRestore();
		expect(times).toBe(1);
		// Each would wait 750 ms by itself.
		expect(took).toBeLessThan(3 * 700);
	});
});

let later = 0;
const realNow = performance.now.bind(performance);
beforeAll(() => jest.spyOn(performance, 'now').mockImplementation(() => realNow() + later));
afterAll(() => jest.restoreAllMocks());

/** What the privacy report lists as places where opens come in. */
async function namesInReport(): Promise<string[]> {
	const [item] = await run('Report', new OpenTracking(), [{ json: {} }], {
		resource: 'report',
		operation: 'getPrivacyReport',
		controllerName: 'Example Ltd',
		controllerContact: 'privacy@example.com',
	});
	const page = Buffer.from(Object.values(item.binary!)[0].data, 'base64').toString();
	const section = page.slice(page.indexOf('<h2 id="trackers">'));
	const end = section.indexOf('</section>');
	return [...section.slice(0, end).matchAll(/<h3>(.*?)<\/h3>/g)].map(([, text]) => text);
}
