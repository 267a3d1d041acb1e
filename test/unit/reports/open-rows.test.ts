import fc from 'fast-check';

import { OPEN_COLUMNS, exportRow } from '../../../src/reports/open-rows';
import { anyEvent, fullEvent } from '../../support/open-events';

/** People's spreadsheets and scripts count on these; a new column comes after them. */
const COLUMNS = [
	'occurredAt',
	'recipientId',
	'pixelId',
	'campaignId',
	'messageId',
	'actor',
	'actorReason',
	'clientFamily',
	'clientOs',
	'clientDevice',
	'trackingMode',
	'purpose',
	'consentStatus',
	'eventId',
];

describe('an export of opens', () => {
	it('has its columns in the order they always had', () => {
		expect(OPEN_COLUMNS.slice(0, COLUMNS.length)).toEqual(COLUMNS);
	});

	it('has a value per column, and in none the request, the features or the consent record', () => {
		const event = fullEvent();
		const row = Object.fromEntries(exportRow(event).map((value, at) => [OPEN_COLUMNS[at], value]));
		expect(row).toMatchObject({
			occurredAt: event.occurredAt,
			clientOs: 'M-client.os',
			consentStatus: event.consent.status,
			imageHeldMeasurable: 'true',
		});
		expect(JSON.stringify(row)).not.toMatch(/M-(request|features|consent)/);
	});

	it('has plain values only, whatever the event', () => {
		fc.assert(
			fc.property(anyEvent, (event) => {
				const row = exportRow(event);
				expect(row).toHaveLength(OPEN_COLUMNS.length);
				for (const value of row) {
					expect(value === null || ['string', 'number'].includes(typeof value)).toBe(true);
				}
			}),
		);
	});
});
