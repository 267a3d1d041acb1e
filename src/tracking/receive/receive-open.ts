import type { BurstVerdict } from '../bursts/burst-rules';
import type { OpenEvent } from '../event/open-event';
import { lowestMode, type TrackingMode } from '../event/tracking-mode';
import { reduceIp } from '../minimise/minimise-ip';
import { applyMode, MODE_STORES } from '../minimise/minimise-mode';
import { roundEventId, roundTime, type TimePrecision } from '../minimise/minimise-time';
import { askForConsent } from './ask-for-consent';
import type {
	LoadVerdict,
	PixelRequest,
	ReceiveDeps,
	ReceivedOpen,
	ReceiveReason,
	ReceiveSettings,
} from './receive-types';
import { readLink, type ReceivedLink } from './received-link';
import { askForViewTime, isDirect } from './view-time';

const MAX_KEPT_HEADER_LENGTH = 512;

/**
 * The one way from a request to an event, for the n8n trigger and the collector alike:
 * verify → classify → check consent → minimise. Nothing personal is in the result beyond what
 * the effective mode allows (`MODE_STORES`), and nothing of a refused or erased person at all.
 *
 * The answer to the requester must not depend on the result: send the pixel first, or always.
 *
 * A suppression or consent lookup that fails is a fact for the policy and does not reject.
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
	const mode = lowestMode([settings.mode, link.mode]);
	if (mode === 'off') return nothing('mode-off');

	const verdict = deps.classify({
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
	// Before the burst rules note the load: from then on it must reach the log without delay, or what
	// they say of it later would stand in front of it.
	const viewTime = await askForViewTime(
		{ recipientId: link.recipientId, mode: effective, actor: verdict.actor },
		request,
		settings,
		deps,
	);
	const time = settings.time ?? 'exact';
	// Rounded before the burst rules note it: what they name later must be the id that is stored.
	const eventId = roundEventId(roundEventId(deps.newEventId(), time), MODE_STORES[effective].time);
	const { judged, relabels, placed } = judgeBurst(eventId, link, verdict, request, deps);
	const receivedAt = request.receivedAt.toISOString();
	const event: OpenEvent = {
		eventId,
		event: 'open',
		occurredAt: roundTime(receivedAt, time) ?? receivedAt,
		recipientId: link.recipientId,
		recipientReason: link.recipientReason,
		pixelId: link.pixelId,
		campaignId: link.campaignId,
		messageId: link.messageId,
		// Nothing is reduced yet; applyMode below does that.
		trackingMode: 'full',
		purpose: link.purpose,
		actor: judged.actor,
		actorReason: judged.actorReason,
		rulesVersion: judged.rulesVersion,
		client: { ...judged.client },
		features: [...judged.features],
		consent: { status: answer.status, recordId: answer.recordId, policy: settings.consent.label },
		request: keptOfRequest(request, effective, settings.keep, ipKey),
		viewTimeMs: null,
		viewTimeMeasurable: viewTime.measurable && isDirect(judged.actor),
	};
	return {
		event: applyMode(event, effective, deps.pseudonym, link.mode),
		reason: answer.reason,
		relabels,
		shared: mayShare(effective, time) ? placed : null,
		lookupError: lookupError ?? viewTime.lookupError,
	};
}

/**
 * Whether the windows in the store may name this open with its time. They may only where the log
 * itself keeps the open, and as exactly; else the memory of the process judges alone.
 */
function mayShare(effective: TrackingMode, time: TimePrecision): boolean {
	const rule = MODE_STORES[effective];
	return rule.keeps === 'every-open' && rule.time === 'exact' && time === 'exact';
}

/** What the loads around this one say of it, and what it says of them. */
function judgeBurst(
	eventId: string,
	link: ReceivedLink,
	verdict: LoadVerdict,
	request: PixelRequest,
	deps: ReceiveDeps,
): BurstVerdict & { judged: LoadVerdict } {
	const { recipientId } = link;
	const { relabels: named, placed } = deps.observeBurst({
		eventId,
		at: request.receivedAt.getTime(),
		recipient: recipientId === null ? null : JSON.stringify([link.pixelId, recipientId]),
		recipientDomain: recipientId?.includes('@') ? recipientId.split('@').at(-1)! : null,
		ip: request.ip,
		actor: verdict.actor,
		features: verdict.features,
	});
	const own = named.find((relabel) => relabel.eventId === eventId);
	if (!own) return { judged: verdict, relabels: named, placed };
	return {
		judged: {
			...verdict,
			actor: own.actor,
			actorReason: own.actorReason,
			features: [...verdict.features, own.feature],
		},
		relabels: named.filter((relabel) => relabel !== own),
		placed: placed && { ...placed, open: false },
	};
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

function nothing(reason: ReceiveReason): ReceivedOpen {
	return { event: null, reason, relabels: [], shared: null, lookupError: null };
}
