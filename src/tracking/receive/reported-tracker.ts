import type { ConsentPolicy } from '../consent/consent-policy';
import type { Jurisdiction } from '../consent/jurisdictions';
import type { Purpose } from '../event/purpose';
import type { TrackingMode } from '../event/tracking-mode';
import type { IpReduction } from '../minimise/minimise-ip';
import type { ReceiveSettings } from './receive-types';

/** One place where opens come in, as it says itself how it is set up. */
export interface ReportedTracker {
	name: string;
	/** The operator's ceiling there */
	mode: TrackingMode;
	purpose: Purpose | null;
	policy: ConsentPolicy;
	/** Label that is written on its events */
	policyLabel: string;
	/** The preset it was set up with; `null` when set by hand */
	jurisdiction: Jurisdiction | null;
	keepAsAggregate: boolean;
	keep: { ip: IpReduction; userAgent: boolean; referer: boolean; acceptLanguage: boolean };
	/** The longest time that is measured for which an image is held there; absent where none is */
	imageHoldLimitMs?: number;
	/** Whether clicks of tracked links are recorded there, for their own purpose */
	clicks?: boolean;
	/** Where n8n serves its pixel, below the address of links; absent where n8n does not */
	path?: string;
	/** The same of its tracked links */
	linkPath?: string;
	/** Whether links with a plain ID are no opens there */
	signedOnly?: boolean;
}

/** What a place collects for: its own purpose, and those that are asked for apart from it. */
export function purposesOfPlace({ purpose, clicks }: ReportedTracker): Array<Purpose | null> {
	return clicks && purpose !== 'clicks' ? [purpose, 'clicks'] : [purpose];
}

/** The settings that a door works by, as the privacy report shows them. */
export function reportedSettings(
	{ mode, purpose, consent, keep, plainIds }: ReceiveSettings,
	jurisdiction: Jurisdiction | null,
): Omit<ReportedTracker, 'name'> {
	const { policy, label, keepAsAggregate } = consent;
	return {
		mode,
		purpose,
		policy,
		policyLabel: label,
		jurisdiction,
		keepAsAggregate,
		keep,
		...(!plainIds.allowed && { signedOnly: true }),
	};
}
