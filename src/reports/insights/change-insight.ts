import type { TrackingStore } from '../../storage/port/tracking-store';
import type { Anomaly } from '../../tracking/anomalies/check-campaigns';
import { anomaliesInsight, sentCampaigns } from './anomalies-insight';
import { CAUTION, rounded } from './uncertainty';

/** How much a finding, or none, is worth. */
const CHANGE_CAUTION =
	'Out of the ordinary is not wrong: a good subject line stands out as a fault does, now and then one stands out by chance, and a small change is not found.';

/** What stands out in the campaigns of the last two weeks. Parts from 0 to 1, or numbers of opens. */
export interface ChangeInsight {
	answer: string;
	caution: string;
	checkedAt: string;
	changes: Array<
		Omit<Anomaly, 'usual'> & {
			/** Between these, it would not stand out; `null` of a silent provider, and where nothing arrives */
			usualLow: number | null;
			usualHigh: number | null;
		}
	>;
	/** Campaigns that were looked at */
	watched: string[];
	/** Those of them that too few came before, or too few people got */
	notComparable: string[];
}

/** What changed: the campaigns of the last two weeks beside those before them. */
export async function changeInsight(store: TrackingStore, now: Date): Promise<ChangeInsight> {
	const found = await anomaliesInsight(store, await sentCampaigns(store), now);
	return {
		answer: found.inWords,
		caution: `${CHANGE_CAUTION} ${CAUTION}`,
		checkedAt: now.toISOString(),
		changes: found.anomalies.map(({ usual, ...anomaly }) => ({
			...anomaly,
			seen: rounded(anomaly.seen) ?? 0,
			expected: rounded(anomaly.expected) ?? 0,
			usualLow: rounded(usual?.low ?? null),
			usualHigh: rounded(usual?.high ?? null),
		})),
		watched: found.watched,
		notComparable: found.notComparable,
	};
}
