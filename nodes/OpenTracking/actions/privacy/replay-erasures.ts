import { NodeOperationError } from 'n8n-workflow';

import { denylistKeysIn } from '../../../../src/tracking/people/subject-keys';
import { openStoreWithKeys } from '../../../shared/installation/signing';
import { eraseWaitingOpens } from '../../../shared/receive/waiting-opens';
import type { Operation, OperationContext } from '../../common/operation';
import { subjectOf } from '../../../shared/person/subject';

export const replayErasures: Operation = {
	value: 'replayErasures',
	name: 'Replay Erasures',
	action: 'Replay erasures after restoring a store',
	description:
		'After an older store was put back: erase again everybody who is on the list of erased people, also those who came onto it since',
	properties: [
		{
			displayName: 'Denylist Keys',
			name: 'denylistKeys',
			type: 'string',
			default: '',
			typeOptions: { rows: 4 },
			placeholder: 'e.g. d_5f0c…',
			description:
				'The keys of people erased after the backup: denylistKey of their receipts, or the list that was saved. Separated by commas, spaces or lines, or as a JSON list.',
		},
	],
	async execute(context) {
		const { node, store } = context;
		const keys = readKeys(context);
		const { keyRing } = await openStoreWithKeys(node);
		const now = new Date();
		const keysAdded = await store.deny(keys, now);
		const people = await store.findErased(denylistKeysIn(keyRing));
		let records = 0;
		for (const recipientId of people) {
			const subject = subjectOf(recipientId, keyRing);
			const names = await store.namesOf(recipientId);
			const { erased } = await store.eraseSubject(subject, now);
			records += erased.reduce((sum, part) => sum + part.records, 0);
			records += await eraseWaitingOpens(subject, names);
		}
		return [{ json: { keysAdded, peopleErased: people.length, recordsErased: records } }];
	},
};

/** The keys in the field: text, or the list that an expression gives. */
function readKeys({ node, index }: OperationContext): string[] {
	const value: unknown = node.getNodeParameter('denylistKeys', index);
	const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
	const parts = text.split(/[\s,"[\]]+/).filter((part) => part !== '');
	const wrong = parts.filter((part) => !/^d_[0-9a-f]{64}$/.test(part));
	if (wrong.length === 0) return parts;
	throw new NodeOperationError(
		node.getNode(),
		`${wrong.length} of ${parts.length} are no denylist keys`,
		{
			itemIndex: index,
			description:
				'A key is "d_" and 64 hex digits, as denylistKey of an erasure receipt gives it. Nothing was erased.',
		},
	);
}
