import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { PURPOSES, type Purpose } from '../../../../src/tracking/event/purpose';
import type { DenylistKeysOf } from '../../../../src/tracking/people/subject-keys';
import { v7 as uuidv7 } from 'uuid';

import { readText } from '../../../shared/fields/check-fields';
import { purposeOptions } from '../../../shared/fields/purpose-options';
import type { Operation } from '../../common/operation';
import { denylistKeysFor, personIdProperty, readPersonId } from '../../common/person';

export const withdrawConsent: Operation = {
	value: 'withdraw',
	name: 'Withdraw',
	action: 'Withdraw consent',
	description: 'Record a withdrawal or objection; it counts at once, also for mails sent before',
	properties: [
		personIdProperty,
		{
			displayName: 'From',
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
			default: 'told by the person',
			required: true,
			description: 'How the person withdrew',
		},
	],
	async execute({ node, store, index }) {
		const recipientId = readPersonId(node, index);
		const from = node.getNodeParameter('withdrawPurpose', index) as Purpose | 'all';
		const method = readText(node, 'withdrawMethod', index);
		const purposes = from === 'all' ? PURPOSES : [from];
		const withdrawn = await withdraw(store, await denylistKeysFor(node), {
			recipientId,
			purposes,
			method,
		});
		return [{ json: { recipientId, withdrawn } }];
	},
};

/** Records a withdrawal from each purpose. Returns the purposes. */
export async function withdraw(
	store: Pick<TrackingStore, 'recordConsent'>,
	keysOf: DenylistKeysOf,
	from: { recipientId: string; purposes: readonly Purpose[]; method: string },
): Promise<Purpose[]> {
	const now = new Date();
	const records = from.purposes.map((purpose) => ({
		recordId: uuidv7(),
		recipientKey: from.recipientId,
		purpose,
		status: 'withdrawn' as const,
		occurredAt: now.toISOString(),
		method: from.method,
		jurisdiction: null,
		noticeVersion: null,
		noticeHash: null,
		noticeText: null,
		language: null,
		evidence: null,
		expiresAt: null,
	}));
	await store.recordConsent(records, now, keysOf);
	return [...from.purposes];
}
