import { nothing, receiveEvent } from './receive-event';
import type { PixelRequest, ReceiveDeps, ReceivedOpen, ReceiveSettings } from './receive-types';
import { readLink } from './received-link';

/**
 * The way from a request for a pixel to an event: verify, then as `receiveEvent` does. The answer to
 * the requester must not depend on the result: send the pixel first, or always.
 *
 * @throws what `verifyToken`, `classify` or `newEventId` throw
 */
export async function receiveOpen(
	request: PixelRequest,
	settings: ReceiveSettings,
	deps: ReceiveDeps,
): Promise<ReceivedOpen> {
	if (request.method.toUpperCase() !== 'GET') return nothing('not-a-get');
	if (settings.mode === 'off') return nothing('mode-off');
	const link = await readLink(request.query, settings, deps);
	return await receiveEvent(request, { event: 'open', link }, settings, deps);
}
