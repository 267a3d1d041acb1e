import { randomBytes } from 'node:crypto';

import { whyUntracked } from '../../../../src/intake/objections';
import type { Pixel } from '../../../../src/storage/port/counts';
import { TOKEN_IV_BYTES } from '../../../../src/tracking/links/sealed-token';
import { PIXEL_PATH, signTrackingLink } from '../../../../src/tracking/links/tracking-link';
import { embedCode } from '../../../../src/tracking/mail/embed-code';
import { denylistKeysIn } from '../../../../src/tracking/people/subject-keys';
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
	description: 'Make the line of HTML that puts this pixel into an email',
	properties: [
		pixelIdProperty,
		{
			displayName: 'Recipient ID',
			name: 'embedRecipientId',
			type: 'string',
			default: '',
			description:
				'Who the email goes to; empty for one line that serves the whole campaign. Somebody who refused, withdrew or was erased gets none.',
		},
	],
	async executeMany(context) {
		const { node, store } = context;
		const readPixel = pixelReader(context);
		const { keyRing, baseUrl } = await signingOf(node);
		return await manyItems(context, {
			fields: getEmbedCode.properties,
			read: async (index): Promise<Wanted> => ({
				pixel: await readPixel(index),
				recipientId: readText(node, 'embedRecipientId', index) || null,
			}),
			run: async (wanted) => {
				const people = wanted.map(({ recipientId }) => ({
					names: recipientId === null ? [] : [recipientId],
					purpose: null,
				}));
				const objections = await whyUntracked(store, people, denylistKeysIn(keyRing));
				return wanted.map(({ pixel, recipientId }, position) => {
					const untracked = objections[position];
					if (untracked !== null) {
						return [{ json: { pixelId: pixel.id, url: null, embedCode: null, untracked } }];
					}
					const { url } = signTrackingLink({
						baseUrl: baseUrl || instanceBaseUrl(node),
						path: PIXEL_PATH,
						keyRing,
						iv: randomBytes(TOKEN_IV_BYTES),
						claims: {
							pixelId: pixel.id,
							recipientId,
							campaignId: pixel.campaignId,
							messageId: null,
							trackingMode: pixel.trackingMode,
							purpose: null,
							issuedAt: new Date(),
							preview: false,
						},
					});
					return [{ json: { pixelId: pixel.id, url, embedCode: embedCode(url), untracked } }];
				});
			},
		});
	},
};

interface Wanted {
	pixel: Pixel;
	recipientId: string | null;
}
