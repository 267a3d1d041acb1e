import type { ConsentPolicy } from '../consent/consent-policy';
import type { Jurisdiction } from '../consent/jurisdictions';
import type { Purpose } from '../event/purpose';
import type { TrackingMode } from '../event/tracking-mode';
import { PROBE_PIXEL_ID } from '../links/probe-link';
import { PIXEL_PATH } from '../links/tracking-link';
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
	/** The same of a tracker that has an image for each pixel: the folder of them */
	imageFolder?: string;
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

/** The path of an image that a place answers, below the address of links; `null` where n8n has none. */
export function imagePathOf({
	path,
	imageFolder,
}: Pick<ReportedTracker, 'path' | 'imageFolder'>): string | null {
	return path ?? (imageFolder === undefined ? null : `${imageFolder}/${PROBE_PIXEL_ID}.png`);
}

/** Where images are asked for, each path once; where none is known, the one that links have by default. */
export function imagePaths(doors: readonly ReportedTracker[]): string[] {
	const paths = doors.map(imagePathOf).filter((path) => path !== null);
	return paths.length > 0 ? [...new Set(paths)] : [PIXEL_PATH];
}
