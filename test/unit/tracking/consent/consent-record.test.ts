import fc from 'fast-check';

import {
	consentExpiry,
	consentRecordSchema,
	currentConsent,
	noticeHash,
	type ConsentRecord,
} from '../../../../src/tracking/consent/consent-record';
import { CONSENT_STATUSES } from '../../../../src/tracking/event/event-fields';
import type { ConsentStatus } from '../../../../src/tracking/event/open-event';

const now = new Date('2026-11-21T12:00:00Z');
const hash = noticeHash('May we see whether you open our emails?');

let counter = 0;
const record = (
	status: ConsentStatus,
	occurredAt: string,
	over: Partial<ConsentRecord> = {},
): ConsentRecord => ({
	recordId: `019aa6b5-7c8b-7def-8123-${String(++counter).padStart(12, '0')}`,
	recipientKey: 'anna',
	purpose: 'performance',
	status,
	occurredAt,
	method: 'preference page',
	jurisdiction: 'FR',
	noticeVersion: '3',
	noticeHash: hash,
	noticeText: null,
	language: 'fr',
	evidence: null,
	expiresAt: null,
	...over,
});

describe('a consent record', () => {
	it('is taken when it is whole', () => {
		expect(() => consentRecordSchema.parse(record('given', '2026-01-01T00:00:00Z'))).not.toThrow();
	});

	it.each([
		['no notice hash on a consent', { noticeHash: null }],
		['no notice version on a consent', { noticeVersion: null }],
		['a hash of another text', { noticeText: 'Something else' }],
		['an end before its start', { expiresAt: '2025-01-01T00:00:00Z' }],
		['an id that is no UUIDv7', { recordId: '2f6b0a7e-9c1d-4c36-8f0a-000000000001' }],
		['a time without a zone', { occurredAt: '2026-01-01T00:00:00' }],
		['a jurisdiction in words', { jurisdiction: 'France' }],
		['an unknown purpose', { purpose: 'fun' }],
	])('is refused with %s', (_why, over) => {
		expect(
			consentRecordSchema.safeParse({ ...record('given', '2026-01-01T00:00:00Z'), ...over })
				.success,
		).toBe(false);
	});

	it('of a refusal needs no notice', () => {
		const refusal = record('refused', '2026-01-01T00:00:00Z', {
			noticeHash: null,
			noticeVersion: null,
		});
		expect(consentRecordSchema.safeParse(refusal).success).toBe(true);
	});

	it('fingerprints one notice alike, whatever its line ends and way to write accents', () => {
		expect(noticeHash('caf\u00e9\r\nok')).toBe(noticeHash('cafe\u0301\nok'));
		expect(noticeHash('caf\u00e9')).not.toBe(noticeHash('cafe'));
		expect(noticeHash('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
	});
});

describe('the current consent', () => {
	it('is unknown without records', () => {
		expect(currentConsent([], now)).toEqual({ status: 'unknown', record: null });
	});

	it.each<[string, Array<[ConsentStatus, string]>, ConsentStatus]>([
		[
			'the newest answer',
			[
				['given', '2026-01-01T00:00:00Z'],
				['withdrawn', '2026-02-01T00:00:00Z'],
			],
			'withdrawn',
		],
		[
			'a change of mind back',
			[
				['withdrawn', '2026-01-01T00:00:00Z'],
				['given', '2026-02-01T00:00:00Z'],
			],
			'given',
		],
		[
			'a withdrawal, though asked again',
			[
				['withdrawn', '2026-01-01T00:00:00Z'],
				['requested', '2026-02-01T00:00:00Z'],
			],
			'withdrawn',
		],
		[
			'a refusal, though it is called expired later',
			[
				['refused', '2026-01-01T00:00:00Z'],
				['expired', '2026-02-01T00:00:00Z'],
			],
			'refused',
		],
		[
			'a refusal, though it is called unknown later',
			[
				['refused', '2026-01-01T00:00:00Z'],
				['unknown', '2026-02-01T00:00:00Z'],
			],
			'refused',
		],
		[
			'a consent, though asked to renew',
			[
				['given', '2026-01-01T00:00:00Z'],
				['requested', '2026-02-01T00:00:00Z'],
			],
			'given',
		],
		[
			'the end of a consent',
			[
				['given', '2026-01-01T00:00:00Z'],
				['expired', '2026-02-01T00:00:00Z'],
			],
			'expired',
		],
		[
			'not what is dated in the future',
			[
				['given', '2026-01-01T00:00:00Z'],
				['withdrawn', '2027-02-01T00:00:00Z'],
			],
			'given',
		],
		[
			'the stricter at one instant',
			[
				['withdrawn', '2026-01-01T00:00:00Z'],
				['given', '2026-01-01T00:00:00Z'],
			],
			'withdrawn',
		],
	])('is %s', (_what, steps, expected) => {
		expect(
			currentConsent(
				steps.map(([s, at]) => record(s, at)),
				now,
			).status,
		).toBe(expected);
	});

	it('ends on its day, to the millisecond', () => {
		const given = record('given', '2026-01-01T00:00:00Z', {
			expiresAt: '2026-06-01T00:00:00.000Z',
		});
		expect(currentConsent([given], new Date('2026-05-31T23:59:59.999Z')).status).toBe('given');
		expect(currentConsent([given], new Date('2026-06-01T00:00:00.000Z'))).toEqual({
			status: 'expired',
			record: given,
		});
	});

	it('can be asked for again once it has ended', () => {
		const steps = [
			record('given', '2026-01-01T00:00:00Z', { expiresAt: '2026-06-01T00:00:00Z' }),
			record('requested', '2026-07-01T00:00:00Z'),
		];
		expect(currentConsent(steps, now).status).toBe('requested');
	});

	it('does not mix people or purposes', () => {
		const mixed = [
			record('given', '2026-01-01T00:00:00Z'),
			record('given', '2026-01-02T00:00:00Z', { recipientKey: 'bert' }),
		];
		expect(() => currentConsent(mixed, now)).toThrow(/one person and purpose/);
	});

	it('is the same in whatever order the records arrive, and never weakens an objection without an answer', () => {
		const step = fc.record({
			status: fc.constantFrom(...CONSENT_STATUSES),
			day: fc.integer({ min: 1, max: 28 }),
		});
		fc.assert(
			fc.property(
				fc.array(step, { minLength: 1, maxLength: 8 }),
				fc.infiniteStream(fc.nat()),
				(steps, order) => {
					const records = steps.map(({ status, day }) =>
						record(status, `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`),
					);
					const shuffled = [...records]
						.map((r) => ({ r, key: order.next().value as number }))
						.sort((a, b) => a.key - b.key)
						.map(({ r }) => r);
					const state = currentConsent(records, now);
					expect(currentConsent(shuffled, now)).toEqual(state);
					const answers = records.filter((r) =>
						['given', 'renewed', 'refused', 'withdrawn'].includes(r.status),
					);
					const newest = Math.max(...answers.map((r) => Date.parse(r.occurredAt)));
					const objected = answers.some(
						(r) =>
							Date.parse(r.occurredAt) === newest && ['refused', 'withdrawn'].includes(r.status),
					);
					if (objected) expect(['refused', 'withdrawn']).toContain(state.status);
				},
			),
			{ numRuns: 300 },
		);
	});
});

describe('the end of a consent', () => {
	it('comes after whole calendar months, or never', () => {
		expect(consentExpiry(new Date('2024-02-29T00:00:00Z'), 24)?.toISOString()).toBe(
			'2026-02-28T00:00:00.000Z',
		);
		expect(consentExpiry(now, null)).toBeNull();
	});
});
