import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type {
	IHookFunctions,
	INodeExecutionData,
	ITriggerFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';

import { chooserOf } from '../../nodes/OpenCollectorTrigger/choose-opens';
import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { waitingFolders } from '../../nodes/shared/receive/waiting-opens';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { MAIL_PROGRAM } from '../support/browser';
import { eventually } from '../support/n8n-instance';
import { openEvent } from '../support/open-events';

const BOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

describe('what a trigger starts its workflow for', () => {
	const node = new OpenTrackingTrigger();
	const userFolder = process.env.N8N_USER_FOLDER;
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'start-for-'));
		process.env.N8N_USER_FOLDER = folder;
	});
	afterEach(async () => {
		await waitingFolders().stop();
		await (await openStore()).close();
		process.env.N8N_USER_FOLDER = userFolder;
		rmSync(folder, { recursive: true, force: true });
	});
	const openStore = async () => await openEmbeddedStore({ folder: dataFolder(), queueMode: false });
	const stored = async () => (await (await openStore()).listOpens({ limit: 100 })).opens;

	const emitted: INodeExecutionData[] = [];
	const parts = (parameters: Record<string, unknown>, mode = 'webhook') => ({
		getMode: () => mode,
		getActivationMode: () => 'activate',
		getNode: () => ({ id: 'trigger', name: 'Email Open Trigger', parameters }),
		getWorkflow: () => ({ id: 'workflow', name: 'Workflow' }),
		getNodeParameter: (name: string, fallback?: unknown) => {
			const declared = node.description.properties.find((one) => one.name === name);
			return parameters[name] ?? declared?.default ?? fallback;
		},
		emit: ([items]: INodeExecutionData[][]) => emitted.push(...items),
		logger: { debug() {}, info() {}, warn() {}, error() {} },
	});

	/** Loads the pixel; the event that the workflow starts with, if it does. */
	async function load(
		id: string,
		parameters: Record<string, unknown>,
		userAgent = MAIL_PROGRAM,
		mode?: string,
	) {
		let answered = false;
		const response = {
			end: () => (answered = true),
			writeHead: () => undefined,
			getHeaderNames: () => [],
			once: () => undefined,
		};
		const { workflowData } = await node.webhook.call({
			...parts({ respond: 'immediately', ...parameters }, mode),
			getRequestObject: () => ({
				method: 'GET',
				query: { id },
				headers: { 'user-agent': userAgent },
				ip: '203.0.113.9',
			}),
			getWebhookName: () => 'default',
			getResponseObject: () => response,
		} as unknown as IWebhookFunctions);
		expect(answered).toBe(true);
		return workflowData?.[0][0].json ?? null;
	}

	it('is every load, which the workflow records, unless something else is chosen', async () => {
		expect(await load('ada', {}, BOT)).toMatchObject({ actor: 'bot', firstOpen: null });
		expect(await stored()).toEqual([]);
	});

	it('is counted opens, while the others are recorded all the same', async () => {
		const counted = { startFor: 'counted' };
		expect(await load('ada', counted, BOT)).toBeNull();
		expect(await load('ada', counted)).toMatchObject({ recipientId: 'ada', firstOpen: true });
		expect(await load('ada', counted)).toMatchObject({ recipientId: 'ada', firstOpen: false });
		expect((await stored()).map(({ actor }) => actor === 'bot')).toEqual([false, false, true]);
	});

	it('is the first counted open, once of 20 loads at once', async () => {
		const first = { startFor: 'firstOpen' };
		expect(await load('ada', first, BOT)).toBeNull();
		const loads = Array.from({ length: 20 }, async () => await load('ada', first));
		const started = (await Promise.all(loads)).filter((event) => event !== null);
		expect(started).toMatchObject([{ recipientId: 'ada', firstOpen: true }]);
		expect(await stored()).toHaveLength(21);
		expect(await load('ada', first, MAIL_PROGRAM, 'manual')).toMatchObject({ firstOpen: false });
	});

	it('is an open after so many quiet days', async () => {
		const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
		await (
			await openStore()
		).recordOpens([
			openEvent({ recipientId: 'ada', pixelId: 'p', occurredAt: daysAgo(40) }),
			openEvent({ recipientId: 'bob', pixelId: 'p', occurredAt: daysAgo(10) }),
		]);
		const quiet = { startFor: 'afterQuietDays', quietDays: 30 };
		expect(await load('ada', quiet)).toMatchObject({ quietDays: 40 });
		expect(await load('ada', quiet)).toBeNull();
		expect(await load('bob', quiet)).toBeNull();
		expect(await load('eve', quiet)).toBeNull();
	});

	it('is known late of opens that wait on disk, and once then', async () => {
		const first = { startFor: 'firstOpen' };
		const blocked = join(dataFolder(), 'tracking.sqlite');
		mkdirSync(blocked, { recursive: true });
		emitted.splice(0);
		const trigger = await node.trigger.call(
			parts({ respond: 'immediately', ...first }) as unknown as ITriggerFunctions,
		);
		expect(await load('ada', first)).toBeNull();
		expect(await load('ada', first)).toBeNull();
		expect(emitted).toEqual([]);
		rmdirSync(blocked);
		await eventually(async () => (await waitingFolders().report()).waiting === 0);
		expect(emitted).toMatchObject([{ json: { recipientId: 'ada', firstOpen: true } }]);
		await trigger.closeFunction!();
	});

	it('chooses of a batch of the collector as well, also when the batch comes again', async () => {
		const context = {
			...parts({ startFor: 'firstOpen' }),
			getNode: () => ({ id: 'collector', name: 'Open Collector Trigger', parameters: {} }),
		} as unknown as ITriggerFunctions;
		const batch = ['ada', 'ada', 'bob'].map((recipientId) => ({
			open: openEvent({ recipientId }),
		}));
		const choose = chooserOf(context)!;
		const [ada, , bob] = batch.map(({ open }) => ({ ...open, firstOpen: true }));
		expect(await choose(batch)).toEqual([ada, bob]);
		expect(await choose(batch)).toEqual([ada, bob]);
		expect(chooserOf(parts({}) as unknown as ITriggerFunctions)).toBeUndefined();
	});

	it.each([
		['firstOpen', 'hygiene', /Off, Aggregate, and Hygiene keep no opens of single recipients/],
		['afterQuietDays', 'pseudonymous', /Off, Aggregate, Hygiene, and Pseudonymous do not know/],
		['counted', 'off', /Off/],
	])('cannot be published for %s in the mode %s', async (startFor, trackingMode, says) => {
		const context = parts({ respond: 'immediately', startFor, trackingMode });
		await expect(
			node.webhookMethods.default.checkExists.call(context as unknown as IHookFunctions),
		).rejects.toThrow(says);
	});
});
