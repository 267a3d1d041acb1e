import type { IDataObject, IWebhookFunctions } from 'n8n-workflow';

import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { imitateResponse, noteResponse } from '../../nodes/OpenTrackingTrigger/response-imitation';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { consentRecord } from '../support/consent-records';
import { newUserFolder, type UserFolder } from '../support/user-folder';
import { keysOf } from '../support/denylist-keys';

/** What a workflow does with an open: the image it answers with. */
type Workflow = (recipientId: unknown) => Buffer;

const DEFAULT_PIXEL = String(PIXEL_PNG);

describe('the answer to a load that starts no workflow', () => {
	const node = new OpenTrackingTrigger();
	let folder: UserFolder;
	let triggers = 0;
	beforeEach(async () => {
		folder = newUserFolder();
		triggers += 1;
		const store = await folder.store();
		await store.recordConsent(
			[consentRecord({ recipientKey: 'withdrawn', status: 'withdrawn' })],
			new Date(),
			keysOf,
		);
	});
	afterEach(async () => await folder.remove());

	/** Loads the pixel, runs the workflow if one starts, and resolves to what was answered. */
	async function load(query: Record<string, string>, workflow: Workflow) {
		let body: unknown;
		const response = {
			end: (given: unknown) => (body = given),
			json: () => undefined,
			writeHead: () => undefined,
			getHeader: () => 'image/png',
			getHeaderNames: () => [],
			once: () => undefined,
		};
		const context = {
			getMode: () => 'webhook',
			getNode: () => ({ id: `trigger-${triggers}`, name: 'Email Open Trigger' }),
			getWorkflow: () => ({ id: 'workflow', name: 'Workflow' }),
			getNodeParameter: (name: string, fallback?: unknown) => {
				// Loads without their exact time are not shared with other processes a second later.
				const values: IDataObject = { respond: 'usingRespondNode', options: { time: 'hour' } };
				const declared = node.description.properties.find((one) => one.name === name);
				return values[name] ?? declared?.default ?? fallback;
			},
			logger: { debug() {}, info() {}, warn() {}, error() {} },
			getRequestObject: () => ({ method: 'GET', query, headers: {}, ip: '203.0.113.9' }),
			getWebhookName: () => 'default',
			getResponseObject: () => response,
		};
		const { workflowData } = await node.webhook.call(context as unknown as IWebhookFunctions);
		const started = workflowData?.[0][0].json;
		if (started) response.end(workflow(started.recipientId));
		return { started: Boolean(started), body: String(body) };
	}
	const refusedLoad = async (workflow: Workflow) => {
		const { started, body } = await load({ id: 'withdrawn' }, workflow);
		expect(started).toBe(false);
		return body;
	};
	const personal: Workflow = (id) => Buffer.from(`made for ${String(id)}`);
	const logo = Buffer.from('the logo of the sender');

	it('is never an image that the workflow made for somebody else', async () => {
		expect(await refusedLoad(personal)).toBe(DEFAULT_PIXEL);
		for (const id of ['ada', 'ada', 'bob', 'ada', 'carla']) {
			expect((await load({ id }, personal)).body).toBe(String(personal(id)));
			expect(await refusedLoad(personal)).toBe(DEFAULT_PIXEL);
		}
	});

	it('is the image of the workflow where all people get the same one', async () => {
		await load({ id: 'ada' }, () => logo);
		// So far it may have been made for one person.
		expect(await refusedLoad(() => logo)).toBe(DEFAULT_PIXEL);
		await load({ id: 'bob' }, () => Buffer.from(logo));
		expect(await refusedLoad(() => logo)).toBe(String(logo));
	});

	it('is not an image that the workflow made for the pixel of one email', async () => {
		const byPixel = { pixelId: 'pixel-of-ada' };
		await load(byPixel, () => Buffer.from('made for the pixel of Ada'));
		await load(byPixel, () => Buffer.from('made for the pixel of Ada'));
		expect(await refusedLoad(personal)).toBe(DEFAULT_PIXEL);
	});

	it('is the image of the workflow where emails name nobody', async () => {
		await load({}, () => logo);
		expect(await refusedLoad(() => logo)).toBe(String(logo));
	});

	it('is the default pixel while the latest images differ, and the new one once none does', async () => {
		await load({ id: 'ada' }, () => Buffer.from('the logo of last year'));
		for (let turn = 0; turn < 63; turn += 1) {
			await load({ id: `person-${turn}` }, () => logo);
		}
		expect(await refusedLoad(() => logo)).toBe(DEFAULT_PIXEL);
		await load({ id: 'bob' }, () => logo);
		expect(await refusedLoad(() => logo)).toBe(String(logo));
	});

	it('takes a time that one of the latest 64 answers took, each as likely as the others', () => {
		expect(imitateResponse('new', () => 0.5).tookMs).toBe(0);
		for (let tookMs = 1; tookMs <= 100; tookMs += 1) {
			noteResponse('busy', {
				image: PIXEL_PNG,
				contentType: 'image/png',
				tookMs,
				madeFor: null,
			});
		}
		const times = Array.from(
			{ length: 64 },
			(_, index) => imitateResponse('busy', () => (index + 0.5) / 64).tookMs,
		);
		expect(times.sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i + 37));
	});
});
