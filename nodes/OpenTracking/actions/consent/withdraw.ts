import { PURPOSES, type Purpose } from '../../../../src/tracking/event/purpose';

import { readText } from '../../../shared/fields/check-fields';
import { purposeOptions } from '../../../shared/options/purpose-options';
import { withdraw, type Withdrawal } from '../../../shared/person/withdraw';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { denylistKeysFor, personIdProperty, readPersonId } from '../../common/person';

export const withdrawConsent: OperationOnMany = {
	value: 'withdraw',
	name: 'Withdraw',
	action: 'Withdraw consent',
	description: 'Record a withdrawal or objection; it counts at once, also for emails sent before',
	properties: [
		personIdProperty,
		{
			displayName: 'Withdraw From',
			name: 'withdrawPurpose',
			type: 'options',
			options: [
				{ name: 'Everything', value: 'all', description: 'No tracking for any purpose' },
				...purposeOptions,
			],
			default: 'all',
		},
		{
			displayName: 'Method',
			name: 'withdrawMethod',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. reply to an email',
			description: 'How the person withdrew; kept as evidence',
		},
	],
	async executeMany(context) {
		const { node, store } = context;
		const keysOf = await denylistKeysFor(node);
		return await manyItems(context, {
			fields: withdrawConsent.properties,
			read: (index): Withdrawal => {
				const from = node.getNodeParameter('withdrawPurpose', index) as Purpose | 'all';
				return {
					recipientId: readPersonId(node, index),
					purposes: from === 'all' ? PURPOSES : [from],
					method: readText(node, 'withdrawMethod', index),
				};
			},
			run: async (withdrawals) => {
				await withdraw(store, keysOf, withdrawals);
				return withdrawals.map(({ recipientId, purposes }) => [
					{ json: { recipientId, withdrawn: [...purposes] } },
				]);
			},
		});
	},
};
