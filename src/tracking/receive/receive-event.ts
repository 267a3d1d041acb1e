import type { PlacedLoad } from '../bursts/burst-rules';
import type { OpenEvent } from '../event/open-event';
import { lowestMode, type TrackingMode } from '../event/tracking-mode';
import { reduceIp } from '../minimise/minimise-ip';
import { applyMode, MODE_STORES } from '../minimise/minimise-mode';
import { roundEventId, roundTime } from '../minimise/minimise-time';
import { askForConsent } from './ask-for-consent';
import type {
	LoadVerdict,
	PixelRequest,
	ReceiveDeps,
	ReceivedOpen,
	ReceiveReason,
	ReceiveSettings,
} from './receive-types';
import { askToHoldImage } from './image-held';
import type { ReceivedLink } from './received-link';

const MAX_KEPT_HEADER_LENGTH = 512;

const NO_LINK: OpenEvent['link'] = { url: null, position: null, label: null };

/** What a request is, and what the link says that it came by. */
export type ReceivedFrom =
	| { event: 'open'; link: ReceivedLink }
	| { event: 'click'; link: ReceivedLink; target: OpenEvent['link'] };

/**
 * The one way from a request whose link was read to an event, for all doors, and for opens and
 * clicks alike: classify → check consent → minimize. Nothing personal is in the result beyond what
 * the effective mode allows (`MODE_STORES`), and nothing of a refused or erased person at all.
 *
 * A suppression or consent lookup that fails is a fact for the policy and does not reject.
 *
 * @throws what `classify` or `newEventId` throw
 */
export async function receiveEvent(
	request: PixelRequest,
	from: ReceivedFrom,
	settings: ReceiveSettings,
	deps: ReceiveDeps,
): Promise<ReceivedOpen> {
	const { link } = from;
	const mode = lowestMode([settings.mode, link.mode]);
	if (mode === 'off') return nothing('mode-off');

	const verdict = verdictOn(request, link, deps);

	const answer = await askForConsent(link, mode, request.headers, settings, deps);
	if (answer.mode === 'off') return { ...nothing(answer.reason), lookupError: answer.lookupError };

	const effective = lowestMode([mode, answer.mode]);
	let { lookupError } = answer;
	const ipKey =
		effective === 'full' && settings.keep.ip === 'hash'
			? await deps.ipKey().catch((error: unknown) => {
					lookupError = error;
					return null;
				})
			: null;
	const isClick = from.event === 'click';
	const imageHeld = isClick
		? { measurable: null, lookupError: null }
		: await askToHoldImage(
				{ recipientId: link.recipientId, mode: effective, actor: verdict.actor },
				request,
				settings,
				deps,
			);
	const time = settings.time ?? 'exact';
	const receivedAt = request.receivedAt.toISOString();
	const whole: OpenEvent = {
		eventId: roundEventId(await deps.newEventId(request.requestId), time),
		event: from.event,
		occurredAt: time === 'exact' ? receivedAt : (roundTime(receivedAt, time) ?? receivedAt),
		recipientId: link.recipientId,
		recipientReason: link.recipientReason,
		pixelId: link.pixelId,
		campaignId: link.campaignId,
		messageId: link.messageId,
		// Nothing is reduced yet; applyMode below does that.
		trackingMode: 'full',
		purpose: link.purpose,
		actor: verdict.actor,
		actorReason: verdict.actorReason,
		rulesVersion: verdict.rulesVersion,
		client: { ...verdict.client },
		features: [...verdict.features],
		consent: { status: answer.status, recordId: answer.recordId, policy: settings.consent.label },
		request: keptOfRequest(request, effective, settings.keep, ipKey),
		link: isClick ? from.target : NO_LINK,
		firstOpen: null,
		quietDays: null,
		imageHeldMs: null,
		imageHeldMeasurable: imageHeld.measurable,
	};
	const event = applyMode(whole, effective, deps.pseudonym, link.mode);
	return {
		event,
		reason: answer.reason,
		load: event && placeOf(event, request, verdict, settings, deps),
		lookupError: lookupError ?? imageHeld.lookupError,
	};
}

/** Who made a request, and why that is thought. @throws what `classify` throws */
export function verdictOn(
	request: PixelRequest,
	link: Pick<ReceivedLink, 'issuedAt' | 'preview'>,
	deps: Pick<ReceiveDeps, 'classify'>,
): LoadVerdict {
	return deps.classify({
		method: request.method,
		headers: request.headers,
		userAgent: request.headers['user-agent'] ?? null,
		ip: request.ip,
		secondsSinceSend:
			link.issuedAt === null
				? null
				: (request.receivedAt.getTime() - link.issuedAt.getTime()) / 1000,
		own: link.preview,
	});
}

/**
 * Where the load of an event belongs in the burst windows. They name an open with its time, so they
 * get only what the log itself keeps as exactly.
 */
function placeOf(
	event: OpenEvent,
	request: PixelRequest,
	verdict: LoadVerdict,
	{ time = 'exact', manyDomains = false }: ReceiveSettings,
	deps: ReceiveDeps,
): PlacedLoad | null {
	const rule = MODE_STORES[event.trackingMode];
	if (rule.keeps !== 'every-open' || rule.time !== 'exact' || time !== 'exact') return null;
	const { eventId, recipientId, pixelId, campaignId, actor } = event;
	const mail = pixelId === null ? ['campaign', campaignId] : ['pixel', pixelId];
	return deps.placeLoad({
		eventId,
		at: request.receivedAt.getTime(),
		recipient: recipientId === null ? null : JSON.stringify([...mail, recipientId]),
		recipientDomain: recipientId?.includes('@') ? recipientId.split('@').at(-1)! : null,
		ip: request.ip,
		manyDomains,
		...(event.event === 'click' && { linkPosition: event.link.position ?? 0 }),
		actor,
		features: verdict.features,
	});
}

function keptOfRequest(
	request: PixelRequest,
	effective: TrackingMode,
	keep: ReceiveSettings['keep'],
	ipKey: Buffer | null,
): OpenEvent['request'] {
	if (effective !== 'full') {
		return { ip: null, userAgent: null, referer: null, acceptLanguage: null };
	}
	const header = (wanted: boolean, name: string): string | null =>
		wanted ? (request.headers[name]?.slice(0, MAX_KEPT_HEADER_LENGTH) ?? null) : null;
	return {
		ip: keep.ip === 'hash' && ipKey === null ? null : reduceIp(request.ip, keep.ip, ipKey),
		userAgent: header(keep.userAgent, 'user-agent'),
		referer: header(keep.referer, 'referer'),
		acceptLanguage: header(keep.acceptLanguage, 'accept-language'),
	};
}

/** That nothing is kept of a request, and why. */
export function nothing(reason: ReceiveReason): ReceivedOpen {
	return { event: null, reason, load: null, lookupError: null };
}
