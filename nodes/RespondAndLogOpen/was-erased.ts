import type { IExecuteFunctions } from 'n8n-workflow';

import type { PrivacyStore } from '../../src/storage/privacy-store';
import type { OpenEvent } from '../../src/tracking/open-event';
import { denylistKeysOf } from '../../src/tracking/subject-keys';
import { signingOf } from '../shared/signing';

/**
 * Whether the person was erased since the open came in. An open can wait in n8n for a store that
 * was away, and must not bring somebody back who was erased meanwhile.
 */
export async function wasErased(
	context: IExecuteFunctions,
	store: Pick<PrivacyStore, 'isDenied'>,
	event: OpenEvent,
): Promise<boolean> {
	if (event.recipientId === null || event.trackingMode === 'pseudonymous') return false;
	const { keyRing } = await signingOf(context);
	return await store.isDenied(denylistKeysOf(event.recipientId, keyRing));
}
