import { randomBytes } from 'node:crypto';

import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { Pixel } from '../../../../src/storage/port/tracking-store';
import { TOKEN_IV_BYTES } from '../../../../src/tracking/links/sealed-token';
import { PIXEL_PATH, signTrackingLink } from '../../../../src/tracking/links/tracking-link';
import { embedCode } from '../../../../src/tracking/mail/embed-code';
import { readText } from '../../../shared/fields/check-fields';
import { instanceBaseUrl } from '../../../shared/installation/base-url';
import { signingOf } from '../../../shared/installation/signing';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { pixelIdProperty, pixelReader } from '../../common/pixel-id';

export const getEmbedCode: OperationOnMany = {
	value: 'getEmbedCode',
	name: 'Get Embed Code',
	action: 'Get embed code of pixel',
	description: 'Make the line of HTML that puts this pixel into a mail',
	properties: [
		pixelIdProperty,
		{
			displayName: 'Recipient ID',
			name: 'embedRecipientId',
			type: 'string',
			default: '',
			description: 'Who the mail goes to; empty for one line that serves the whole campaign',
		},
	],
	async executeMany(context) {
		const { node } = context;
		const readPixel = pixelReader(context);
		return await manyItems(context, {
			fields: getEmbedCode.properties,
			read: async (index) => embedCodeOf(await readPixel(index), node, index),
			run: async (made) => made,
		});
	},
};

async function embedCodeOf(
	{ id: pixelId, campaignId, trackingMode }: Pixel,
	node: IExecuteFunctions,
	index: number,
): Promise<INodeExecutionData[]> {
	const recipientId = readText(node, 'embedRecipientId', index) || null;
	const { keyRing, baseUrl } = await signingOf(node);
	const { url } = signTrackingLink({
		baseUrl: baseUrl || instanceBaseUrl(node),
		path: PIXEL_PATH,
		keyRing,
		iv: randomBytes(TOKEN_IV_BYTES),
		claims: {
			pixelId,
			recipientId,
			campaignId,
			messageId: null,
			trackingMode,
			purpose: null,
			issuedAt: new Date(),
			preview: false,
		},
	});
	return [{ json: { pixelId, url, embedCode: embedCode(url) } }];
}
