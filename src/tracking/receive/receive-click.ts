import type { TrackedLinkClaims } from '../links/tracked-link';
import { nothing, receiveEvent } from './receive-event';
import type { PixelRequest, ReceiveDeps, ReceivedOpen, ReceiveSettings } from './receive-types';
import { linkOfClaims } from './received-link';

/**
 * The way from a tracked link that was followed to an event, as `receiveEvent` does. Where the
 * requester is sent must not depend on the result: that stands in the link, and nothing else does.
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
	if (request.method.toUpperCase() !== 'GET') return nothing('not-a-get');
	if (settings.mode === 'off') return nothing('mode-off');
	const link = linkOfClaims(claims, { ...settings, purpose: 'clicks' });
	return await receiveEvent(request, { event: 'click', link, target: claims.link }, settings, deps);
}
