import { createHmac } from 'node:crypto';

import { dailyKeySchedule, keyDay } from '../../../../src/tracking/people/daily-ip-key-schedule';
import {
	denylistKey,
	erasureReceiptSchema,
	subjectExportSchema,
} from '../../../../src/tracking/people/erasure';
import { recipientPseudonym } from '../../../../src/tracking/people/pseudonym';
import {
	DATA_CLASSES,
	DEFAULT_RETENTION,
	retentionPlan,
} from '../../../../src/tracking/people/retention';

const now = new Date('2026-11-21T12:00:00Z');

describe('retention', () => {
	const step = (dataClass: string, config = DEFAULT_RETENTION) => {
		const found = retentionPlan(config, now).find((s) => s.dataClass === dataClass);
		if (!found) throw new Error('no such step');
		return found;
	};

	it('by default deletes opens after 90 days and the last-open day after 12 months', () => {
		expect(step('open')).toMatchObject({ action: 'delete', period: '90 days' });
		expect(step('open').deleteBefore?.toISOString()).toBe('2026-08-23T00:00:00.000Z');
		expect(step('last-open-day').deleteBefore?.toISOString()).toBe('2025-11-21T12:00:00.000Z');
		expect(step('consent-proof')).toMatchObject({
			action: 'delete',
			countsFrom: 'the end of the consent',
		});
		expect(step('aggregate')).toMatchObject({ action: 'keep', deleteBefore: null });
		expect(step('raw-request')).toMatchObject({ action: 'never-stored', deleteBefore: null });
	});

	it('has a step with a reason for every class', () => {
		const plan = retentionPlan(DEFAULT_RETENTION, now);
		expect(plan.map((s) => s.dataClass)).toEqual([...DATA_CLASSES]);
		expect(plan.every((s) => s.because.length > 10)).toBe(true);
	});

	it.each([
		[{ open: { days: 0 } }, /"open" is 0 days/],
		[{ open: { months: 1.5 } }, /whole number/],
		[{ 'raw-request': { days: 1 } }, /cannot be kept/],
	])('refuses %j', (over, message) => {
		expect(() => retentionPlan({ ...DEFAULT_RETENTION, ...over }, now)).toThrow(message);
	});
});

describe('the key of the day', () => {
	it('is made once a day and destroyed when its day is over', () => {
		expect(dailyKeySchedule([], now)).toEqual({
			day: '2026-11-21',
			create: true,
			destroy: [],
			nextAt: new Date('2026-11-22T00:00:00Z'),
		});
		expect(dailyKeySchedule(['2026-11-21'], now)).toMatchObject({ create: false, destroy: [] });
		expect(dailyKeySchedule(['2026-11-20', '2026-11-19', '2026-12-01'], now)).toMatchObject({
			create: true,
			destroy: ['2026-11-19', '2026-11-20', '2026-12-01'],
		});
		expect(keyDay(new Date('2026-11-21T23:59:59.999Z'))).toBe('2026-11-21');
		expect(dailyKeySchedule([], new Date('2026-11-22T00:00:00Z')).nextAt.toISOString()).toBe(
			'2026-11-23T00:00:00.000Z',
		);
	});
});

describe('an erased person', () => {
	const key = Buffer.alloc(32, 5);

	it('leaves a keyed hash that cannot be tried without the key nor met elsewhere', () => {
		const entry = denylistKey('anna@example.com', key);
		expect(entry).toMatch(/^d_[0-9a-f]{64}$/);
		expect(denylistKey('anna@example.com', key)).toBe(entry);
		expect(denylistKey('anna@example.com', Buffer.alloc(32, 6))).not.toBe(entry);
		expect(denylistKey('bert@example.com', key)).not.toBe(entry);
		expect(recipientPseudonym('anna@example.com', '', key).slice(2)).not.toBe(entry.slice(2, 34));
		const bare = createHmac('sha256', key).update('anna@example.com').digest('hex');
		expect(entry).not.toContain(bare);
		expect(() => denylistKey('anna', Buffer.alloc(4))).toThrow(/too short/);
		expect(() => recipientPseudonym('anna', 'c', Buffer.alloc(4))).toThrow(/too short/);
	});

	it('keeps pseudonyms of neighboring names apart', () => {
		expect(recipientPseudonym('c', 'ab', key)).not.toBe(recipientPseudonym('bc', 'a', key));
		expect(recipientPseudonym('b', 'a\u0000', key)).not.toBe(
			recipientPseudonym('\u0000b', 'a', key),
		);
	});

	it('gets a receipt that does not name them', () => {
		const receipt = {
			receiptId: '019aa6b5-7c8b-7def-8123-000000000001',
			schema: 'erasure-receipt/1',
			denylistKey: denylistKey('anna', key),
			requestedAt: '2026-11-20T00:00:00Z',
			completedAt: '2026-11-21T00:00:00Z',
			found: true,
			remark: null,
			erased: [{ dataClass: 'open', records: 12 }],
			kept: [{ dataClass: 'consent-proof', records: 2, because: 'legal claims' }],
			events: ['01a2123d-157b-7000-8000-000000000000'],
			passedOnTo: [{ sink: 'PostHog', state: 'to-be-told', at: null }],
		};
		expect(erasureReceiptSchema.parse(receipt)).toEqual(receipt);
		expect(erasureReceiptSchema.safeParse({ ...receipt, denylistKey: 'anna' }).success).toBe(false);
	});

	it('can have everything beforehand, with what Art. 15 asks for', () => {
		const data = {
			schema: 'subject-export/1',
			generatedAt: '2026-11-21T00:00:00Z',
			subject: { recipientId: 'anna' },
			found: true,
			remark: null,
			controller: { name: 'Sender Ltd', contact: 'privacy@sender.example' },
			purposes: ['performance'],
			sinks: [{ name: 'PostHog', fields: ['recipientId'] }],
			retention: [{ dataClass: 'open', kept: '90 days' }],
			rights: ['Complain to the CNIL'],
			recipients: [],
			opens: [{ eventId: 'x' }],
			lastOpenDay: '2026-11-20',
			consent: {},
			requests: [{ kind: 'copy', askedAt: '2026-11-20T00:00:00Z' }],
			segments: ['customers'],
		};
		expect(subjectExportSchema.parse(data)).toEqual(data);
		expect(subjectExportSchema.safeParse({ ...data, rights: undefined }).success).toBe(false);
	});
});
