import type { ConsentStatus } from '../event/open-event';
import type { Purpose } from '../event/purpose';
import type { TrackingMode } from '../event/tracking-mode';

/**
 * `consent-required`: only a consent that was given allows tracking; unknown and a failed lookup
 * refuse. `objection-honoured`: tracking is allowed until somebody refuses, withdraws or objects.
 */
export const CONSENT_POLICIES = ['consent-required', 'objection-honoured'] as const;
export type ConsentPolicy = (typeof CONSENT_POLICIES)[number];

/** How one purpose is treated, whatever the policy of the rest is. */
export type PurposeRule = ConsentPolicy | 'exempt';
export type PurposeRules = Readonly<Partial<Record<Purpose, PurposeRule>>>;

/**
 * Purposes with a rule of their own everywhere. The three exempt ones need no consent (CNIL
 * délibération 2026-042; Garante provvedimento 284 of 2026); measuring how long somebody reads
 * is more intrusive than an open and always needs a consent of its own.
 */
export const DEFAULT_PURPOSE_RULES: PurposeRules = {
	deliverability: 'exempt',
	security: 'exempt',
	'legal-notice': 'exempt',
	'image-held': 'consent-required',
};

/** The most an exempt purpose may store; the exemption ends where its need ends. */
const EXEMPT_CEILING: Partial<Record<Purpose, TrackingMode>> = {
	deliverability: 'hygiene',
	security: 'identified',
	'legal-notice': 'identified',
};

/** Everything that can speak for or against one person being tracked for one purpose. */
export interface ConsentSources {
	/** From the consent registry; `null` when it was not asked, `unknown` when it knows nothing */
	registry: ConsentStatus | null;
	/** From a field of the item, say a CRM lookup; `null` when none is configured */
	item: ConsentStatus | null;
	/** The request carried `Sec-GPC: 1` (Global Privacy Control, W3C draft) */
	globalPrivacyControl: boolean;
	/** The person opted out of all tracking at some time */
	optedOut: boolean;
	/** A source that should have been asked could not answer */
	lookupFailed: boolean;
}

/** Stable codes of every decision, with a line for people. */
export const CONSENT_REASONS = {
	'consent-given': 'The person consented to this purpose',
	'no-objection': 'Nobody objected, and the policy allows tracking until somebody does',
	'lookup-failed-allowed':
		'The consent lookup failed, and the policy allows tracking until somebody objects',
	'exempt-purpose': 'The purpose needs no consent; only what it needs may be stored',
	refused: 'The person refused this purpose',
	withdrawn: 'The person withdrew consent',
	'opted-out': 'The person opted out of tracking',
	'global-privacy-control': 'The request carried the Global Privacy Control signal',
	'consent-unknown': 'No consent is known, and the policy needs one',
	'consent-requested': 'Consent was asked for but not answered; silence is a refusal',
	'consent-expired': 'The consent has expired',
	'lookup-failed': 'The consent lookup failed, and without consent nothing may be stored',
} as const;
export type ConsentReason = keyof typeof CONSENT_REASONS;

export interface ConsentQuestion {
	policy: ConsentPolicy;
	/** `null` is treated as a purpose that needs consent */
	purpose: Purpose | null;
	/** Exceptions of a jurisdiction; they come on top of `DEFAULT_PURPOSE_RULES` */
	purposeRules?: PurposeRules;
	sources: ConsentSources;
}

export interface ConsentDecision {
	allowed: boolean;
	/** The most that may be stored: `off` when refused, `aggregate` when kept as a count only */
	mode: TrackingMode;
	/** The strictest status of the sources that were asked */
	status: ConsentStatus;
	reason: ConsentReason;
}

/** From strictest to least strict. */
const STRICTNESS: readonly ConsentStatus[] = [
	'withdrawn',
	'refused',
	'expired',
	'requested',
	'unknown',
	'renewed',
	'given',
];

/** The stricter of two statuses; `null` stands for "was not asked" and never wins. */
export function stricterStatus(
	a: ConsentStatus | null,
	b: ConsentStatus | null,
): ConsentStatus | null {
	if (a === null || b === null) return a ?? b;
	return STRICTNESS.indexOf(a) <= STRICTNESS.indexOf(b) ? a : b;
}

/**
 * Decides whether one open, or one link, of one person may be tracked for one purpose.
 *
 * @param options `keepAsAggregate`: a refused open is allowed as a bare count instead of dropped
 */
export function decideConsent(
	question: ConsentQuestion,
	options: { keepAsAggregate: boolean },
): ConsentDecision {
	const { sources, purpose } = question;
	const status = stricterStatus(sources.registry, sources.item) ?? 'unknown';
	const rule = ruleFor(question);

	const refusal =
		rule === 'exempt' ? exemptRefusal(purpose, sources, status) : refusalBy(rule, sources, status);
	if (refusal) {
		return options.keepAsAggregate
			? { allowed: true, mode: 'aggregate', status, reason: refusal }
			: { allowed: false, mode: 'off', status, reason: refusal };
	}
	if (rule === 'exempt') {
		const mode = (purpose && EXEMPT_CEILING[purpose]) ?? 'hygiene';
		return { allowed: true, mode, status, reason: 'exempt-purpose' };
	}
	return { allowed: true, mode: 'full', status, reason: allowanceOf(sources, status) };
}

/** The rule that governs a purpose under a policy and the exceptions of a jurisdiction. */
export function ruleFor(
	question: Pick<ConsentQuestion, 'policy' | 'purpose' | 'purposeRules'>,
): PurposeRule {
	const { policy, purpose, purposeRules } = question;
	if (purpose === null) return policy;
	return purposeRules?.[purpose] ?? DEFAULT_PURPOSE_RULES[purpose] ?? policy;
}

/**
 * Whether a person can object to a purpose. List hygiene rests on a legitimate interest, so the right
 * to object stays (GDPR Art. 21); a sign-in alarm or a notice that the law asks for does not depend
 * on what the person wishes.
 */
export function mayObject(purpose: Purpose | null): boolean {
	return purpose !== 'security' && purpose !== 'legal-notice';
}

function exemptRefusal(
	purpose: Purpose | null,
	sources: ConsentSources,
	status: ConsentStatus,
): ConsentReason | null {
	return mayObject(purpose) ? storedObjection(sources, status) : null;
}

function refusalBy(
	policy: ConsentPolicy,
	sources: ConsentSources,
	status: ConsentStatus,
): ConsentReason | null {
	const objection = storedObjection(sources, status);
	if (objection) return objection;
	if (sources.globalPrivacyControl) return 'global-privacy-control';
	if (policy === 'objection-honoured') return null;
	if (sources.lookupFailed) return 'lookup-failed';
	if (status === 'given' || status === 'renewed') return null;
	if (status === 'requested') return 'consent-requested';
	if (status === 'expired') return 'consent-expired';
	return 'consent-unknown';
}

function storedObjection(sources: ConsentSources, status: ConsentStatus): ConsentReason | null {
	if (status === 'withdrawn') return 'withdrawn';
	if (status === 'refused') return 'refused';
	return sources.optedOut ? 'opted-out' : null;
}

function allowanceOf(sources: ConsentSources, status: ConsentStatus): ConsentReason {
	if (status === 'given' || status === 'renewed') return 'consent-given';
	return sources.lookupFailed ? 'lookup-failed-allowed' : 'no-objection';
}
