import type { ShippingReport } from '../../../../src/collector/consume/shipper';
import { watchLog } from '../../../../src/collector/watch/log-alarm';

const SECOND = 1000;

describe('the alarm of a log that fills up', () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	/** A log that webhooks write, so that nobody listens; its use in percent can be set. */
	function watched() {
		const said: string[] = [];
		const report: ShippingReport = {
			shipped: 0,
			refused: 0,
			failures: 0,
			backlog: 0,
			usedShare: 0,
		};
		const unwatch = watchLog(
			{ listening: () => null, shipping: () => report },
			(level, message, { percent }) => said.push(`${level} ${percent} ${message.slice(0, 24)}`),
		);
		return { said, unwatch, fill: (share: number) => (report.usedShare = share) };
	}

	it('rings at once and every minute, gets louder when opens are lost, and says when it is over', () => {
		const { said, unwatch, fill } = watched();
		jest.advanceTimersByTime(5 * SECOND);
		expect(said).toEqual([]);
		fill(0.85);
		jest.advanceTimersByTime(59 * SECOND);
		expect(said).toEqual(['error 85 The log is filling up. M']);
		jest.advanceTimersByTime(3 * SECOND);
		expect(said).toHaveLength(2);
		fill(1.01);
		jest.advanceTimersByTime(SECOND);
		expect(said[2]).toBe('error 101 The log is full: images ');
		fill(0.2);
		jest.advanceTimersByTime(SECOND);
		expect(said[3]).toBe('info 20 The log takes opens agai');
		unwatch();
		fill(1);
		jest.advanceTimersByTime(5 * SECOND);
		expect(said).toHaveLength(4);
	});
});
