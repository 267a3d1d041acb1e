import { NodeOperationError } from 'n8n-workflow';

import type { SegmentChange } from '../../../../src/storage/port/answers-store';
import { readText } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { segmentsIn, segmentsProperty } from '../../../shared/fields/segments';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { denylistKeysFor, ERASED } from '../../common/person';

export const setSegments: OperationOnMany = {
	value: 'setSegments',
	name: 'Set Segments',
	action: 'Set segments of recipient',
	description: 'Give a recipient labels, by which lists and statistics can be filtered',
	properties: [
		locator('recipient', 'segmentRecipientId', {
			required: true,
			description: 'The recipient, by the ID that their tracking links carry, or by their address',
		}),
		segmentsProperty,
		{
			displayName: 'How',
			name: 'segmentsHow',
			type: 'options',
			options: [
				{ name: 'Add', value: 'add', description: 'Keep the labels that are there' },
				{ name: 'Remove', value: 'remove', description: 'Take these labels away' },
				{ name: 'Replace', value: 'replace', description: 'Take away all others' },
			],
			default: 'add',
		},
	],
	async executeMany(context) {
		const { node, store } = context;
		const keysOf = await denylistKeysFor(node);
		return await manyItems(context, {
			fields: setSegments.properties,
			read: (index): SegmentChange => {
				const segments = segmentsIn(node.getNodeParameter(segmentsProperty.name, index));
				const how = node.getNodeParameter('segmentsHow', index) as SegmentChange['how'];
				if (segments.length === 0 && how !== 'replace') {
					throw new NodeOperationError(node.getNode(), 'Segments is empty', {
						itemIndex: index,
						description: 'Give at least one label; to take all away, choose Replace',
					});
				}
				return { recipientId: readText(node, 'segmentRecipientId', index), segments, how };
			},
			run: async (changes) => {
				const done = await store.changeSegments(changes, keysOf);
				return changes.map((change, position) => {
					const set = done[position] ?? false;
					return [{ json: { ...change, set, because: set ? null : ERASED } }];
				});
			},
		});
	},
};
