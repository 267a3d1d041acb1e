import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type {
	IDataObject,
	INodeExecutionData,
	INodeType,
	ITriggerFunctions,
	ITriggerResponse,
	IWebhookFunctions,
} from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { signingOf } from '../../nodes/shared/installation/signing';
import { TRACKING_MODES, type TrackingMode } from '../../src/tracking/event/tracking-mode';
import { signTrackedLink } from '../../src/tracking/links/tracked-link';
import { MAIL_PROGRAM } from '../support/browser';
import { allBytes, eventually, freePort } from '../support/n8n-instance';
import { executeContext } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

// The collector's threads are files of the built package.
const { OpenCollectorTrigger } = createRequire(__filename)(
	join(__dirname, '../../dist/nodes/OpenCollectorTrigger/OpenCollectorTrigger.node.js'),
) as { OpenCollectorTrigger: new () => INodeType };

const DOORS = ['trigger', 'trigger-for-batches', 'collector', 'import'] as const;
type Door = (typeof DOORS)[number];

const pageOf = (door: Door) => `marker-page-of-${door}`;
const queryOf = (door: Door) => `marker-query-of-${door}`;
const targetOf = (door: Door) =>
	`https://marker-user:marker-word@shop.example/${pageOf(door)}?email=${queryOf(door)}#marker-hash`;

/** What may be left of where a link leads. */
function allowedIn(mode: TrackingMode, door: Door): string[] {
	if (mode === 'full') return [pageOf(door), queryOf(door), 'marker-word', 'marker-hash'];
	return mode === 'identified' ? [pageOf(door)] : [];
}

