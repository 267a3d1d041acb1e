import type { Purpose } from '../../../../src/tracking/event/purpose';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { personIdProperty, readPersonId } from '../../common/person';
import { purposeProperty } from './purposes';

export const getConsent: Operation = {
	value: 'get',
	name: 'Get',
	action: 'Get consent',
	description: 'Say where a person stands on a purpose, and by which record',
	properties: [personIdProperty, purposeProperty],
	async execute({ node, store, index }) {
		const recipientId = readPersonId(node, index);
		const purpose = node.getNodeParameter('consentPurpose', index) as Purpose;
		const { status, record } = await store.getConsent(recipientId, purpose, new Date());
		return toItems([{ recipientId, purpose, status, record }]);
	},
};
