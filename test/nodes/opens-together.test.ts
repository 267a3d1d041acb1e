import type { IDataObject, INodeExecutionData, IWebhookFunctions } from 'n8n-workflow';

import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { waitingFolders } from '../../nodes/shared/receive/waiting-opens';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { eventually } from '../support/n8n-instance';
import { newUserFolder, type UserFolder } from '../support/user-folder';

/** Executions of a trigger that may be under way before further opens wait. */
const UNDER_WAY = 50;

describe('opens that start their workflow together', () => {
	const node = new OpenTrackingTrigger();
	let folder: UserFolder;
	let triggers = 0;
	beforeEach(() => {
		folder = newUserFolder();
		triggers += 1;
	});
	afterEach(async () => await folder.remove());

	/** One load of the pixel, as n8n's own webhook gives it to the trigger */
	function load(id: string, trigger = `trigger-${triggers}`) {
		const sent: unknown[] = [];
		let contentType = '';
		const response = {
			// What n8n calls: the trigger puts its own in the place of these.
			end: (body: unknown) => sent.push(body),
			json: () => undefined,
			status: () => undefined,
			setHeader: (_name: string, value: string) => void (contentType = value),
			getHeader: () => contentType,
			getHeaderNames: () => [],
			writeHead: () => undefined,
			once: () => undefined,
		};
		const context = {
			getMode: () => 'webhook',
			getNode: () => ({ id: trigger, name: 'Email Open Trigger' }),
			getWorkflow: () => ({ id: 'workflow', name: 'Workflow' }),
			getNodeParameter: (name: string, fallback?: unknown) => {
				const values: IDataObject = { respond: 'usingRespondNode', options: { time: 'hour' } };
				const declared = node.description.properties.find((one) => one.name === name);
				return values[name] ?? declared?.default ?? fallback;
			},
			logger: { debug() {}, info() {}, warn() {}, error() {} },
			getRequestObject: () => ({ method: 'GET', query: { id }, headers: {}, ip: '203.0.113.9' }),
			getWebhookName: () => 'default',
			getResponseObject: () => response,
		};
		const given = node.webhook.call(context as unknown as IWebhookFunctions);
		return {
			sent: () => sent.map(String),
			/** Whose opens the workflow is started with, if it is */
			starts: async () => {
				const items = (await given).workflowData?.[0] as INodeExecutionData[] | undefined;
				return items?.map(({ json }) => json.recipientId) ?? null;
			},
			/** The workflow answers with an image that it made for somebody. */
			answerWith: (image: string) => {
				response.setHeader('content-type', 'image/png');
				response.end(Buffer.from(image));
			},
			/** n8n says that the execution failed. */
			fail: () => {
				(response.status as (code: number) => void)(500);
				response.json();
			},
		};
	}
	const onDisk = async () =>
		(await waitingFolders().eachLog(async (log) => log.peek(0, 99)))
			.flat()
			.map(({ event }) => (JSON.parse(event) as { recipientId: string }).recipientId);

	it('are on disk and answered with the default pixel, never with what was made for one of them', async () => {
		const first = Array.from({ length: UNDER_WAY }, (_value, index) => load(`first-${index}`));
		for (const [index, one] of first.entries())
			expect(await one.starts()).toEqual([`first-${index}`]);
		const [ada, bob] = [load('ada'), load('bob')];
		// What came after them at another trigger has started: they wait.
		await load('later', 'other').starts();
		first[0].answerWith('made for first-0');
		expect(await ada.starts()).toEqual(['ada', 'bob']);
		expect(await bob.starts()).toBeNull();
		expect((await onDisk()).sort()).toEqual(['ada', 'bob']);
		expect([ada.sent(), bob.sent()]).toEqual([[String(PIXEL_PNG)], [String(PIXEL_PNG)]]);
		ada.answerWith('made for bob');
		expect(ada.sent()).toEqual([String(PIXEL_PNG)]);
		await eventually(async () => (await onDisk()).length === 0);
	});

	it('are those that failed, along with the next load, where n8n lets nothing else start the workflow', async () => {
		const ada = load('ada');
		await ada.starts();
		ada.fail();
		await eventually(() => ada.sent().length > 0);
		expect(ada.sent()).toEqual([String(PIXEL_PNG)]);
		expect(await onDisk()).toEqual(['ada']);
		let turn = 0;
		const next = await eventually(async () => {
			const one = load(`next-${(turn += 1)}`);
			if ((await one.starts())?.includes('ada')) return one;
			one.answerWith('made for one');
			return false;
		});
		// The request that starts it comes first, and gets nothing that was made for somebody else.
		expect(await next.starts()).toEqual([`next-${turn}`, 'ada']);
		expect(next.sent()).toEqual([String(PIXEL_PNG)]);
		next.answerWith('made for ada');
		await eventually(async () => (await onDisk()).length === 0);
	});
});
