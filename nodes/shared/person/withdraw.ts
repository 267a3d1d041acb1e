import { v7 as uuidv7 } from 'uuid';

import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import type { Purpose } from '../../../src/tracking/event/purpose';
import type { DenylistKeysOf } from '../../../src/tracking/people/subject-keys';

/** From what somebody withdraws, and how they said so. */
export interface Withdrawal {
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
