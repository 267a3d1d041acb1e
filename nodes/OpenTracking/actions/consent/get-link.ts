import { randomBytes } from 'node:crypto';

import { WITHDRAWAL_IV_BYTES, withdrawalLink } from '../../../../src/tracking/links/person-link';
import { instanceBaseUrl } from '../../../shared/installation/base-url';
import { signingOf } from '../../../shared/installation/signing';
import type { Operation } from '../../common/operation';
import { personIdProperty, readPersonId } from '../../common/person';

export const getConsentLink: Operation = {
	value: 'getLink',
	name: 'Get Link',
	action: 'Get consent link for mail',
	description:
		'Make the address of the page where a person gives or withdraws consent; it belongs into every mail',
	properties: [personIdProperty],
	async execute({ node, index }) {
		const recipientId = readPersonId(node, index);
		const { keyRing, baseUrl } = await signingOf(node);
		const consentUrl = withdrawalLink({
			baseUrl: baseUrl || instanceBaseUrl(node),
			keyRing,
			iv: randomBytes(WITHDRAWAL_IV_BYTES),
			link: { recipientId, scope: 'consent', issuedAt: new Date() },
		});
		return [{ json: { recipientId, consentUrl } }];
	},
};
