import type { IDataObject } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { consentRecordsToJsonLd } from '../../../../src/tracking/consent/consent-export';
import { instanceBaseUrl } from '../../../shared/installation/base-url';
import { liveSetup } from '../../../shared/person/live-setup';
import { proofContext } from '../../../shared/person/proof-context';
import { controllerProperties, readController } from '../../common/controller';
import type { Operation } from '../../common/operation';
import { personIdProperty, readPersonId } from '../../common/person';

export const exportProof: Operation = {
	value: 'exportProof',
	name: 'Export Proof',
	action: 'Export proof of consent',
	description:
		'Give out the whole history of a consent as JSON-LD, in the structure of ISO/IEC TS 27560',
	properties: [
		personIdProperty,
		...controllerProperties,
		{
			displayName: 'Options',
			name: 'proofOptions',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Controller Web Address',
					name: 'id',
					type: 'string',
					default: '',
					placeholder: 'e.g. https://example.com',
					description: 'An address that stands for the controller; this n8n, when empty',
				},
				{ displayName: 'Postal Address', name: 'postalAddress', type: 'string', default: '' },
				{
					displayName: 'Storage Countries',
					name: 'storageCountries',
					type: 'string',
					default: '',
					placeholder: 'e.g. FR, DE',
					description: 'Country codes of where opens are stored, separated by commas',
				},
			],
		},
	],
	async execute({ node, store, index }) {
		const { storageCountries, ...options } = node.getNodeParameter('proofOptions', index, {}) as {
			id?: string;
			postalAddress?: string;
			storageCountries?: string;
		};
		const records = await store.listConsentRecords(readPersonId(node, index));
		if (records.length === 0) {
			throw new NodeOperationError(
				node.getNode(),
				'Nothing is recorded about the consent of this person',
				{
					itemIndex: index,
					description:
						'Check the Recipient ID. After an erasure the proof is found under the denylistKey of the receipt.',
				},
			);
		}
		const { sinks, retention } = await liveSetup(store);
		const countries = (storageCountries ?? '').split(',').map((code) => code.trim());
		const context = proofContext(instanceBaseUrl(node), {
			...readController(node, index),
			...options,
			storageCountries: countries.filter((code) => code !== ''),
			sinks,
			retention,
		});
		const proof = consentRecordsToJsonLd(records, context, new Date());
		return [{ json: proof as unknown as IDataObject }];
	},
};
