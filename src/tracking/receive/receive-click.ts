import type { TrackedLinkClaims } from '../links/tracked-link';
import { nothing, receiveEvent } from './receive-event';
import type { PixelRequest, ReceiveDeps, ReceivedOpen, ReceiveSettings } from './receive-types';
import { linkOfClaims } from './received-link';

/**
 * The way from a tracked link that was followed to an event, as `receiveEvent` does. Where the
 * requester is sent must not depend on the result: that stands in the link, and nothing else does.
 *
 * A link that is looked at with HEAD makes no event. Where a click of it could be kept, the burst
 * windows get to know, because gateways follow what they looked at.
 *
 * Clicks have a purpose of their own, so that consent to opens is none to clicks.
 *
 * @param claims what the link says, once its token was verified
 * @throws what `classify` or `newEventId` throw
 */
export async function receiveClick(
	request: PixelRequest,
	claims: TrackedLinkClaims,
	settings: ReceiveSettings,
	deps: ReceiveDeps,
): Promise<ReceivedOpen> {
	const method = request.method.toUpperCase();
	if (method !== 'GET' && method !== 'HEAD') return nothing('not-a-get');
	if (settings.mode === 'off') return nothing('mode-off');
	const link = linkOfClaims(claims, { ...settings, purpose: 'clicks' });
	const from = { event: 'click', link, target: claims.link } as const;
	const received = await receiveEvent(request, from, settings, deps);
	if (method === 'GET') return received;
	const { event, load, lookupError } = received;
	if (event === null || load === null) return { ...nothing('not-a-get'), lookupError };
	const { pixelId, campaignId } = event;
	const looked = { load, event: { pixelId, campaignId, recipientId: null } };
	return { ...nothing('not-a-get'), looked, lookupError };
}
