import { hourOf } from '../counters/hour-counts';
import type { OpensPerAge } from '../port/answers-store';
import type { OpensPerHour } from '../port/counts';

const HOUR_MS = 3_600_000;

/** Hours counted from the one in which a campaign was sent first; loads before it are left out. */
export function byAge(hours: readonly OpensPerHour[], firstSentAt: string | null): OpensPerAge[] {
	if (firstSentAt === null) return [];
	const start = hourOf(Date.parse(firstSentAt));
	return hours.flatMap(({ hour, ...counts }) => {
		const age = (Date.parse(hour) - start) / HOUR_MS;
		return age < 0 ? [] : [{ hour: age, ...counts }];
	});
}
