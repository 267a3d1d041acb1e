import { decideConsent } from '../consent/consent-policy';
import type { Actor } from '../event/open-event';
import type { TrackingMode } from '../event/tracking-mode';
import { MODE_STORES } from '../minimise/minimise-mode';
import type { PixelRequest, ReceiveDeps, ReceiveSettings } from './receive-types';

/**
 * Who keeps a connection of their own open while they look. A proxy fetches the image for itself
 * and lets go at once, whoever reads the email for however long; machines do not read.
 */
const DIRECT_ACTORS: readonly Actor[] = ['human', 'unknown'];

/** Whether the connection of a load by this actor says anything about a reader. */
function isDirect(actor: Actor): boolean {
	return DIRECT_ACTORS.includes(actor);
}

/** What becomes of the measuring of one open. */
export interface ImageHeldAnswer {
	/**
	 * `true`: it may be measured; `false`: this client cannot be measured, whoever it is; `null`: not
	 * asked for, or the person did not consent to it. The event carries it as `imageHeldMeasurable`.
	 */
	measurable: boolean | null;
	/** What a failed consent lookup threw; for the operator's log */
	lookupError: unknown;
}

/**
 * Whether the time that a client keeps the connection of an open may be measured: only where the
 * mode keeps it, only for a client that loads the image itself, and only with a consent to the
 * purpose `image-held` that the registry knows of. That consent stands beside the open's own; an
 * unknown one, or a lookup that fails, leaves the open as it is and measures nothing.
 *
 * @param load what is known of the open by now: a recipient who was looked up in the list of erased
 *   people, and the effective mode
 */
export async function askToHoldImage(
	load: { recipientId: string | null; mode: TrackingMode; actor: Actor },
	request: Pick<PixelRequest, 'canBeHeld' | 'headers'>,
	settings: Pick<ReceiveSettings, 'consent'>,
	deps: Pick<ReceiveDeps, 'consentStatus'>,
): Promise<ImageHeldAnswer> {
	const { recipientId, mode, actor } = load;
	const isKept = MODE_STORES[mode].fields.includes('imageHeldMs');
	// Nobody could have consented to a held time of nobody.
	if (request.canBeHeld === undefined || !isKept || recipientId === null) {
		return { measurable: null, lookupError: null };
	}
	if (!request.canBeHeld || !isDirect(actor)) return { measurable: false, lookupError: null };
	try {
		const { status } = await deps.consentStatus(recipientId, 'image-held');
		const { policy, purposeRules } = settings.consent;
		const decision = decideConsent(
			{
				policy,
				purpose: 'image-held',
				purposeRules,
				sources: {
					registry: status,
					item: null,
					globalPrivacyControl: request.headers['sec-gpc']?.trim() === '1',
					optedOut: false,
					lookupFailed: false,
				},
			},
			{ keepAsAggregate: false },
		);
		// Not `allowed`: whatever a rule may allow without an answer, this one needs a yes.
		return { measurable: decision.reason === 'consent-given' ? true : null, lookupError: null };
	} catch (error) {
		return { measurable: null, lookupError: error };
	}
}
