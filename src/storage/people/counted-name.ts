import type { TrackingMode } from '../../tracking/event/tracking-mode';
import type { PseudonymsOf } from '../../tracking/people/subject-keys';

/** Where somebody is counted, and in which mode. */
interface Counted {
	pixelId: string | null;
	campaignId: string | null;
	trackingMode: TrackingMode;
}

/**
 * The names that a person may be counted under, that of today first: in mode `pseudonymous` those
 * that opens have (`applyMode`), so that what was sent and what was opened come together.
 */
export function countedNames(
	recipientId: string,
	{ pixelId, campaignId, trackingMode }: Counted,
	pseudonymsOf?: PseudonymsOf,
): readonly string[] {
	if (trackingMode !== 'pseudonymous') return [recipientId];
	return pseudonymsOf?.(recipientId, campaignId ?? pixelId ?? '') ?? [];
}
