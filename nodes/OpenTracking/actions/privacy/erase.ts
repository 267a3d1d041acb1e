import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { v7 as uuidv7 } from 'uuid';

import { consentMessagePage } from '../../../../src/reports/consent-page/consent-page';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import {
	erasureReceiptSchema,
	nothingFound,
	type ErasureReceipt,
} from '../../../../src/tracking/people/erasure';
import { readText } from '../../../shared/fields/check-fields';
import { openStoreWithKeys } from '../../../shared/installation/signing';
import { eraseWaitingOpens } from '../../../shared/receive/waiting-opens';
import { answerWithPage, languageProperty, readLanguage } from '../../common/answer';
import type { Operation } from '../../common/operation';
import {
	personProperties,
	readPersonId,
	readPersonLink,
	refuseLink,
	subjectOf,
} from '../../common/person';
import { liveSetup } from '../../common/setup';

export const erasePerson: Operation = {
	value: 'erasePerson',
	name: 'Erase Person',
	action: 'Erase all data about one person',
	description:
		'Remove everything stored about one person and give out a receipt; pixels in emails they have stay silent',
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
		const link = await readPersonLink(node, index, ['rights']);
		if (link === null)
			return [{ json: { erased: false, events: [], reason: refuseLink(node, index) } }];
		const receipt = await erase(node, store, index, link.recipientId);
		const message = receipt.found ? 'erased' : 'nothingErased';
		answerWithPage(node, consentMessagePage(readLanguage(node, index), message, receipt.receiptId));
		return [{ json: receipt as unknown as IDataObject }];
	},
};

async function erase(
	node: IExecuteFunctions,
	store: TrackingStore,
	index: number,
	recipientId: string,
): Promise<ErasureReceipt> {
	const { keyRing } = await openStoreWithKeys(node);
	const requestedAt = new Date();
	const subject = subjectOf(recipientId, keyRing);
	const denylistKeys = subject.denylistKeysOf(recipientId);
	const erasedBefore = await store.isDenied(denylistKeys);
	const names = await store.namesOf(recipientId);
	const { erased, eventIds, keptConsentRecords } = await store.eraseSubject(subject, requestedAt);
	// After the store, which from now on takes nothing of this person that is on its way.
	const waiting = await eraseWaitingOpens(subject, names);
	const found = keptConsentRecords > 0 || waiting > 0 || erased.some(({ records }) => records > 0);
	const { sinks } = await liveSetup(store);
	const named = readText(node, 'destinations', index)
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
	const destinations = new Set([...sinks.map(({ name }) => name), ...named]);
	return erasureReceiptSchema.parse({
		receiptId: uuidv7(),
		schema: 'erasure-receipt/1',
		denylistKey: denylistKeys[0],
		requestedAt: requestedAt.toISOString(),
		completedAt: new Date().toISOString(),
		found,
		remark: found ? null : nothingFound(recipientId, { erasedBefore }),
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
				because: 'keeps pixels in emails that were sent silent; a keyed hash',
			},
		],
		events: eventIds,
		passedOnTo: [...destinations].map((sink) => ({ sink, state: 'to-be-told', at: null })),
	});
}
