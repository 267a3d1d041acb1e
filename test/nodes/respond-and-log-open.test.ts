import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { IDataObject } from 'n8n-workflow';
import { v7 as uuidv7 } from 'uuid';

import { subjectOf } from '../../nodes/shared/person/subject';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { signingOf } from '../../nodes/shared/installation/signing';
import { waitingFolders } from '../../nodes/shared/receive/waiting-opens';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { PIXEL_PNG, PIXEL_PNG_BASE64 } from '../../src/tracking/receive/pixel-image';
import { eventually } from '../support/n8n-instance';
import { executeContext, executeNode } from '../support/node-context';
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
		await waitingFolders().stop();
		await (await store().catch(() => null))?.close();
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
		expect(output).toEqual([[{ json: { ...event, firstOpen: true }, pairedItem: { item: 0 } }]]);
		expect(await stored()).toEqual([{ ...event, firstOpen: true }]);
	});

	it("has written what it answers, but behind n8n's own Webhook node, where the time would tell", async () => {
		const storedAtAnswer = async (json: IDataObject): Promise<number> => {
			const { context } = executeContext(node, [{ json, binary: { data: image } }]);
			let count = -1;
			context.sendResponse = async () => {
				const file = new DatabaseSync(join(dataFolder(), 'tracking.sqlite'));
				count = Number(file.prepare('select count(*) as n from opens').get()!.n);
				file.close();
			};
			await node.execute.call(context);
			return count;
		};
		expect(await storedAtAnswer({ ...openEvent() })).toBe(1);
		expect(await storedAtAnswer({ query: { id: 'stock' }, headers: {} })).toBe(1);
		expect(await stored()).toHaveLength(2);
	});

	it('writes the same event once, however often it is run again', async () => {
		const items = [{ json: openEvent(), binary: { data: image } }];
		await executeNode(node, items);
		await executeNode(node, items);
		expect(await stored()).toHaveLength(1);
	});

	it('answers with the default pixel, and says so, where an item has no image', async () => {
		const { responses, hints } = await executeNode(node, [{ json: openEvent() }]);
		expect(responses).toMatchObject([{ body: PIXEL_PNG, statusCode: 200 }]);
		expect(hints).toHaveLength(1);
		expect(await stored()).toHaveLength(1);
	});

	it('answers, gives the event out, and keeps it on disk, where the store cannot be written', async () => {
		const blocked = join(dataFolder(), 'tracking.sqlite');
		mkdirSync(blocked, { recursive: true });
		const event = openEvent();
		const items = [{ json: event, binary: { data: image } }];
		const { output, responses } = await executeNode(node, items, { continueOnFail: true });
		expect(responses).toHaveLength(1);
		expect(output).toEqual([[{ json: event, pairedItem: { item: 0 } }]]);
		expect(await waitingFolders().report()).toMatchObject({
			waiting: 1,
			oldestAt: event.occurredAt,
		});
		rmdirSync(blocked);
		await eventually(async () => (await waitingFolders().report()).waiting === 0);
		expect(await stored()).toEqual([{ ...event, firstOpen: true }]);
	});

	it('shows in a test in the editor that the store cannot be written, and keeps nothing', async () => {
		mkdirSync(join(dataFolder(), 'tracking.sqlite'), { recursive: true });
		const test = executeNode(node, [{ json: openEvent() }], { mode: 'manual' });
		await expect(test).rejects.toThrow('The tracking store could not be made');
		expect(await waitingFolders().report()).toMatchObject({ waiting: 0 });
	});

	it('answers, and fails with the whole event, where neither store nor log can be written', async () => {
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
		expect(output[0][0]).toMatchObject({
			json: { ...event, error: expect.stringContaining('neither to the tracking store nor') },
			pairedItem: { item: 0 },
		});
	});

	it('leaves no item of an open whose person was erased while it was on its way', async () => {
		const event = openEvent();
		const { keyRing } = await signingOf(executeContext(node, []).context);
		await (await store()).eraseSubject(subjectOf(event.recipientId!, keyRing), new Date());
		const { output } = await executeNode(node, [{ json: event, binary: { data: image } }]);
		expect(output).toEqual([[]]);
		expect(await stored()).toEqual([]);
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
	});

	it('leaves the policy header to n8n, which would warn about each answer that has one', async () => {
		const { responses } = await executeNode(node, [{ json: openEvent(), binary: { data: image } }]);
		expect(responses).toMatchObject([{ headers: { 'x-content-type-options': 'nosniff' } }]);
		expect(JSON.stringify(responses)).not.toContain('content-security-policy');
	});
});
