import { randomBytes } from 'node:crypto';

import { consentMessagePage } from '../../../src/reports/consent-page';
import { WITHDRAWAL_IV_BYTES, withdrawalLink } from '../../../src/tracking/withdrawal-link';
import { instanceBaseUrl } from '../../shared/base-url';
import { signingOf } from '../../shared/signing';
import type { Operation } from '../operation';
import { answerWithPage, languageProperty, readLanguage } from './answer';
import { personProperties, readPersonId, readPersonLink, refuseLink } from './person';

export const getConfirmationLink: Operation = {
	value: 'getConfirmationLink',
	name: 'Get Confirmation Link',
	action: 'Get link for copy or erasure',
	description:
		'Make the link, good for 48 hours, behind which a person gets a copy of their data or erases it. Send it to their own address only.',
	properties: [
		...personProperties,
		{ ...languageProperty, displayOptions: { show: { personBy: ['link'] } } },
	],
	async execute({ node, index }) {
		const byLink = (node.getNodeParameter('personBy', index) as string) === 'link';
		let recipientId: string;
		if (byLink) {
			const link = await readPersonLink(node, index, ['consent', 'rights']);
			if (link === null) {
				refuseLink(node, index);
				return [];
			}
			answerWithPage(node, consentMessagePage(readLanguage(node, index), 'asked'));
			recipientId = link.recipientId;
		} else {
			recipientId = readPersonId(node, index);
		}
		const { keyRing, baseUrl } = await signingOf(node);
		const confirmationUrl = withdrawalLink({
			baseUrl: baseUrl || instanceBaseUrl(node),
			keyRing,
			iv: randomBytes(WITHDRAWAL_IV_BYTES),
			link: { recipientId, scope: 'rights', issuedAt: new Date() },
		});
		return [{ json: { recipientId, confirmationUrl } }];
	},
};
