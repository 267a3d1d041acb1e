import { randomBytes } from 'node:crypto';

import { embedCode } from '../../../src/tracking/embed-code';
import { TOKEN_IV_BYTES } from '../../../src/tracking/token';
import { PIXEL_PATH, signTrackingLink } from '../../../src/tracking/tracking-link';
import { instanceBaseUrl } from '../../shared/base-url';
import { readText } from '../../shared/fields';
import { signingOf } from '../../shared/signing';
import type { Operation } from '../operation';
import { pixelIdProperty, readPixel } from './pixel-id';

export const getEmbedCode: Operation = {
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
	async execute(context) {
		const { node, index } = context;
		const { id: pixelId, campaignId, trackingMode } = await readPixel(context);
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
	},
};
