import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { v7 as uuidv7 } from 'uuid';

import { consentMessagePage } from '../../../src/reports/consent-page';
import type { TrackingStore } from '../../../src/storage/tracking-store';
import { erasureReceiptSchema, type ErasureReceipt } from '../../../src/tracking/erasure';
import type { Operation } from '../operation';
import { signingOf } from '../../shared/signing';
import { eraseWaitingOpens } from '../../shared/waiting-opens';
import { answerWithPage, languageProperty, readLanguage } from './answer';
import { personProperties, readPersonId, readPersonLink, subjectOf } from './person';
import { liveSetup } from './setup';

export const erasePerson: Operation = {
	value: 'erasePerson',
	name: 'Erase Person',
	action: 'Erase all data about one person',
	description:
		'Remove everything stored about one person and give out a receipt; pixels in mails they have stay silent',
	properties: [
		...personProperties,
		{
			displayName: 'Destinations',
			name: 'destinations',
			type: 'string',
			default: '',
			placeholder: 'e.g. HubSpot, data warehouse',
			description:
				'Who else received opens and has to be told, separated by commas; sinks that are known are added',
		},
		{ ...languageProperty, displayOptions: { show: { personBy: ['link'] } } },
	],
	async execute({ node, store, index }) {
		if ((node.getNodeParameter('personBy', index) as string) === 'id') {
			const id = readPersonId(node, index);
			return [{ json: (await erase(node, store, index, id)) as unknown as IDataObject }];
		}
		const language = readLanguage(node, index);
		const link = await readPersonLink(node, index, ['rights']);
		if (link === null) {
			answerWithPage(node, consentMessagePage(language, 'invalid'), 403);
			return [{ json: { erased: false, reason: 'The link does not hold' } }];
		}
		const receipt = await erase(node, store, index, link.recipientId);
		answerWithPage(node, consentMessagePage(language, 'erased', receipt.receiptId));
		return [{ json: receipt as unknown as IDataObject }];
	},
};

async function erase(
	node: IExecuteFunctions,
	store: TrackingStore,
	index: number,
	recipientId: string,
): Promise<ErasureReceipt> {
	const { keyRing } = await signingOf(node);
	const requestedAt = new Date();
	const subject = subjectOf(recipientId, keyRing);
	const { erased, keptConsentRecords } = await store.eraseSubject(subject, requestedAt);
	// After the store, which from now on takes nothing of this person that is on its way.
	const waiting = await eraseWaitingOpens(subject);
	const { sinks } = await liveSetup(store);
	const named = (node.getNodeParameter('destinations', index) as string)
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
	const destinations = new Set([...sinks.map(({ name }) => name), ...named]);
	return erasureReceiptSchema.parse({
		receiptId: uuidv7(),
		schema: 'erasure-receipt/1',
		denylistKey: subject.denylistKeys[0],
		requestedAt: requestedAt.toISOString(),
		completedAt: new Date().toISOString(),
		erased: [...erased, { dataClass: 'waiting-open', records: waiting }],
		kept: [
			{
				dataClass: 'consent-proof',
				records: keptConsentRecords,
				because:
					'proof of consent under a keyed hash, for the defence of claims (GDPR Art. 17(3)(e))',
			},
			{
				dataClass: 'denylist',
				records: 1,
				because: 'keeps pixels in mails that were sent silent; a keyed hash',
			},
		],
		passedOnTo: [...destinations].map((sink) => ({ sink, state: 'to-be-told', at: null })),
	});
}
