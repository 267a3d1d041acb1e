import type { INodeExecutionData, ITriggerFunctions, IWebhookFunctions } from 'n8n-workflow';

import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { OpenCollectorTrigger } from '../../nodes/OpenCollectorTrigger/OpenCollectorTrigger.node';
import { collectorSettings } from '../../nodes/OpenCollectorTrigger/settings';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { readCollectOptions } from '../../src/collector/command/collect-options';
import { executeContext } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const CAMPAIGN = 'spring-launch';

let folder: UserFolder;
beforeEach(() => {
	folder = newUserFolder();
});
afterEach(async () => await folder.remove());

/** A load as the published template deals with it: trigger, then Respond and Log Open. */
async function load(query: Record<string, string>, options: Record<string, unknown>) {
	const trigger = new OpenTrackingTrigger();
	const parameters: Record<string, unknown> = { respond: 'immediately', options };
	const { workflowData } = await trigger.webhook.call({
		getMode: () => 'webhook',
		getNode: () => ({ id: 'trigger', name: 'Email Open Trigger' }),
		getWorkflow: () => ({ id: 'workflow', name: 'Workflow' }),
		getNodeParameter: (name: string, fallback?: unknown) =>
			parameters[name] ??
			trigger.description.properties.find((one) => one.name === name)?.default ??
			fallback,
		logger: { debug() {}, info() {}, warn() {}, error() {} },
		getRequestObject: () => ({ method: 'GET', query, headers: {}, ip: '203.0.113.9' }),
		getWebhookName: () => 'default',
		getResponseObject: () => ({
			end: () => undefined,
			writeHead: () => undefined,
			getHeaderNames: () => [],
			once: () => undefined,
		}),
	} as unknown as IWebhookFunctions);
	const node = new RespondAndLogOpen();
	await node.execute.call(executeContext(node, workflowData?.[0] ?? [], {}).context);
}

async function signedToken(recipientId: string): Promise<string> {
	const node = new TrackingPixel();
	const parameters = { operation: 'createLink', recipientId, campaignId: CAMPAIGN };
	const { context } = executeContext(node, [{ json: {} }], { parameters });
	const [[item]] = (await node.execute.call(context)) as INodeExecutionData[][];
	const { url } = item.json.tracking as { url: string };
	return new URL(url).searchParams.get('t')!;
}

describe('Signed Links Only', () => {
	const options = { signedOnly: true };

	it('lets nobody record an open by hand, whatever the address says', async () => {
		for (let n = 0; n < 10; n++) {
			await load({ id: `r-${n}`, campaignId: CAMPAIGN, pixelId: `p-${n}` }, options);
			await load({ campaignId: 'Your license has expired' }, options);
			await load({}, options);
		}
		const store = await folder.store();
		expect((await store.listOpens({ limit: 10 })).opens).toEqual([]);
		const { totals } = await store.getDashboard();
		expect(totals).toMatchObject({ opens: 0, machineOpens: 0, invalidTokens: 30 });
		expect(await store.listCampaigns({ limit: 10 })).toEqual([]);
	});

	it('counts an open by a link of Create Tracking Link', async () => {
		await load({ t: await signedToken('r-1') }, options);
		const { opens } = await (await folder.store()).listOpens({ limit: 10 });
		expect(opens).toMatchObject([{ recipientId: 'r-1', campaignId: CAMPAIGN }]);
	});

	it('is off until it is switched on, so that ?id=42 works at once', async () => {
		await load({ id: '42' }, {});
		const { opens } = await (await folder.store()).listOpens({ limit: 10 });
		expect(opens).toMatchObject([{ recipientId: '42' }]);
	});
});

describe('the collector', () => {
	async function listenerOf(options: Record<string, unknown>) {
		const node = new OpenCollectorTrigger();
		const { listener } = await collectorSettings({
			getNode: () => ({ name: 'Open Collector Trigger' }),
			getNodeParameter: (name: string, fallback?: unknown) =>
				name === 'options'
					? options
					: (node.description.properties.find((one) => one.name === name)?.default ?? fallback),
		} as unknown as ITriggerFunctions);
		return listener!;
	}
	const collect = (...args: string[]) =>
		readCollectOptions(['--data', 'log', ...args], {})!.settings.listener!;

	it('takes signed links only where that is asked for', async () => {
		expect((await listenerOf({})).receive.plainIds.allowed).toBe(true);
		expect((await listenerOf({ signedOnly: true })).receive.plainIds.allowed).toBe(false);
		expect(collect('--signed-only').receive.plainIds.allowed).toBe(false);
	});

	it('listens on this machine alone behind a proxy, unless an address is set', async () => {
		expect((await listenerOf({})).host).toBe('::');
		expect((await listenerOf({ proxyHops: 1 })).host).toBe('127.0.0.1');
		expect((await listenerOf({ proxyHops: 1, host: '10.0.0.5' })).host).toBe('10.0.0.5');
		expect(collect().host).toBe('::');
		expect(collect('--proxy-hops', '1').host).toBe('127.0.0.1');
		expect(collect('--proxy-hops', '1', '--host', '10.0.0.5').host).toBe('10.0.0.5');
	});
});
