import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { PURPOSES, type Purpose } from '../../../../src/tracking/event/purpose';
import type { DenylistKeysOf } from '../../../../src/tracking/people/subject-keys';
import { v7 as uuidv7 } from 'uuid';

import { readText } from '../../../shared/fields/check-fields';
import { purposeOptions } from '../../../shared/fields/purpose-options';
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

interface Withdrawal {
	recipientId: string;
	purposes: readonly Purpose[];
	method: string;
}

/** Records a withdrawal from each of the purposes that there is none from yet. */
export async function withdraw(
	store: Pick<TrackingStore, 'listConsentsOf' | 'recordConsent'>,
	keysOf: DenylistKeysOf,
	withdrawals: readonly Withdrawal[],
): Promise<void> {
	const now = new Date();
	const people = [...new Set(withdrawals.map(({ recipientId }) => recipientId))];
	const done = new Set<string>();
	for (const { status, record } of await store.listConsentsOf(people, now)) {
		if (status === 'withdrawn' && record) done.add(`${record.purpose} ${record.recipientKey}`);
	}
	const records = withdrawals.flatMap(({ recipientId, purposes, method }) =>
		purposes
			.filter((purpose) => !done.has(`${purpose} ${recipientId}`))
			.map((purpose) => ({
				recordId: uuidv7(),
				recipientKey: recipientId,
				purpose,
				status: 'withdrawn' as const,
				occurredAt: now.toISOString(),
				method,
				jurisdiction: null,
				noticeVersion: null,
				noticeHash: null,
				noticeText: null,
				language: null,
				evidence: null,
				expiresAt: null,
			})),
	);
	if (records.length > 0) await store.recordConsent(records, now, keysOf);
}