describe.each(TRACKING_MODES)('where a link leads, in mode %s', (mode) => {
	let folder: UserFolder;
	let port: number;
	let collector: ITriggerResponse;
	/** Everything that was logged, and every item that n8n was given */
	const said: unknown[] = [];

	const contextOf = (node: INodeType, parameters: Record<string, unknown>) => ({
		getMode: () => 'trigger',
		getActivationMode: () => 'activate',
		getNode: () => ({ id: node.description.name, name: node.description.displayName, parameters }),
		getWorkflow: () => ({ id: node.description.name, name: 'Workflow' }),
		getWebhookName: () => 'click',
		getNodeParameter: (name: string, fallback?: unknown) => {
			const declared = node.description.properties.find((one) => one.name === name);
			if (!declared) throw new Error(`The node does not declare "${name}"`);
			return parameters[name] ?? declared.default ?? fallback;
		},
		logger: Object.fromEntries(
			['debug', 'info', 'warn', 'error'].map((level) => [
				level,
				(...message: unknown[]) => void said.push(message),
			]),
		),
	});

	beforeAll(async () => {
		folder = newUserFolder();
		port = await freePort();
		const node = new OpenCollectorTrigger();
		const options = { host: '127.0.0.1', trackClicks: true };
		collector = (await node.trigger!.call({
			...contextOf(node, { port, trackingMode: mode, options }),
			helpers: {
				createDeferredPromise: () => {
					const result = { status: 'success', data: { resultData: {} } };
					return { promise: Promise.resolve(result) };
				},
			},
			emit: (items: unknown) => void said.push(items),
			emitError: (error: Error) => void said.push(error.stack),
		} as unknown as ITriggerFunctions)) as ITriggerResponse;
	}, 60_000);
	afterAll(async () => {
		await collector.closeFunction!();
		await folder.remove();
	}, 60_000);

	const tokenFor = async (door: Door) => {
		const { keyRing } = await signingOf(contextOf(new OpenTrackingTrigger(), {}) as never);
		const url = signTrackedLink({
			baseUrl: 'https://n8n.example.com/webhook',
			keyRing,
			iv: randomBytes(12),
			claims: {
				recipientId: `reader-${door}`,
				pixelId: null,
				campaignId: `campaign-${door}`,
				messageId: null,
				trackingMode: null,
				purpose: 'clicks',
				issuedAt: new Date(),
				preview: false,
				link: { url: targetOf(door), position: 1, label: null },
			},
		});
		return new URL(url ?? '').searchParams.get('t') ?? '';
	};

	/** Asks the trigger, and gives the items that start the workflow. */
	async function followAtTrigger(door: Door, respond: string): Promise<INodeExecutionData[]> {
		const items: INodeExecutionData[] = [];
		const t = await tokenFor(door);
		for (const method of ['HEAD', 'GET']) {
			const node = new OpenTrackingTrigger();
			const answer: Record<string, unknown> = {};
			const headers = { 'user-agent': MAIL_PROGRAM, referer: targetOf(door) };
			const { workflowData } = await node.webhook.call({
				...contextOf(node, { respond, trackClicks: true, trackingMode: mode }),
				getRequestObject: () => ({ method, query: { t }, headers, ip: '203.0.113.9' }),
				getResponseObject: () => ({
					writeHead: (status: number, sent: object) => Object.assign(answer, { status, sent }),
					end: () => undefined,
					getHeaderNames: () => [],
					once: () => undefined,
				}),
			} as unknown as IWebhookFunctions);
			expect(answer).toMatchObject({ status: 302, sent: { location: targetOf(door) } });
			items.push(...(workflowData?.[0] ?? []));
		}
		said.push(items);
		return items;
	}

	const follow: Record<Door, () => Promise<void>> = {
		trigger: async () => {
			const items = await followAtTrigger('trigger', 'immediately');
			const node = new RespondAndLogOpen();
			const { context } = executeContext(node, items, {});
			Object.assign(context, { getExecutionId: () => '1' });
			said.push(await node.execute.call(context));
		},
		'trigger-for-batches': async () => {
			expect(await followAtTrigger('trigger-for-batches', 'collect')).toEqual([]);
		},
		collector: async () => {
			const url = `http://127.0.0.1:${port}/email-open/link?t=${await tokenFor('collector')}`;
			for (const method of ['HEAD', 'GET']) {
				const headers = { 'user-agent': MAIL_PROGRAM, referer: targetOf('collector') };
				const { status } = await fetch(url, { method, headers, redirect: 'manual' });
				expect(status).toBe(302);
			}
		},
		import: importReported,
	};

	/** An email service reports the click, in the payload of SendGrid. */
	async function importReported(): Promise<void> {
		const reported = {
			event: 'click',
			email: 'reader-import@example.com',
			category: 'campaign-import',
			timestamp: Math.trunc(Date.now() / 1000),
			sg_event_id: 'reported',
			useragent: MAIL_PROGRAM,
			url: targetOf('import'),
		};
		const node = new OpenTracking();
		const items = [{ json: { body: [reported] } as unknown as IDataObject }];
		const { context } = executeContext(node, items, {
			parameters: {
				resource: 'open',
				operation: 'import',
				provider: 'sendgrid',
				importTrackingMode: mode,
				importOptions: { acceptUnsigned: true, trackClicks: true },
			},
		});
		said.push(await node.execute.call(context));
	}

	it('is kept at every door as far as the mode says, on disk, in logs and in items', async () => {
		for (const door of DOORS) await follow[door]();
		const store = await folder.store();
		await eventually(async () => {
			const campaigns = await Promise.all(
				DOORS.map(async (door) => await store.getCampaign(`campaign-${door}`)),
			);
			// Where a mode keeps no click nothing will come, and all that came would be on disk.
			const expected = mode === 'off' || mode === 'hygiene' ? null : 1;
			return campaigns.every((one) => (one ? one.clicks + one.machineClicks : null) === expected);
		});
		const bytes = Buffer.concat([allBytes(folder.path), Buffer.from(JSON.stringify(said))]);
		for (const door of DOORS) {
			const planted = [pageOf(door), queryOf(door), 'marker-word', 'marker-hash'];
			const found = planted.filter((text) => bytes.includes(text));
			expect([door, found]).toEqual([door, allowedIn(mode, door)]);
		}
	});
});
