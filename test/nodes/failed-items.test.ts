import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IDataObject, INode, INodeExecutionData, INodeType } from 'n8n-workflow';

import { OpenDataMinimizer } from '../../nodes/OpenDataMinimizer/OpenDataMinimizer.node';
import { OpenEventSink } from '../../nodes/OpenEventSink/OpenEventSink.node';
import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { TrackingConsentFilter } from '../../nodes/TrackingConsentFilter/TrackingConsentFilter.node';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { PIXEL_PNG_BASE64 } from '../../src/tracking/receive/pixel-image';
import { openEvent } from '../support/open-events';
import { runWorkflow } from '../support/run-workflow';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const binary = { data: { data: PIXEL_PNG_BASE64, mimeType: 'image/png', fileName: 'pixel.png' } };
const event = openEvent({ eventId: '01a1fc0b-7442-713b-8337-7ceb6d1a49f8' });
const payload = [
	{ event: 'open', email: 'ada@example.com', timestamp: 1795600000, sg_event_id: 'one' },
	{ event: 'open', email: 'ada@example.com', timestamp: 'no time', sg_event_id: 'two' },
];

interface Failing {
	name: string;
	type: INodeType;
	parameters?: Record<string, unknown>;
	item: INodeExecutionData;
	/** How the same node takes the same item */
	corrected?: { parameters?: Record<string, unknown>; item?: IDataObject };
	error: RegExp;
	/** Where the failed item is under "continue" */
	regularOutput?: number;
}

const failing: Failing[] = [
	{
		name: 'Respond and Log Open',
		type: new RespondAndLogOpen(),
		// An event like any other, but no store takes an id that long.
		item: { json: { ...event, pixelId: 'x'.repeat(2000) }, binary },
		corrected: { item: { pixelId: 'short' } },
		error: /longer than 256 characters/,
	},
	{
		name: 'Open Event Sink',
		type: new OpenEventSink(),
		parameters: { operation: 'signedWebhook', url: 'https://example.com' },
		item: { json: event },
		error: /There is no login for Signed Webhook/,
		regularOutput: 1,
	},
	{
		name: 'Tracking Consent Filter',
		type: new TrackingConsentFilter(),
		parameters: { source: 'item', itemConsent: 'perhaps' },
		item: { json: event },
		corrected: { parameters: { source: 'item', itemConsent: 'yes' } },
		error: /Consent in Item/,
		regularOutput: 1,
	},
	{
		name: 'Open Tracking, Import',
		type: new OpenTracking(),
		parameters: {
			resource: 'open',
			operation: 'import',
			provider: 'sendgrid',
			importOptions: { acceptUnsigned: true },
		},
		item: { json: { body: payload, webhookUrl: 'https://n8n.example.com/webhook/sendgrid' } },
		error: /1 events of the payload could not be read/,
	},
	{
		name: 'Open Tracking, any operation',
		type: new OpenTracking(),
		parameters: { resource: 'pixel', operation: 'get', pixelId: 'unknown' },
		item: { json: event },
		error: /./,
	},
	{
		name: 'Tracking Pixel',
		type: new TrackingPixel(),
		parameters: { operation: 'createImage', imageBase64: 'no image' },
		item: { json: event },
		corrected: { parameters: { operation: 'createImage' } },
		error: /does not hold a PNG image/,
	},
];

describe.each(failing)('$name in n8n, where it fails', (node) => {
	let folder: UserFolder;
	beforeEach(() => (folder = newUserFolder()));
	afterEach(async () => await folder.remove());

	const run = async (onError: INode['onError'], more: Parameters<typeof runWorkflow>[1] = []) =>
		await runWorkflow(
			[node.item],
			[{ type: node.type, parameters: node.parameters, onError }, ...more],
		);

	it('gives the whole item and the reason to the error output', async () => {
		const [outputs] = await run('continueErrorOutput');
		expect(outputs.at(-1)).toMatchObject([
			{ json: { ...node.item.json, error: expect.stringMatching(node.error) } },
		]);
		expect(outputs.at(-1)![0].binary).toEqual(node.item.binary);
		const others = outputs.slice(0, -1).flat();
		expect(others.filter(({ json }) => json.error !== undefined)).toEqual([]);
	});

	it('gives the whole item and the reason to its own output where the user chose to continue', async () => {
		const [outputs] = await run('continueRegularOutput');
		const output = outputs[node.regularOutput ?? 0];
		expect(output.at(-1)).toMatchObject({
			json: { ...node.item.json, error: expect.stringMatching(node.error) },
		});
		expect(output.at(-1)!.binary).toEqual(node.item.binary);
	});

	if (node.corrected) {
		const { parameters = node.parameters, item = {} } = node.corrected;
		it('takes the item of its error output when that comes in again', async () => {
			const again = { type: node.type, parameters, onError: 'continueErrorOutput' as const };
			const [outputs] = await run('continueErrorOutput');
			const failed = outputs.at(-1)![0];
			const [second] = await runWorkflow(
				[{ ...failed, json: { ...failed.json, ...item } }],
				[again],
			);
			expect(second.at(-1)).toEqual([]);
			expect(second[0]).toHaveLength(1);
		});
	}
});

describe('Open Data Minimizer in n8n, where it fails', () => {
	let folder: UserFolder;
	beforeEach(() => (folder = newUserFolder()));
	afterEach(async () => await folder.remove());

	it('lets nothing of an item through that it could not reduce', async () => {
		writeFileSync(join(folder.path, '.n8n'), 'a file where the folder should be');
		const [[output]] = await runWorkflow(
			[{ json: { ...event, request: { ...event.request, ip: '192.0.2.7' } }, binary }],
			[
				{
					type: new OpenDataMinimizer(),
					parameters: { ip: 'hash' },
					onError: 'continueRegularOutput',
				},
			],
		);
		expect(output).toMatchObject([{ json: { error: expect.any(String) } }]);
		expect(Object.keys(output[0].json)).toEqual(['error']);
		expect(output[0].binary).toBeUndefined();
	});
});
