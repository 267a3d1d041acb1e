import fc from 'fast-check';

import type { OpenRow, OpensTable } from '../../../../src/storage/database/store-schema';
import { toOpenEvent, toOpenRow } from '../../../../src/storage/opens/open-row';
import { EVENT_LEAVES } from '../../../../src/tracking/event/event-fields';
import { normalId } from '../../../../src/tracking/people/normal-id';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { anyEvent, fullEvent, openEvent } from '../../../support/open-events';

/** The compiler checks this: a wrong column type is a type error. */
const columns: Pick<OpensTable, 'event_id' | 'occurred_at' | 'actor' | 'features'> & {
	recipient_id: OpensTable['recipient_id'] & null;
	consent_record_id: OpensTable['consent_record_id'] & null;
	image_held_measurable: (OpensTable['image_held_measurable'] & 1) | null;
} = {
	event_id: 'e',
	occurred_at: 0,
	actor: 'human',
	features: '[]',
	recipient_id: null,
	consent_record_id: null,
	image_held_measurable: 1,
};

describe('the row of an open', () => {
	it('gives back the event it was made of', () => {
		const check = (event: OpenEvent) => {
			const { recipientId } = event;
			const normal = recipientId && normalId(recipientId);
			expect(toOpenEvent(toOpenRow(event))).toEqual({ ...event, recipientId: normal });
		};
		check(fullEvent());
		fc.assert(fc.property(anyEvent, (event) => check(event)));
	});

	it('has times in milliseconds, flags as 0 and 1, and lists as JSON', () => {
		const row: OpenRow = toOpenRow(fullEvent());
		expect(row).toMatchObject({
			occurred_at: Date.parse('2026-11-21T13:45:10.123Z'),
			recipient_id: 'M-recipientId',
			features: '["M-features"]',
			consent_record_id: 'M-consent.recordId',
			image_held_measurable: 1,
		});
		expect(Object.keys(row)).toEqual(EVENT_LEAVES.map(({ column }) => column));
		expect(Object.keys(row)).toEqual(expect.arrayContaining(Object.keys(columns)));
		for (const value of Object.values(row)) {
			expect(value === null || ['string', 'number'].includes(typeof value)).toBe(true);
		}
	});

	it('has no empty id, and none that an index cannot hold', () => {
		expect(toOpenRow(openEvent({ recipientId: '', pixelId: '' }))).toMatchObject({
			recipient_id: null,
			pixel_id: null,
		});
		const long = 'x'.repeat(257);
		expect(() => toOpenRow(openEvent({ campaignId: long }))).toThrow(
			'The campaign id is longer than 256 characters.',
		);
		expect(toOpenRow(openEvent({ messageId: long })).message_id).toBe(long);
	});

	it('has a replacement character where PostgreSQL could not store one', () => {
		expect(toOpenRow(openEvent({ messageId: 'a\u0000b' })).message_id).toBe('a\ufffdb');
	});

	it('is not made of what is no event; the message names the fields and not their values', () => {
		const wrong = { ...openEvent(), actor: 'ghost', client: null } as unknown as OpenEvent;
		expect(() => toOpenRow(wrong)).toThrow(/no valid open event \(actor, client\)/);
	});
});
