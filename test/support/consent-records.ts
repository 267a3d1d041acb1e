import { v7 as uuidv7 } from 'uuid';

import { noticeHash, type ConsentRecord } from '../../src/tracking/consent/consent-record';

export const NOTICE = 'We would like to see which of our emails you open.';

/** A consent record; what is not given is a consent to `performance` by person `ada`. */
export function consentRecord(changes: Partial<ConsentRecord> = {}): ConsentRecord {
	return {
		recordId: uuidv7(),
		recipientKey: 'ada',
		purpose: 'performance',
		status: 'given',
		occurredAt: '2026-03-01T10:00:00.000Z',
		method: 'checkbox in sign-up form',
		jurisdiction: 'FR',
		noticeVersion: '1',
		noticeHash: noticeHash(NOTICE),
		noticeText: NOTICE,
		language: 'en',
		evidence: null,
		expiresAt: null,
		...changes,
	};
}
