import { probeOf, type ProbeLoad } from '../links/probe-link';
import { nothing, receiveEvent, verdictOn } from './receive-event';
import type { PixelRequest, ReceiveDeps, ReceivedOpen, ReceiveSettings } from './receive-types';
import { readLink, type ReceivedLink } from './received-link';

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
	const probe = probeOf(link);
	if (probe !== null) return await receiveProbe(request, link, probe, deps);
	return await receiveEvent(request, { event: 'open', link }, settings, deps);
}

/**
 * A probe is an email of the sender to themself. Nobody is asked for consent, because it is no
 * reader's, and no event comes of it.
 */
async function receiveProbe(
	request: PixelRequest,
	link: ReceivedLink,
	probe: Pick<ProbeLoad, 'probeId' | 'place'>,
	deps: ReceiveDeps,
): Promise<ReceivedOpen> {
	const at = request.receivedAt.toISOString();
	// Judged as a reader's load would be, and not as the sender's own.
	const { actor, actorReason, client } = verdictOn(request, { ...link, preview: false }, deps);
	try {
		await deps.noteProbe({ ...probe, at, actor, actorReason, client });
		return nothing('probe');
	} catch (lookupError) {
		return { ...nothing('probe'), lookupError };
	}
}
