import type { IExecuteFunctions, INodePropertyOptions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { v7 as uuidv7 } from 'uuid';

import type { ConsentRecord } from '../../../../src/tracking/consent/consent-record';
import type { ConsentStatus } from '../../../../src/tracking/event/open-event';
import type { Purpose } from '../../../../src/tracking/event/purpose';
import { readText } from '../../../shared/fields/check-fields';
import { toItems } from '../../common/items';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { denylistKeysFor, personIdProperty, readPersonId } from '../../common/person';
import { noticeProperties, readNotice } from './notice';
import { purposeProperty } from './purposes';

const statusOptions: INodePropertyOptions[] = [
	{ name: 'Given', value: 'given', description: 'The person said yes' },
	{ name: 'Refused', value: 'refused', description: 'The person said no' },
	{ name: 'Renewed', value: 'renewed', description: 'The person said yes again' },
	{ name: 'Requested', value: 'requested', description: 'The person was asked' },
];

export const recordConsent: OperationOnMany = {
	value: 'record',
	name: 'Record',
	action: 'Record consent',
	description: 'Add what a person answered, or that they were asked; nothing is overwritten',
	properties: [
		personIdProperty,
		purposeProperty,
		{
			displayName: 'Status',
			name: 'consentStatus',
			type: 'options',
			options: statusOptions,
			default: 'given',
		},
		{
			displayName: 'Method',
			name: 'consentMethod',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. checkbox in sign-up form',
			description: 'How the person answered',
		},
		...noticeProperties,
		{
			displayName: 'Options',
			name: 'consentOptions',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Evidence',
					name: 'evidence',
					type: 'string',
					default: '',
					description: 'Where the proof lies, for example the ID of a form',
				},
				{
					displayName: 'Happened At',
					name: 'occurredAt',
					type: 'dateTime',
					default: '',
					description: 'When the person answered; now, when empty',
				},
				{
					displayName: 'Notice Language',
					name: 'language',
					type: 'string',
					default: '',
					placeholder: 'e.g. fr',
				},
			],
		},
	],
	async executeMany(context) {
		const { node, store } = context;
		const keysOf = await denylistKeysFor(node);
		return await manyItems(context, {
			fields: recordConsent.properties,
			read: (index) => readRecord(node, index),
			run: async (records) => {
				await store.recordConsent(records, new Date(), keysOf);
				return records.map((record) => toItems([record]));
			},
		});
	},
};

function readRecord(node: IExecuteFunctions, index: number): ConsentRecord {
	const options = node.getNodeParameter('consentOptions', index, {}) as {
		evidence?: string;
		occurredAt?: string;
		language?: string;
	};
	const at = options.occurredAt ? new Date(options.occurredAt) : new Date();
	if (Number.isNaN(at.getTime())) {
		throw new NodeOperationError(node.getNode(), 'Happened At is not a date', {
			itemIndex: index,
			description: 'Write it as ISO 8601, such as 2026-11-21T10:00:00Z',
		});
	}
	const status = node.getNodeParameter('consentStatus', index) as ConsentStatus;
	return {
		recordId: uuidv7(),
		recipientKey: readPersonId(node, index),
		purpose: node.getNodeParameter('consentPurpose', index) as Purpose,
		status,
		occurredAt: at.toISOString(),
		method: readText(node, 'consentMethod', index),
		language: options.language || null,
		evidence: options.evidence || null,
		...readNotice(node, index).of(status, at),
	};
}
