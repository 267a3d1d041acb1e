import { v7 as uuidv7 } from 'uuid';

import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import type { KeyRing } from '../../../src/tracking/links/key-ring';
import {
	erasureReceiptSchema,
	nothingFound,
	type ErasureReceipt,
} from '../../../src/tracking/people/erasure';
import { eraseWaitingOpens } from '../receive/waiting-opens';
import { liveSetup } from './live-setup';
import { subjectOf } from './subject';

/**
 * Erases a person from the store and from what waits for it on disk.
 *
 * @param told destinations that have to be told besides the sinks that are known
 * @returns the receipt
 */
export async function eraseEverywhere(
	store: TrackingStore,
	keyRing: KeyRing,
	recipientId: string,
	told: readonly string[],
): Promise<ErasureReceipt> {
	const requestedAt = new Date();
	const subject = subjectOf(recipientId, keyRing);
	const denylistKeys = subject.denylistKeysOf(recipientId);
	const erasedBefore = await store.isDenied(denylistKeys);
	const names = await store.namesOf(recipientId);
	const { erased, eventIds, keptConsentRecords } = await store.eraseSubject(subject, requestedAt);
	// After the store, which from now on takes nothing of this person that is on its way.
	const waiting = await eraseWaitingOpens(subject, names);
	const found = keptConsentRecords > 0 || waiting > 0 || erased.some(({ records }) => records > 0);
	const { sinks } = await liveSetup(store);
	const destinations = new Set([...sinks.map(({ name }) => name), ...told]);
	return erasureReceiptSchema.parse({
		receiptId: uuidv7(),
		schema: 'erasure-receipt/1',
		denylistKey: denylistKeys[0],
		requestedAt: requestedAt.toISOString(),
		completedAt: new Date().toISOString(),
		found,
		remark: found ? null : nothingFound(recipientId, { erasedBefore }),
		erased: [...erased, { dataClass: 'waiting-open', records: waiting }],
		kept: [
			{
				dataClass: 'consent-proof',
				records: keptConsentRecords,
				because:
					'proof of consent under a keyed hash, for the defence of claims (GDPR Art. 17(3)(e))',
			},
			{
				dataClass: 'denylist',
				records: 1,
				because: 'keeps pixels in emails that were sent silent; a keyed hash',
			},
		],
		events: eventIds,
		passedOnTo: [...destinations].map((sink) => ({ sink, state: 'to-be-told', at: null })),
	});
}
