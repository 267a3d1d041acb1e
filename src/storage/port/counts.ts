import type { ClickRates } from '../../tracking/counters/click-rates';
import type { OpenRates } from '../../tracking/counters/open-rates';
import type { ShownSums } from '../../tracking/counters/tally';
import type { TrackingMode } from '../../tracking/event/tracking-mode';
import type { OpenCounts } from './recipient';

/** Counters of a pixel, of a campaign or of everything; those of the table, and the rates. */
export interface GroupCounts extends OpenCounts, ShownSums {
	/** The three open rates, of the recipients that a message was sent to */
	rates: OpenRates;
	/** Click rate and click-to-open; `null` where no link was ever followed */
	clickRates: ClickRates | null;
}

export interface Pixel {
	id: string;
	name: string;
	/** ISO 8601 in UTC */
	createdAt: string;
	campaignId: string | null;
	trackingMode: TrackingMode | null;
	sample: boolean;
	/** Content type of the pixel's own image, `null` where it has none */
	imageType: string | null;
	counts: GroupCounts;
}

export interface CampaignCounts extends GroupCounts {
	campaignId: string;
	pixels: number;
}

export interface OpensPerHour {
	/** Start of the hour, ISO 8601 in UTC */
	hour: string;
	opens: number;
	uniqueOpens: number;
	machineOpens: number;
}
