import { CURRENT_RULES } from '../classify/classify-rules';
import type { BurstRelabel } from './burst-rules';

/** The new label of an open that a burst took; a machine's open keeps the reason it has. */
export type BurstLabel = Omit<BurstRelabel, 'feature'> & {
	rulesVersion: string;
	onlyCounted: true;
};

/** What the store is told of a burst: who loaded, by the rules of this version. */
export function relabelsOfBurst(relabels: readonly BurstRelabel[]): BurstLabel[] {
	return relabels.map(({ eventId, actor, actorReason }) => ({
		eventId,
		actor,
		actorReason,
		rulesVersion: CURRENT_RULES.version,
		onlyCounted: true,
	}));
}
