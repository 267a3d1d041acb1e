import { decideConsent, type ConsentDecision, type ConsentReason } from '../consent/consent-policy';
import type { ConsentStatus } from '../event/open-event';
import { isWithin, lowestMode, type TrackingMode } from '../event/tracking-mode';
import type { PixelRequest, ReceiveDeps, ReceiveReason, ReceiveSettings } from './receive-types';
import type { ReceivedLink } from './received-link';

/** An id that no person has. */
const NOBODY = '';

export interface ConsentAnswer {
	mode: TrackingMode;
	/** `null` when nobody was asked, or nobody could be */
	status: ConsentStatus | null;
	recordId: string | null;
	reason: ReceiveReason;
	lookupError: unknown;
}

/**
 * What consent and erasure leave of an open: the mode that they allow, and what they were based on.
 *
 * @param mode what operator and link allow already
 * @param headers of the request, for `Sec-GPC`; empty where somebody else saw the request
 */
export async function askForConsent(
	link: Pick<ReceivedLink, 'recipientId' | 'recipientReason' | 'purpose'>,
	mode: TrackingMode,
	headers: PixelRequest['headers'],
	settings: Pick<ReceiveSettings, 'consent'>,
	deps: Pick<ReceiveDeps, 'isSuppressed' | 'consentStatus'>,
): Promise<ConsentAnswer> {
	let lookupError: unknown = null;
	let lookupFailed = false;
	const lookUp = async <T>(ask: () => Promise<T>): Promise<T | null> => {
		try {
			return await ask();
		} catch (error) {
			lookupFailed = true;
			lookupError = error;
			return null;
		}
	};
	const { recipientId } = link;
	const forged = link.recipientReason === 'invalid-token';
	const countOnly = isWithin(mode, 'aggregate') && !forged;
	const askFor = forged ? NOBODY : recipientId;
	const askRegistry = async () =>
		askFor === null ? null : await lookUp(() => deps.consentStatus(askFor, link.purpose));

	// Both lookups run in parallel, and for a forged link they ask for nobody, so that the response
	// time tells neither who was erased nor which links are valid.
	const [suppressed, found] = await Promise.all([
		askFor === null ? false : lookUp(() => deps.isSuppressed(askFor)),
		countOnly ? null : askRegistry(),
	]);
	const unasked = { status: null, recordId: null, lookupError };
	if (forged) return { ...unasked, mode, reason: 'invalid-token' };
	if (suppressed) return { ...unasked, mode: 'off', reason: 'suppressed' };
	// A bare count is nobody's data. It still honors an erasure that could be looked up above; one
	// that could not be looked up is left to the policy below.
	if (countOnly && !lookupFailed) {
		return { ...unasked, mode, reason: 'count-only' };
	}

	const registry = countOnly ? await askRegistry() : found;
	const decision: ConsentDecision = decideConsent(
		{
			policy: settings.consent.policy,
			purpose: link.purpose,
			purposeRules: settings.consent.purposeRules,
			sources: {
				registry: registry?.status ?? null,
				item: null,
				globalPrivacyControl: headers['sec-gpc']?.trim() === '1',
				optedOut: false,
				lookupFailed,
			},
		},
		{ keepAsAggregate: settings.consent.keepAsAggregate },
	);
	const reason: ConsentReason = decision.reason;
	return {
		mode: lookupFailed ? decidedLater(mode, decision.mode) : decision.mode,
		// Without a status the store asks again before it takes the open.
		status: lookupFailed ? null : decision.status,
		recordId: registry?.recordId ?? null,
		reason,
		lookupError,
	};
}

/**
 * What an open may keep that the store has to decide on again. Nobody can find out later whose
 * pseudonym it has, so such an open is counted, and names nobody.
 */
function decidedLater(mode: TrackingMode, allowed: TrackingMode): TrackingMode {
	const effective = lowestMode([mode, allowed]);
	return effective === 'pseudonymous' ? 'aggregate' : effective;
}
