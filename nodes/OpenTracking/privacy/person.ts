import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { Subject } from '../../../src/storage/privacy-store';
import type { TrackingStore } from '../../../src/storage/tracking-store';
import type { KeyRing } from '../../../src/tracking/key-ring';
import { denylistKeysOf, pseudonymsOf } from '../../../src/tracking/subject-keys';
import {
	readPersonToken,
	type PersonLink,
	type PersonLinkScope,
} from '../../../src/tracking/withdrawal-link';
import { signingOf } from '../../shared/signing';

export const personIdProperty: INodeProperties = {
	displayName: 'Recipient ID',
	name: 'personId',
	type: 'string',
	default: '',
	required: true,
	description: 'The person, by the ID that their tracking links carry',
};

export const personTokenProperty: INodeProperties = {
	displayName: 'Token',
	name: 'personToken',
	type: 'string',
	typeOptions: { password: true },
	default: '={{ $json.query.t }}',
	required: true,
	description: 'The part of the link after "t=", from the request that the Webhook node received',
};

/** By id, or by the link they hold. The latter keeps the id out of what n8n stores. */
export const personProperties: INodeProperties[] = [
	{
		displayName: 'Person',
		name: 'personBy',
		type: 'options',
		options: [
			{
				name: 'By Recipient ID',
				value: 'id',
				description: 'You have made sure who asks; the result is given out',
			},
			{
				name: 'By Signed Link',
				value: 'link',
				description: 'The person sent a form; the waiting Webhook node is answered with the result',
			},
		],
		default: 'id',
	},
	{ ...personIdProperty, displayOptions: { show: { personBy: ['id'] } } },
	{ ...personTokenProperty, displayOptions: { show: { personBy: ['link'] } } },
];

/** The id in the field, which may hold a number. */
export function readPersonId(node: IExecuteFunctions, index: number): string {
	const id = String(node.getNodeParameter('personId', index) ?? '').trim();
	if (id !== '') return id;
	throw new NodeOperationError(node.getNode(), 'There is no recipient ID', {
		itemIndex: index,
		description: 'Give the ID that the tracking links of this person carry',
	});
}

/** What the token says, where it holds and allows as much; else `null`. */
export async function readPersonLink(
	node: IExecuteFunctions,
	index: number,
	scopes: readonly PersonLinkScope[],
): Promise<PersonLink | null> {
	const token = String(node.getNodeParameter('personToken', index) ?? '');
	const { keyRing } = await signingOf(node);
	const verdict = readPersonToken(token, keyRing, new Date());
	return verdict.ok && scopes.includes(verdict.link.scope) ? verdict.link : null;
}

/**
 * Whether this person was erased. Their old links go on working, but nothing that they do there may
 * be stored under their id again.
 */
export async function wasErased(
	node: IExecuteFunctions,
	store: Pick<TrackingStore, 'isDenied'>,
	recipientId: string,
): Promise<boolean> {
	const { keyRing } = await signingOf(node);
	return await store.isDenied(denylistKeysOf(recipientId, keyRing));
}

/** The person under every name the store may know them by. */
export function subjectOf(recipientId: string, keyRing: KeyRing): Subject {
	return {
		recipientId,
		pseudonymsIn: (scope) => pseudonymsOf(recipientId, scope, keyRing),
		denylistKeys: denylistKeysOf(recipientId, keyRing),
	};
}
