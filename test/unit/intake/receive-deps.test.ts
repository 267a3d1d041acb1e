import { randomBytes } from 'node:crypto';

import { createReceiveDeps, type LookupStore } from '../../../src/intake/receive-deps';
import { generateKey, parseKeyRing } from '../../../src/tracking/links/key-ring';
import { receiveOpen } from '../../../src/tracking/receive/receive-open';
import type { ReceiveSettings } from '../../../src/tracking/receive/receive-types';
import { consentRecord } from '../../support/consent-records';

const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });
const never = new Promise<never>(() => {});

function settings(policy: 'consent-required' | 'objection-honoured'): ReceiveSettings {
	return {
		mode: 'identified',
		purpose: 'performance',
		plainIds: { allowed: true, recipientParameter: 'id' },
		consent: { policy, label: policy, keepAsAggregate: false },
		keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
	};
}

const receive = (store: LookupStore, policy: Parameters<typeof settings>[0]) =>
	receiveOpen(
		{
			method: 'GET',
			query: { id: 'ada' },
			headers: {},
			ip: null,
			receivedAt: new Date('2026-11-21T12:00:00Z'),
		},
		settings(policy),
		createReceiveDeps({
			signing: () => ({ keyRing, maxAgeDays: undefined }),
			store: () => store,
			ipKey: async () => Buffer.alloc(32, 2),
		}),
	);

describe('the lookups of each load', () => {
	it('write the record that allowed an open onto it', async () => {
		const record = consentRecord();
		const store: LookupStore = {
			isDenied: async () => false,
			getConsent: async () => ({ status: 'given', record }),
		};
		const { event, reason } = await receive(store, 'consent-required');
		expect(reason).toBe('consent-given');
		expect(event?.consent).toMatchObject({ status: 'given', recordId: record.recordId });
	});

	it('keep nothing of somebody who was erased', async () => {
		const store: LookupStore = {
			isDenied: async () => true,
			getConsent: async () => ({ status: 'given', record: null }),
		};
		expect(await receive(store, 'objection-honoured')).toMatchObject({
			event: null,
			reason: 'suppressed',
		});
	});

	it('do not wait for a store that hangs: without an answer the policy decides', async () => {
		const store: LookupStore = { isDenied: () => never, getConsent: () => never };
		const before = Date.now();
		const strict = await receive(store, 'consent-required');
		expect(strict).toMatchObject({ event: null, reason: 'lookup-failed' });
		expect(strict.lookupError).toBeInstanceOf(Error);
		expect(Date.now() - before).toBeLessThan(5000);
		const lenient = await receive(store, 'objection-honoured');
		expect(lenient).toMatchObject({
			reason: 'lookup-failed-allowed',
			event: { recipientId: 'ada' },
		});
	});
});
