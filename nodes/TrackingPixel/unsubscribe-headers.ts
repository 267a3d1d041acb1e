import { randomBytes } from 'node:crypto';

import { personLink, PRIVACY_PATH } from '../../src/tracking/links/person-link';
import { TOKEN_IV_BYTES } from '../../src/tracking/links/sealed-token';
import { unsubscribeHeaders as headersOf } from '../../src/tracking/mail/unsubscribe-headers';
import { MOST_AT_ONCE } from '../shared/each-item';
import { readText } from '../shared/fields/check-fields';
import { instanceBaseUrl } from '../shared/installation/base-url';
import { signingOf } from '../shared/installation/signing';
import type { PixelOperation } from './pixel-operation';

/**
 * Adds the two headers by which a recipient unsubscribes with one click. Everybody gets them, also
 * those who are not tracked: they can get too many emails like anybody else.
 */
export const unsubscribeHeaders: PixelOperation = (context) => {
	let warned = false;
	return {
		run: async (item, index) => {
			const { keyRing, baseUrl } = await signingOf(context);
			const { path } = context.getNodeParameter('unsubscribeOptions', index, {}) as {
				path?: string;
			};
			const url = personLink({
				baseUrl: baseUrl || instanceBaseUrl(context),
				path: path || PRIVACY_PATH,
				keyRing,
				iv: randomBytes(TOKEN_IV_BYTES),
				link: {
					recipientId: readText(context, 'unsubscribeRecipientId', index),
					scope: 'unsubscribe',
					issuedAt: new Date(),
				},
			});
			if (!url.startsWith('https:') && !warned) {
				warned = true;
				context.addExecutionHints({
					message:
						'The address in List-Unsubscribe begins with http. Email programs offer one click for https alone: put a proxy with TLS in front of n8n, and set its address as WEBHOOK_URL or in the credential.',
				});
			}
			const field = context.getNodeParameter('unsubscribeField', index) as string;
			return { ...item, json: { ...item.json, [field]: { url, ...headersOf(url) } } };
		},
		atOnce: MOST_AT_ONCE,
	};
};
