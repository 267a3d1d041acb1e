import { randomBytes } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import { consentMessagePage } from '../../../../src/reports/consent-page/consent-page';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { personLink } from '../../../../src/tracking/links/person-link';
import { TOKEN_IV_BYTES } from '../../../../src/tracking/links/sealed-token';
import { readText } from '../../../shared/fields/check-fields';
import { instanceBaseUrl } from '../../../shared/installation/base-url';
import { signingOf } from '../../../shared/installation/signing';
import { answerWithPage, languageProperty, readLanguage } from '../../common/answer';
import { confirmationLinks } from '../../common/brake';
import { contactProperty } from '../../common/controller';
import type { Operation } from '../../common/operation';
import {
	personProperties,
	readPersonId,
	readPersonLink,
	refuseLink,
	wasErased,
} from '../../common/person';
import { readRequestKind, requestKindProperty } from './request-kind';

const byLink = { displayOptions: { show: { personBy: ['link'] } } };

export const getConfirmationLink: Operation = {
	value: 'getConfirmationLink',
	name: 'Get Confirmation Link',
	action: 'Get link for copy or erasure',
	description:
		'Make the link, good for 48 hours, behind which a person gets a copy of their data or erases it. Send it to their own address only. By signed link, also note what they asked for until it is answered.',
	properties: [
		...personProperties,
		{ ...requestKindProperty, ...byLink },
		{ ...contactProperty, ...byLink, description: 'What the page tells the person to write to' },
		{ ...languageProperty, ...byLink },
	],
	async execute({ node, store, index }) {
		const recipientId =
			(node.getNodeParameter('personBy', index) as string) === 'link'
				? await noteRequest(node, store, index)
				: readPersonId(node, index);
		if (recipientId === null) return [];
		const { keyRing, baseUrl } = await signingOf(node);
		const confirmationUrl = personLink({
			baseUrl: baseUrl || instanceBaseUrl(node),
			keyRing,
			iv: randomBytes(TOKEN_IV_BYTES),
			link: { recipientId, scope: 'rights', issuedAt: new Date() },
		});
		return [{ json: { recipientId, confirmationUrl } }];
	},
};

/**
 * Notes what the person asked for, and answers the page. The page does not speak of an email: whether
 * one is sent is up to the nodes behind this one.
 *
 * @returns the person's id; `null` where there is nothing to ask for, or three links went out today
 */
async function noteRequest(
	node: IExecuteFunctions,
	store: TrackingStore,
	index: number,
): Promise<string | null> {
	const language = readLanguage(node, index);
	const link = await readPersonLink(node, index, ['consent', 'rights']);
	if (link === null) {
		refuseLink(node, index);
		return null;
	}
	const { recipientId } = link;
	if (await wasErased(node, store, recipientId)) {
		answerWithPage(node, consentMessagePage(language, 'forgotten'));
		return null;
	}
	await store.openPrivacyRequest({ recipientId, kind: readRequestKind(node, index) }, new Date());
	// The page is the same, and the request is on the list: only no further link goes out.
	const another = await confirmationLinks.take(recipientId);
	answerWithPage(
		node,
		consentMessagePage(language, 'asked', readText(node, 'controllerContact', index)),
	);
	return another ? recipientId : null;
}
