import { NodeOperationError } from 'n8n-workflow';

import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { PIXEL_PNG_BASE64 } from '../../src/tracking/pixel-image';
import { executeNode } from '../support/node-context';

const node = new TrackingPixel();
const events = [{ json: { recipientId: '42' } }, { json: { recipientId: '43' } }];

describe('Tracking Pixel: Create Image', () => {
	it('adds pixel.png to each item and leaves the JSON of the event as it is', async () => {
		const {
			output: [items],
		} = await executeNode(node, events);
		expect(items).toHaveLength(2);
		items.forEach((item, index) => {
			expect(item.json).toBe(events[index].json);
			expect(item.pairedItem).toEqual({ item: index });
			expect(item.binary?.data).toMatchObject({
				data: PIXEL_PNG_BASE64,
				mimeType: 'image/png',
				fileName: 'pixel.png',
			});
		});
	});

	it('keeps the binary fields that an item has already', async () => {
		const other = { data: 'AAAA', mimeType: 'text/plain' };
		const {
			output: [[item]],
		} = await executeNode(node, [{ json: {}, binary: { other } }], {
			parameters: { outputField: 'image' },
		});
		expect(Object.keys(item.binary ?? {}).sort()).toEqual(['image', 'other']);
	});

	it('says which item has a text that is no image, and what to do', async () => {
		const run = executeNode(node, events, { parameters: { imageBase64: 'R0lGODlhAQABAIAA' } });
		const error: NodeOperationError = await run.then(
			() => Promise.reject(new Error('it should have failed')),
			(thrown) => thrown,
		);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error.message).toContain('does not hold a PNG');
		expect(error.description).toContain('PNG');
		expect(error.context.itemIndex).toBe(0);
	});

	it('gives the item back whole with the error beside it where the user chose to continue', async () => {
		const {
			output: [items],
		} = await executeNode(node, events, {
			parameters: { imageBase64: '!' },
			continueOnFail: true,
		});
		expect(items.map((item) => item.json)).toEqual([
			{ recipientId: '42', error: expect.stringContaining('Base64') },
			{ recipientId: '43', error: expect.stringContaining('Base64') },
		]);
		expect(items.map((item) => item.pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	});
});
