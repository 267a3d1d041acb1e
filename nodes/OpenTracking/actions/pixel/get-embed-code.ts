import { randomBytes } from 'node:crypto';

import { whyUntracked } from '../../../../src/intake/objections';
import { TOKEN_IV_BYTES } from '../../../../src/tracking/links/sealed-token';
import { PIXEL_PATH, signTrackingLink } from '../../../../src/tracking/links/tracking-link';
import { embedCode } from '../../../../src/tracking/mail/embed-code';
import { denylistKeysIn } from '../../../../src/tracking/people/subject-keys';
import { readText } from '../../../shared/fields/check-fields';
import { instanceBaseUrl } from '../../../shared/installation/base-url';
import { signingOf } from '../../../shared/installation/signing';
import type { Operation } from '../../common/operation';
import { pixelIdProperty, readPixel } from '../../common/pixel-id';

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
			description:
				'Who the mail goes to; empty for one line that serves the whole campaign. Somebody who refused, withdrew or was erased gets none.',
		},
	],
	async execute(context) {
		const { node, store, index } = context;
		const { id: pixelId, campaignId, trackingMode } = await readPixel(context);
		const recipientId = readText(node, 'embedRecipientId', index) || null;
		const { keyRing, baseUrl } = await signingOf(node);
		const addressee = { names: recipientId === null ? [] : [recipientId], purpose: null };
		const [untracked] = await whyUntracked(store, [addressee], denylistKeysIn(keyRing));
		if (untracked) return [{ json: { pixelId, url: null, embedCode: null, untracked } }];
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
		return [{ json: { pixelId, url, embedCode: embedCode(url), untracked: null } }];
	},
};
