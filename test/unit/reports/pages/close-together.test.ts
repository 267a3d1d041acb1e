import fc from 'fast-check';

import { closeTogether } from '../../../../src/reports/pages/log-page';
import { sampleOpen, START } from '../../../support/sample-opens';

const open = (seconds: number, recipientId = 'r') =>
	sampleOpen({ recipientId, at: START + seconds * 1000 });

describe('opens close together', () => {
	it('are those of one recipient at most 30 seconds apart; each run is a group', () => {
		const opens = [0, 15, 28, 65, 80, 200].map((seconds) => open(seconds));
		const groups = closeTogether(opens.toReversed());
		expect(opens.map(({ eventId }) => groups.get(eventId)?.number ?? null)).toEqual([
			1,
			1,
			1,
			2,
			2,
			null,
		]);
	});

	it('are not mixed up between recipients', () => {
		const opens = [open(0, 'a'), open(1, 'b'), open(2, 'a'), open(60, 'b')];
		const groups = closeTogether(opens.toReversed());
		expect(opens.map(({ eventId }) => groups.get(eventId)?.number ?? null)).toEqual([
			1,
			null,
			1,
			null,
		]);
	});

	it('leave 30 seconds exactly together and a little more apart', () => {
		expect(closeTogether([open(30), open(0)]).size).toBe(2);
		expect(closeTogether([open(30.001), open(0)]).size).toBe(0);
	});

	it('have as many groups as a plain count of gaps says', () => {
		const gaps = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 40 });
		fc.assert(
			fc.property(gaps, (list) => {
				let at = 0;
				const opens = [0, ...list].map((gap) => open((at += gap)));
				const runs = list.join(',').split(/(?:^|,)(?:3[1-9]|[45]\d|60)(?=,|$)/);
				const expected = runs.filter((run) => /\d/.test(run)).length;
				const numbers = [...closeTogether(opens.toReversed()).values()].map(({ number }) => number);
				expect(new Set(numbers).size).toBe(expected);
			}),
			{ numRuns: 200 },
		);
	});
});
