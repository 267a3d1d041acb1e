import { DateTime } from 'luxon';

import { bestHours } from '../../../../src/reports/charts/hours-chart';

describe('the best hours', () => {
	it.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'])(
		'are those of the clock in %s, also on days on which it is changed',
		(zone) => {
			const start = Date.parse('2026-10-20T00:00:00Z');
			const rows = Array.from({ length: 24 * 20 }, (_, index) => ({
				hour: new Date(start + index * 3_600_000).toISOString(),
				opens: index,
				uniqueOpens: 0,
				machineOpens: 0,
			}));
			const expected = Array.from({ length: 24 }, () => 0);
			for (const { hour, opens } of rows) {
				expected[DateTime.fromISO(hour, { zone }).hour] += opens;
			}
			const shown = bestHours(rows, zone).table.rows.map(([, cell]) => cell.text);
			expect(shown.map((text) => Number(text!.replace(/\D/g, '')))).toEqual(expected);
		},
	);
});
