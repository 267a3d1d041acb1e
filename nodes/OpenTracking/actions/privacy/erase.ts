import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { consentMessagePage } from '../../../../src/reports/consent-page/consent-page';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { ErasureReceipt } from '../../../../src/tracking/people/erasure';
import { readText } from '../../../shared/fields/check-fields';
import { openStoreWithKeys } from '../../../shared/installation/signing';
import { eraseEverywhere } from '../../../shared/person/erase-everywhere';
import { answerWithPage, languageProperty, readLanguage } from '../../common/answer';
import type { Operation } from '../../common/operation';
import { personProperties, readPersonId, readPersonLink, refuseLink } from '../../common/person';

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
	const named = readText(node, 'destinations', index)
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
	return await eraseEverywhere(store, keyRing, recipientId, named);
}
