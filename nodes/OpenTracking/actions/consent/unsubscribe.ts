import type { IDataObject } from 'n8n-workflow';

import {
	consentMessagePage,
	unsubscribePage,
} from '../../../../src/reports/consent-page/consent-page';
import { PURPOSES } from '../../../../src/tracking/event/purpose';
import { isOneClick } from '../../../../src/tracking/mail/unsubscribe-headers';
import { readJson } from '../../../shared/fields/check-fields';
import { withdraw } from '../../../shared/person/withdraw';
import { answerWithPage, languageProperty, readLanguage } from '../../common/answer';
import type { Operation } from '../../common/operation';
import {
	denylistKeysFor,
	personTokenProperty,
	readPersonLink,
	refuseLink,
	wasErased,
} from '../../common/person';

const METHOD = 'one-click unsubscribe (RFC 8058)';

export const unsubscribe: Operation = {
	value: 'unsubscribe',
	name: 'Unsubscribe',
	action: 'Unsubscribe with one click',
	description:
		'Take the POST by which an email program or a person unsubscribes: ends tracking at once, and gives out who wants no more emails. Your own steps behind it stop the emails.',
	properties: [
		personTokenProperty,
		{
			displayName: 'Form Data',
			name: 'unsubscribeForm',
			type: 'json',
			default: '={{ $json.body }}',
			required: true,
			description: 'What was posted, from the Webhook node',
		},
		languageProperty,
	],
	async execute({ node, store, index }) {
		const language = readLanguage(node, index);
		const link = await readPersonLink(node, index, ['unsubscribe']);
		if (link === null) {
			return [{ json: { unsubscribed: false, reason: refuseLink(node, index) } }];
		}
		if (!isOneClick((readJson(node, 'unsubscribeForm', index) ?? {}) as IDataObject)) {
			answerWithPage(node, unsubscribePage(language));
			return [{ json: { unsubscribed: false, reason: 'Nothing was confirmed' } }];
		}
		const { recipientId } = link;
		// Nothing is kept of an erased person, who is not tracked anyway, but may still get emails.
		if (!(await wasErased(node, store, recipientId))) {
			const keysOf = await denylistKeysFor(node);
			await withdraw(store, keysOf, [{ recipientId, purposes: PURPOSES, method: METHOD }]);
		}
		answerWithPage(node, consentMessagePage(language, 'unsubscribed'));
		return [{ json: { unsubscribed: true, recipientId } }];
	},
};
