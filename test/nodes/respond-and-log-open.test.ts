import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { v7 as uuidv7 } from 'uuid';

import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { dataFolder } from '../../nodes/shared/data-folder';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { PIXEL_PNG, PIXEL_PNG_BASE64 } from '../../src/tracking/pixel-image';
import { executeNode } from '../support/node-context';
import { openEvent } from '../support/open-events';

const node = new RespondAndLogOpen();
const image = { data: PIXEL_PNG_BASE64, mimeType: 'image/png', fileName: 'pixel.png' };

describe('Respond and Log Open', () => {
	let folder: string;
	const userFolder = process.env.N8N_USER_FOLDER;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'respond-and-log-'));
		process.env.N8N_USER_FOLDER = folder;
	});
	afterEach(async () => {
		process.env.N8N_USER_FOLDER = userFolder;
		rmSync(folder, { recursive: true, force: true });
	});
	const store = async () => await openEmbeddedStore({ folder: dataFolder(), queueMode: false });
	const stored = async () => (await (await store()).listOpens({ limit: 10 })).opens;

	it('answers with the image, then gives out the event that it wrote', async () => {
		const event = openEvent();
		const { output, responses } = await executeNode(node, [
			{ json: event, binary: { data: image } },
		]);
		expect(responses).toEqual([
			{
				body: PIXEL_PNG,
				statusCode: 200,
				headers: expect.objectContaining({ 'content-length': '67', 'content-type': 'image/png' }),
			},
		]);
		expect(output).toEqual([[{ json: event, pairedItem: { item: 0 } }]]);
		expect(await stored()).toEqual([event]);
		await (await store()).close();
	});

	it('writes the same event once, however often it is run again', async () => {
		const items = [{ json: openEvent(), binary: { data: image } }];
		await executeNode(node, items);
		await executeNode(node, items);
		expect(await stored()).toHaveLength(1);
		await (await store()).close();
	});

	it('answers with the default pixel, and says so, where an item has no image', async () => {
		const { responses, hints } = await executeNode(node, [{ json: openEvent() }]);
		expect(responses).toMatchObject([{ body: PIXEL_PNG, statusCode: 200 }]);
		expect(hints).toHaveLength(1);
		expect(await stored()).toHaveLength(1);
		await (await store()).close();
	});

	it('answers, and gives the whole event to the error output, where the store cannot be written', async () => {
		writeFileSync(join(folder, '.n8n'), 'a file where the folder should be');
		const event = openEvent();
		const { output, responses } = await executeNode(
			node,
			[{ json: event, binary: { data: image } }],
			{
				continueOnFail: true,
			},
		);
		expect(responses).toHaveLength(1);
		expect(output[0][0]).toMatchObject({ json: event, pairedItem: { item: 0 } });
		expect(output[0][0].json.error).toEqual(expect.any(String));
	});

	it('says what is wrong with an item that is not an open event', async () => {
		await expect(executeNode(node, [{ json: { hello: 'world' } }])).rejects.toThrow(
			'not an open event',
		);
	});

	it('writes many items at once, and gives only the wrong one to the error output', async () => {
		const events = Array.from({ length: 100 }, () => openEvent({ eventId: uuidv7() }));
		// An event like any other, but no store takes an id that long.
		events[50] = { ...events[50], pixelId: 'x'.repeat(2000) };
		const { output } = await executeNode(
			node,
			events.map((json) => ({ json, binary: { data: image } })),
			{ continueOnFail: true },
		);
		const failed = output[0].flatMap(({ json }, index) => (json.error ? [index] : []));
		expect(failed).toEqual([50]);
		const { opens } = await (await store()).listOpens({ limit: 200 });
		expect(opens).toHaveLength(99);
		await (await store()).close();
	});

	it('leaves the policy header to n8n, which would warn about each answer that has one', async () => {
		const { responses } = await executeNode(node, [{ json: openEvent(), binary: { data: image } }]);
		expect(responses).toMatchObject([{ headers: { 'x-content-type-options': 'nosniff' } }]);
		expect(JSON.stringify(responses)).not.toContain('content-security-policy');
		await (await store()).close();
	});
});
