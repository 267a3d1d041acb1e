import { randomBytes } from 'node:crypto';

import { NodeOperationError } from 'n8n-workflow';

import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { generateKey, parseKeyRing } from '../../src/tracking/links/key-ring';
import { verifyToken } from '../../src/tracking/links/token';
import { PIXEL_PNG_BASE64 } from '../../src/tracking/receive/pixel-image';
import { executeNode } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const node = new TrackingPixel();
const events = [{ json: { recipientId: '42' } }, { json: { recipientId: '43' } }];

describe('Tracking Pixel: Create Image', () => {
	it('adds pixel.png to each item and leaves the JSON of the event as it is', async () => {
		const {
			output: [items],
		} = await executeNode(node, events, { parameters: { operation: 'createImage' } });
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
			parameters: { operation: 'createImage', outputField: 'image' },
		});
		expect(Object.keys(item.binary ?? {}).sort()).toEqual(['image', 'other']);
	});

	it('says which item has a text that is no image, and what to do', async () => {
		const run = executeNode(node, events, {
			parameters: { operation: 'createImage', imageBase64: 'R0lGODlhAQABAIAA' },
		});
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
			parameters: { operation: 'createImage', imageBase64: '!' },
			continueOnFail: true,
		});
		expect(items.map((item) => item.json)).toEqual([
			{ recipientId: '42', error: expect.stringContaining('Base64') },
			{ recipientId: '43', error: expect.stringContaining('Base64') },
		]);
		expect(items.map((item) => item.pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	});
});

describe('Tracking Pixel: Create Tracking Link', () => {
	const key = generateKey(randomBytes);
	const credentials = {
		emailOpenTrackingApi: {
			baseUrl: 'https://n8n.example.com/webhook',
			activeSecretKey: key,
		},
	};
	const parameters = {
		operation: 'createLink',
		recipientId: '={{ $json.recipientId }}',
		campaignId: 'spring',
	};
	let folder: UserFolder;
	beforeAll(async () => {
		folder = newUserFolder();
		await folder.store();
	});
	afterAll(async () => await folder.remove());

	it('gives each item a link and a pixel of its own, and lets the item through', async () => {
		const {
			output: [items],
		} = await executeNode(node, events, {
			parameters: { ...parameters, recipientId: '42' },
			credentials,
		});
		const tracking = items.map((item) => item.json.tracking as Record<string, string>);
		expect(new Set(tracking.map(({ url }) => url)).size).toBe(2);
		expect(new Set(tracking.map(({ pixelId }) => pixelId)).size).toBe(2);
		const verdict = verifyToken(tracking[0].token, parseKeyRing({ activeKey: key }), {
			now: new Date(),
		});
		expect(verdict).toMatchObject({
			ok: true,
			claims: { recipientId: '42', campaignId: 'spring', pixelId: tracking[0].pixelId },
		});
		expect(tracking[0].url).toMatch(
			/^https:\/\/n8n\.example\.com\/webhook\/email-open\/pixel\.png\?t=/,
		);
		expect(items[0].json.recipientId).toBe('42');
	});

	it('refuses the test address of n8n with an explanation', async () => {
		const run = executeNode(node, events, {
			parameters: { ...parameters, recipientId: '42' },
			credentials: {
				emailOpenTrackingApi: {
					baseUrl: 'https://n8n.example.com/webhook-test',
					activeSecretKey: key,
				},
			},
		});
		await expect(run).rejects.toThrow('webhook-test');
	});

	it('lets the email go out untracked where the hosted tracker cannot be reached', async () => {
		const {
			output: [items],
		} = await executeNode(node, events, {
			parameters: { operation: 'createLink', trackedBy: 'hosted' },
			// Nothing listens on the discard port.
			credentials: { hostedPixelTrackerApi: { baseUrl: 'http://127.0.0.1:9' } },
		});
		expect(items).toHaveLength(2);
		for (const item of items) {
			expect(item.json.tracking).toMatchObject({
				url: null,
				untracked: expect.stringContaining('cannot be reached'),
			});
		}
	}, 60_000);
});

describe('Tracking Pixel: Embed in HTML', () => {
	const html = '<html><body><p>Hello</p></body></html>';
	const link = 'https://n8n.example.com/webhook/email-open/pixel.png?t=abc';
	const embed = async (parameters: Record<string, unknown>) => {
		const { output } = await executeNode(node, [{ json: {} }], {
			parameters: { operation: 'embed', html, link, ...parameters },
		});
		return output[0][0].json as { html: string; pixel: Record<string, unknown> };
	};

	it('puts the pixel before the end of the body, and never a second one', async () => {
		const once = await embed({});
		expect(once.html).toMatch(/<p>Hello<\/p><img [^>]+><\/body><\/html>$/);
		expect(once.pixel).toMatchObject({ embedded: true });
		expect((await embed({ html: once.html })).html).toBe(once.html);
	});

	it.each([
		['without a link', { link: '' }, 'no-link'],
		['of plain text', { html: 'Hello, reader' }, 'plain-text'],
	])('gives an email %s back as it was', async (_case, parameters, reason) => {
		const { html: after, pixel } = await embed(parameters);
		expect(after).toBe((parameters as { html?: string }).html ?? html);
		expect(pixel).toMatchObject({ embedded: false, reason });
	});
});
