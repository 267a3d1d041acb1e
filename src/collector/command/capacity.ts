import { DEFAULT_LIMITS } from '../config/settings';
import { WARN_SHARE } from '../log/commit-queue';

const GIB = 1024 ** 3;

/** What a plan for capacity starts from. All of it is an assumption that the user can change. */
export interface CapacityAssumptions {
	mailsPerDay: number;
	/** Loads of the pixel per email, people and machines together */
	loadsPerMail: number;
	/** How much of a day's loads falls into its busiest hour, 0 to 1 */
	busiestHourShare: number;
	/** How many times the average of that hour its busiest second has */
	peakFactor: number;
	/** Loads per second that one collector answers with the event on disk */
	collectorPerSecond: number;
	/** The part of that one plans to use, 0 to 1 */
	headroom: number;
	/** Opens per second that the store takes in batches */
	storePerSecond: number;
	/** Bytes of one event in the log */
	bytesPerEvent: number;
}

/**
 * Assumptions, to be replaced by what `npm run bench -- collector` shows on your machines. The rates
 * are those of docs/scaling.md: what a collector answered on a machine with two cores, and at what
 * rate the store there kept up for five minutes.
 */
export const DEFAULT_ASSUMPTIONS: CapacityAssumptions = {
	mailsPerDay: 1_000_000,
	loadsPerMail: 0.6,
	busiestHourShare: 0.12,
	peakFactor: 2,
	collectorPerSecond: 9700,
	headroom: 0.5,
	storePerSecond: 5000,
	bytesPerEvent: 1000,
};

export interface CapacityPlan {
	loadsPerDay: number;
	averagePerSecond: number;
	peakPerSecond: number;
	/** Collectors that carry the peak with the planned headroom */
	collectors: number;
	/** Opens that wait in the logs at the end of the busiest hour, when the store is slower */
	backlogAfterBusiestHour: number;
	/** Seconds after that hour until they are stored; `null` when the store never catches up */
	drainSeconds: number | null;
	/** Disk per collector for that backlog, and for one hour without the store at peak */
	logBytesPerCollector: number;
	/** The size limit of the log to set for that, in GiB, or the default where it is enough */
	logLimitGib: number;
}

/** Works out a plan. Throws a RangeError for an assumption that makes no sense. */
export function planCapacity(given: CapacityAssumptions): CapacityPlan {
	for (const [name, value] of Object.entries(given)) {
		if (!(value > 0)) throw new RangeError(`${name} must be a number above 0.`);
	}
	for (const name of ['busiestHourShare', 'headroom'] as const) {
		if (given[name] > 1) throw new RangeError(`${name} must be a share from 0 to 1.`);
	}
	const loadsPerDay = given.mailsPerDay * given.loadsPerMail;
	const averagePerSecond = loadsPerDay / 86_400;
	const busiestHourPerSecond = (loadsPerDay * given.busiestHourShare) / 3600;
	const peakPerSecond = busiestHourPerSecond * given.peakFactor;
	const collectors = Math.ceil(peakPerSecond / (given.collectorPerSecond * given.headroom));

	const backlog = Math.max(0, busiestHourPerSecond - given.storePerSecond) * 3600;
	const restPerSecond = (loadsPerDay * (1 - given.busiestHourShare)) / (23 * 3600);
	const spare = given.storePerSecond - restPerSecond;
	const withoutStore = peakPerSecond * 3600;
	const logBytesPerCollector = ((backlog + withoutStore) * given.bytesPerEvent) / collectors;
	return {
		loadsPerDay,
		averagePerSecond,
		peakPerSecond,
		collectors,
		backlogAfterBusiestHour: backlog,
		drainSeconds: backlog === 0 ? 0 : spare > 0 ? backlog / spare : null,
		logBytesPerCollector,
		// Fuller than this a collector says that it is not ready, and a balancer leaves it out.
		logLimitGib: Math.ceil(
			Math.max(DEFAULT_LIMITS.maxBytes, logBytesPerCollector / WARN_SHARE) / GIB,
		),
	};
}
