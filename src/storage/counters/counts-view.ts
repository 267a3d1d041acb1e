import { machineOpensOf, opensOf } from '../../tracking/counters/tally';
import type { GroupTally, LoadTally } from '../../tracking/counters/tally';
import type { OpenCounts } from '../port/recipient';
import type { GroupCounts } from '../port/tracking-store';

/** ISO 8601 in UTC of a stored time. */
export function isoOf(at: number): string {
	return new Date(at).toISOString();
}

function isoOrNull(at: number | null): string | null {
	return at === null ? null : isoOf(at);
}

/** A tally as the port shows it. */
export function toOpenCounts(tally: LoadTally): OpenCounts {
	return {
		opens: opensOf(tally),
		machineOpens: machineOpensOf(tally),
		loads: {
			human: tally.human,
			'human-via-proxy': tally.humanViaProxy,
			prefetch: tally.prefetch,
			scanner: tally.scanner,
			bot: tally.bot,
			unknown: tally.unknown,
		},
		viewTimeMs: tally.viewTimeMs,
		sessions: tally.sessions,
		firstOpenAt: isoOrNull(tally.firstOpenAt),
		lastOpenAt: isoOrNull(tally.lastOpenAt),
		lastLoadAt: isoOrNull(tally.lastLoadAt),
		sent: tally.sent,
	};
}

/** A sum of tallies as the port shows it. */
export function toGroupCounts(tally: GroupTally): GroupCounts {
	const { recipients, uniqueOpens, sentRecipients, openedOfSent } = tally;
	return {
		...toOpenCounts(tally),
		recipients,
		uniqueOpens,
		sentRecipients,
		openedOfSent,
		openRate: sentRecipients === 0 ? null : openedOfSent / sentRecipients,
		invalidTokens: tally.invalidTokens,
	};
}
