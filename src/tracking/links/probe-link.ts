import type { Actor, Client } from '../event/open-event';
import type { LinkClaims, TokenClaims } from './token-claims';

/** What a token of a probe email names as its pixel. There is no such pixel: its loads count nowhere. */
export const PROBE_PIXEL_ID = 'setup-probe';

/** One load of the pixel of a probe email, and all that is kept of it. */
export interface ProbeLoad {
	probeId: string;
	/** Which of the paths of the probe was loaded */
	place: number;
	/** ISO 8601 in UTC */
	at: string;
	actor: Actor;
	actorReason: string | null;
	client: Client;
}

/** An email that its sender sends to themself, to see what loads its images. */
export interface Probe {
	probeId: string;
	/** ISO 8601 in UTC */
	madeAt: string;
	/** Where its images are asked for, below the address of links */
	paths: string[];
	/** In their order */
	loads: Array<Omit<ProbeLoad, 'probeId'>>;
}

/** What the link of a probe email says, for the image at one of its paths. */
export function probeClaims(probeId: string, place: number, issuedAt: Date): TokenClaims {
	return {
		pixelId: PROBE_PIXEL_ID,
		messageId: probeId,
		campaignId: String(place),
		recipientId: null,
		trackingMode: null,
		purpose: null,
		issuedAt,
		preview: true,
	};
}

/**
 * Which probe a link is of; `null` for any other link. Only a signed link is a preview, so nobody
 * makes one up.
 */
export function probeOf({
	pixelId,
	messageId,
	campaignId,
	preview,
}: Pick<LinkClaims, 'pixelId' | 'messageId' | 'campaignId' | 'preview'>): Pick<
	ProbeLoad,
	'probeId' | 'place'
> | null {
	if (!preview || pixelId !== PROBE_PIXEL_ID || messageId === null) return null;
	return { probeId: messageId, place: Number(campaignId) };
}
