import { createPeopleLookups } from '../../../../src/intake/lookups';
import type { Purpose } from '../../../../src/tracking/event/purpose';
import { toItems } from '../../common/items';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { personIdProperty, readPersonId } from '../../common/person';
import { purposeProperty } from './purposes';

export const getConsent: OperationOnMany = {
	value: 'get',
	name: 'Get',
	action: 'Get consent',
	description: 'Say where a person stands on a purpose, and by which record',
	properties: [personIdProperty, purposeProperty],
	async executeMany(context) {
		const { node, store } = context;
		const people = createPeopleLookups(async () => store);
		return await manyItems(context, {
			fields: getConsent.properties,
			read: (index) => ({
				recipientId: readPersonId(node, index),
				purpose: node.getNodeParameter('consentPurpose', index) as Purpose,
			}),
			run: async (asked) =>
				await Promise.all(
					asked.map(async ({ recipientId, purpose }) => {
						const { status, record } = await people.consentOf(recipientId, purpose);
						return toItems([{ recipientId, purpose, status, record }]);
					}),
				),
		});
	},
};
