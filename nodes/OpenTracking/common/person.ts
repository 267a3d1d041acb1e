import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { consentMessagePage } from '../../../src/reports/consent-page/consent-page';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import {
	readPersonToken,
	type PersonLink,
	type PersonLinkScope,
} from '../../../src/tracking/links/person-link';
import { tokenFromText } from '../../../src/tracking/links/sealed-token';
import {
	denylistKeysIn,
	denylistKeysOf,
	type DenylistKeysOf,
	pseudonymsIn,
	type PseudonymsOf,
} from '../../../src/tracking/people/subject-keys';
import { readText } from '../../shared/fields/check-fields';
import { locator } from '../../shared/fields/locators';
import { openStoreWithKeys, signingOf } from '../../shared/installation/signing';
import { answerWithPage, readLanguage } from './answer';

export const personIdProperty: INodeProperties = locator('recipient', 'personId', {
	required: true,
	description: 'The person, by the ID that their tracking links carry',
});

export const personTokenProperty: INodeProperties = {
	displayName: 'Token',
	name: 'personToken',
	type: 'string',
	typeOptions: { password: true },
	// Not required: a visitor who comes without one has to be answered, see refuseLink.
	default: '={{ $json.query.t }}',
	description:
		'The link that the person followed, or the part of it after "t=". From the request that the Webhook node received.',
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
	return readText(node, personIdProperty.name, index);
}

/** What the token says, where it holds and allows as much; else `null`. */
export async function readPersonLink(
	node: IExecuteFunctions,
	index: number,
	scopes: readonly PersonLinkScope[],
): Promise<PersonLink | null> {
	const text = readText(node, personTokenProperty.name, index);
	const { keyRing } = await signingOf(node);
	const verdict = readPersonToken(tokenFromText('person', text) ?? text, keyRing, new Date());
	return verdict.ok && scopes.includes(verdict.link.scope) ? verdict.link : null;
}

/** What the item says of a link that was forged, is too old or is for something else. */
export const LINK_DOES_NOT_HOLD = 'The link does not hold';

/**
 * Tells the person behind the waiting Webhook node that their link does not work.
 *
 * @returns why, for the item
 * @throws NodeOperationError where there is no token at all: the workflow has to pass it on
 */
export function refuseLink(node: IExecuteFunctions, index: number): string {
	answerWithPage(node, consentMessagePage(readLanguage(node, index), 'invalid'), 403);
	if (readText(node, personTokenProperty.name, index) !== '') return LINK_DOES_NOT_HOLD;
	throw new NodeOperationError(node.getNode(), 'There is no token', {
		itemIndex: index,
		description:
			'Set Token to the part of the link after "t=", which the Webhook node receives as query.t. The person was told that the link does not work.',
	});
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

/** Why nothing is noted of somebody. */
export const ERASED = 'The person was erased, so nothing is kept about them again';

/**
 * The keys of people on the list of erased people, by the signing keys of this node.
 *
 * @throws KeyError when the store was used with a key that is missing here
 */
export async function denylistKeysFor(node: IExecuteFunctions): Promise<DenylistKeysOf> {
	return (await personKeysFor(node)).keysOf;
}

/** The same, and the pseudonyms of people by these keys. */
export async function personKeysFor(
	node: IExecuteFunctions,
): Promise<{ keysOf: DenylistKeysOf; pseudonymsOf: PseudonymsOf }> {
	const { keyRing } = await openStoreWithKeys(node);
	return { keysOf: denylistKeysIn(keyRing), pseudonymsOf: pseudonymsIn(keyRing) };
}
