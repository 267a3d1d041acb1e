import type { IDataObject, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { PIXEL_PNG_BASE64 } from '../../src/tracking/receive/pixel-image';
import { executeNode } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const node = new TrackingPixel();

/** What one operation does with its default parameters, and with nothing filled in. */
interface Entry {
	/** The minimum that a user fills in */
	fill?: IDataObject;
	/** The item in front of the node */
	item?: IDataObject;
	gives: string;
	check: (item: INodeExecutionData) => void;
	/** The error when nothing is filled in */
	whenEmpty: string;
}

const ENTRIES: Record<string, Entry> = {
	createImage: {
		gives: 'the pixel as a file',
		check: ({ binary }) =>
			expect(binary?.data).toMatchObject({ data: PIXEL_PNG_BASE64, mimeType: 'image/png' }),
		whenEmpty: 'Image as Base64 is empty',
	},
	createLink: {
		fill: { recipientId: '42' },
		gives: 'a signed link, its embed code and its pixel',
		check: ({ json }) =>
			expect(json.tracking).toEqual({
				url: expect.stringMatching(/^https:\/\/.+\/email-open\/pixel\.png\?t=[\w-]+$/),
				embedCode: expect.stringMatching(/^<img src="https:/),
				pixelId: expect.stringMatching(/^[0-9a-f-]{36}$/),
				token: expect.stringMatching(/^[\w-]+$/),
				untracked: null,
			}),
		whenEmpty: 'Recipient ID is empty',
	},
	embed: {
		item: { html: '<body>Hello</body>', tracking: { url: 'https://n8n.example.com/pixel.png' } },
		gives: 'the email with the pixel at its end',
		check: ({ json }) => {
			expect(json.html).toMatch(/^<body>Hello<img src="https:\/\/n8n\.example\.com.+<\/body>$/);
			expect(json.pixel).toMatchObject({ embedded: true });
		},
		whenEmpty: 'HTML is empty',
	},
	trackLinks: {
		fill: { recipientId: '42' },
		item: { html: '<a href="https://shop.example/">x</a><a href="https://x.example/unsub">y</a>' },
		gives: 'the email with tracked links, and why the others were left',
		check: ({ json }) => {
			expect(json.html).toMatch(
				/^<a href="https:.+\/email-open\/link\?t=[\w-]+">x<\/a><a href="https:\/\/x\.example\/unsub">y<\/a>$/,
			);
			const description = 'It ends a subscription or changes its settings';
			const left = [{ position: 2, reason: 'unsubscribe', description }];
			expect(json.links).toEqual({ tracked: 1, left, untracked: null });
		},
		whenEmpty: 'HTML is empty',
	},
	unsubscribeHeaders: {
		fill: { unsubscribeRecipientId: '42' },
		gives: 'the values of both headers, with an address of the consent pages',
		check: ({ json }) => {
			const { url, ...headers } = json.unsubscribe as IDataObject;
			expect(url).toMatch(/^https:\/\/.+\/email-open\/privacy\?t=[\w-]+$/);
			expect(headers).toEqual({
				listUnsubscribe: `<${String(url)}>`,
				listUnsubscribePost: 'List-Unsubscribe=One-Click',
			});
		},
		whenEmpty: 'Recipient ID is empty',
	},
};

const [list, ...fields] = node.description.properties;
const operations = (list.options ?? []).flatMap((one) => ('value' in one ? [one] : []));

describe('every operation of Tracking Pixel', () => {
	let folder: UserFolder;
	beforeEach(() => {
		folder = newUserFolder();
	});
	afterEach(async () => await folder.remove());

	const run = async (operation: unknown, item: IDataObject, parameters: IDataObject) => {
		const { output } = await executeNode(node, [{ json: item }], {
			parameters: { operation, ...parameters },
		});
		return output[0];
	};

	it('has an entry in the table of this file', () => {
		expect(Object.keys(ENTRIES).sort()).toEqual(operations.map(({ value }) => value).sort());
	});

	it.each(
		operations.map(({ name, value }) => ({ name, value, gives: ENTRIES[String(value)]?.gives })),
	)('$name gives $gives', async ({ value }) => {
		const { fill, item, check } = ENTRIES[String(value)];
		const [made, ...others] = await run(value, item ?? {}, fill ?? {});
		expect(others).toEqual([]);
		check(made);
	});

	const textsOf = (operation: unknown) =>
		fields.filter(
			({ type, displayOptions }: INodeProperties) =>
				type === 'string' && displayOptions?.show?.operation?.includes(operation as string),
		);

	it.each(
		operations.flatMap(({ name, value }) => [
			{ name, value, how: 'when nothing is typed in', nothing: '' },
			{
				name,
				value,
				how: 'when its expressions give nothing',
				nothing: '={{ $json.noSuchField }}',
			},
		]),
	)('$name does not pretend $how', async ({ value, nothing }) => {
		const { whenEmpty } = ENTRIES[String(value)];
		const empty = Object.fromEntries(textsOf(value).map(({ name }) => [name, nothing]));
		await expect(run(value, {}, empty)).rejects.toMatchObject({
			message: expect.stringContaining(whenEmpty),
			description: expect.stringMatching(/\w+/),
			context: { itemIndex: 0 },
		});
	});
});
