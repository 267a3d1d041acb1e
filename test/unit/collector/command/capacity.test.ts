import { DEFAULT_ASSUMPTIONS, planCapacity } from '../../../../src/collector/command/capacity';

/** As in docs/scaling.md, "To a billion emails a day". */
const A_BILLION = { ...DEFAULT_ASSUMPTIONS, mailsPerDay: 1_000_000_000 };

describe('the arithmetic of capacity', () => {
	it('starts from what one collector and one store carry', () => {
		expect(planCapacity(DEFAULT_ASSUMPTIONS)).toMatchObject({
			collectors: 1,
			backlogAfterBusiestHour: 0,
			logLimitGib: 4,
		});
	});

	it('gets from emails per day to machines', () => {
		const plan = planCapacity({
			mailsPerDay: 86_400_000,
			loadsPerMail: 0.5,
			busiestHourShare: 0.1,
			peakFactor: 2,
			collectorPerSecond: 2000,
			headroom: 0.5,
			storePerSecond: 1000,
			bytesPerEvent: 1000,
		});
		expect(plan).toMatchObject({
			loadsPerDay: 43_200_000,
			averagePerSecond: 500,
			peakPerSecond: 2400,
			collectors: 3,
			backlogAfterBusiestHour: 720_000,
		});
		// 720,000 wait; outside the busiest hour 469.6 a second come in and 1,000 go.
		expect(plan.drainSeconds).toBeCloseTo(720_000 / (1000 - 38_880_000 / 82_800), 3);
		expect(plan.logBytesPerCollector).toBe(((720_000 + 2400 * 3600) * 1000) / 3);
		// 3.12 GB, which the default limit of 4 GiB takes.
		expect(plan.logLimitGib).toBe(4);
	});

	it('names a limit of the log that an hour without store does not fill to where it complains', () => {
		const { logBytesPerCollector, logLimitGib } = planCapacity(A_BILLION);
		expect(logBytesPerCollector).toBeGreaterThan(4 * 1024 ** 3);
		expect(logBytesPerCollector / (logLimitGib * 1024 ** 3)).toBeLessThan(0.8);
		expect(logBytesPerCollector / ((logLimitGib - 1) * 1024 ** 3)).toBeGreaterThanOrEqual(0.8);
	});

	it('says when a store never catches up', () => {
		expect(planCapacity({ ...A_BILLION, storePerSecond: 100 }).drainSeconds).toBeNull();
		expect(planCapacity({ ...A_BILLION, storePerSecond: 1e6 })).toMatchObject({
			drainSeconds: 0,
			backlogAfterBusiestHour: 0,
		});
	});

	it('refuses assumptions that make no sense', () => {
		expect(() => planCapacity({ ...DEFAULT_ASSUMPTIONS, headroom: 2 })).toThrow('headroom');
		expect(() => planCapacity({ ...DEFAULT_ASSUMPTIONS, peakFactor: NaN })).toThrow('peakFactor');
	});
});
