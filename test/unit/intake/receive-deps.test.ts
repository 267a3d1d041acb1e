import { randomBytes } from 'node:crypto';

import { createLookups, type LookupStore } from '../../../src/intake/lookups';
import { createReceiveDeps } from '../../../src/intake/receive-deps';
import { generateKey, parseKeyRing } from '../../../src/tracking/links/key-ring';
import { receiveOpen } from '../../../src/tracking/receive/receive-open';
import type { ReceiveSettings } from '../../../src/tracking/receive/receive-types';
import { consentRecord } from '../../support/consent-records';

const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });
const never = new Promise<never>(() => {});

const NOTHING_KNOWN: LookupStore = {
	deniedAmong: async () => new Set<string>(),
	listConsentsOf: async () => [],
	dailyKey: async () => ({ key: Buffer.alloc(32), until: new Date() }),
	destroyOldKeys: async () => 0,
	noteProbeLoad: async () => undefined,
};

function settings(policy: 'consent-required' | 'objection-honoured'): ReceiveSettings {
	return {
		mode: 'identified',
		purpose: 'performance',
		plainIds: { allowed: true, recipientParameter: 'id' },
		consent: { policy, label: policy, keepAsAggregate: false },
		keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
	};
}

const receive = (store: Partial<LookupStore>, policy: Parameters<typeof settings>[0]) =>
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
			lookups: createLookups(async () => ({ ...NOTHING_KNOWN, ...store })),
		}),
	);

describe('the lookups of each load', () => {
	it('write the record that allowed an open onto it', async () => {
		const record = consentRecord();
		const store: Partial<LookupStore> = {
			listConsentsOf: async () => [{ status: 'given', record }],
		};
		const { event, reason } = await receive(store, 'consent-required');
		expect(reason).toBe('consent-given');
		expect(event?.consent).toMatchObject({ status: 'given', recordId: record.recordId });
	});

	it('keep nothing of somebody who was erased', async () => {
		const store: Partial<LookupStore> = { deniedAmong: async (keys) => new Set(keys) };
		expect(await receive(store, 'objection-honoured')).toMatchObject({
			event: null,
			reason: 'suppressed',
		});
	});

	it('do not wait for a store that hangs: without an answer the policy decides', async () => {
		const store: Partial<LookupStore> = { deniedAmong: () => never, listConsentsOf: () => never };
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
