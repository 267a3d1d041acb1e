import { randomBytes } from 'node:crypto';

import { personLink } from '../../../../src/tracking/links/person-link';
import { TOKEN_IV_BYTES } from '../../../../src/tracking/links/sealed-token';
import { instanceBaseUrl } from '../../../shared/installation/base-url';
import { signingOf } from '../../../shared/installation/signing';
import type { Operation } from '../../common/operation';
import { personIdProperty, readPersonId } from '../../common/person';

export const getConsentLink: Operation = {
	value: 'getLink',
	name: 'Get Link',
	action: 'Get consent link for email',
	description:
		'Make the address of the page where a person gives or withdraws consent; it belongs into every email',
	properties: [personIdProperty],
	async execute({ node, index }) {
		const recipientId = readPersonId(node, index);
		const { keyRing, baseUrl } = await signingOf(node);
		const consentUrl = personLink({
			baseUrl: baseUrl || instanceBaseUrl(node),
			keyRing,
			iv: randomBytes(TOKEN_IV_BYTES),
			link: { recipientId, scope: 'consent', issuedAt: new Date() },
		});
		return [{ json: { recipientId, consentUrl } }];
	},
};
