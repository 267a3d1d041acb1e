import type { TrackingMode } from '../event/tracking-mode';
import type { ConsentPolicy, PurposeRules } from './consent-policy';

export const JURISDICTIONS = ['eu', 'france', 'italy', 'uk', 'us'] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** A set of defaults for one legal area. Its label is written on every event it governed. */
export interface JurisdictionPreset {
	displayName: string;
	/** Name and version, for example `france-2026.1`; a change of any field needs a new one */
	label: string;
	/** The code a consent record carries */
	countryCode: string;
	policy: ConsentPolicy;
	purposeRules: PurposeRules;
	/** The most that may be stored, consent given */
	ceiling: TrackingMode;
	/** How long people are left in peace after they said no or did not answer */
	reAskMonths: number;
	/** How long a consent holds before it has to be renewed */
	consentMonths: number;
	/** One line for the editor */
	explanation: string;
	/** Where the rules come from */
	sources: readonly string[];
}

const EDPB = 'EDPB Guidelines 2/2023 on the technical scope of Art. 5(3) of the ePrivacy Directive';

/**
 * The presets. They are starting points that say what they set, not legal advice: months without
 * a source in law are cautious choices of this project, and `docs/privacy.md` says which.
 */
export const JURISDICTION_PRESETS: Readonly<Record<Jurisdiction, JurisdictionPreset>> = {
	eu: {
		displayName: 'EU Default',
		label: 'eu-2026.1',
		countryCode: 'EU',
		policy: 'consent-required',
		purposeRules: {
			// Only some authorities exempt list hygiene, so the default for all of them does not.
			deliverability: 'consent-required',
		},
		ceiling: 'identified',
		reAskMonths: 6,
		consentMonths: 24,
		explanation:
			'Consent first, for every purpose but security and legal notices; without it nothing is ' +
			'stored about the person; ask again after 6 months at the earliest, renew after 24',
		sources: [EDPB, 'GDPR Art. 6, 7, 21 and 25'],
	},
	france: {
		displayName: 'France',
		label: 'france-2026.1',
		countryCode: 'FR',
		policy: 'consent-required',
		purposeRules: { deliverability: 'exempt', security: 'exempt', 'legal-notice': 'exempt' },
		ceiling: 'identified',
		reAskMonths: 6,
		consentMonths: 24,
		explanation:
			'Consent first, apart from the consent to be emailed; list hygiene needs none but may keep ' +
			'only the day of the last open; ask again after 6 months at the earliest',
		sources: [
			'CNIL, délibération 2026-042, https://www.cnil.fr/fr/recommandation-pixel-suivi-courriels',
			'CNIL, FAQ of 22 July 2026, https://www.cnil.fr/fr/faq-recommandation-pixels-courriers-electroniques',
			EDPB,
		],
	},
	italy: {
		displayName: 'Italy',
		label: 'italy-2026.1',
		countryCode: 'IT',
		policy: 'consent-required',
		purposeRules: {
			// The Garante exempts shared pixels, security and mandatory notices, but not list hygiene
			// per recipient.
			deliverability: 'consent-required',
			security: 'exempt',
			'legal-notice': 'exempt',
		},
		ceiling: 'identified',
		reAskMonths: 6,
		consentMonths: 24,
		explanation:
			'Consent first for everything that names a recipient; open rates from one pixel shared by ' +
			'all recipients (mode aggregate), security and mandatory notices need none',
		sources: [
			'Garante per la protezione dei dati personali, provvedimento 284 of 17 April 2026, doc. web 10241943',
			EDPB,
		],
	},
	uk: {
		displayName: 'UK',
		label: 'uk-2026.1',
		countryCode: 'GB',
		policy: 'consent-required',
		purposeRules: {
			// PECR Sch. A1 exempts statistics only with a simple way to object, and not what is
			// emitted automatically, so nothing is built on that exception.
			deliverability: 'consent-required',
			security: 'exempt',
			'legal-notice': 'exempt',
		},
		ceiling: 'identified',
		reAskMonths: 6,
		consentMonths: 24,
		explanation:
			'Consent first, as for cookies; the exception for statistics is not used, because a pixel ' +
			'in an email sends its data by itself',
		sources: [
			'ICO, guidance on storage and access technologies, 29 April 2026',
			'Privacy and Electronic Communications Regulations 2003, reg. 6 and Schedule A1',
		],
	},
	us: {
		displayName: 'US',
		label: 'us-2026.1',
		countryCode: 'US',
		policy: 'objection-honoured',
		purposeRules: {
			profiling: 'objection-honoured',
			deliverability: 'objection-honoured',
		},
		ceiling: 'identified',
		reAskMonths: 12,
		consentMonths: 24,
		explanation:
			'Tracking until somebody objects: an opt-out, a refusal or Global Privacy Control ends it; ' +
			'ask to opt in again after 12 months at the earliest',
		sources: [
			'California Consumer Privacy Act, Cal. Civ. Code §1798.120 and §1798.135 (opt-out, 12 months)',
			'California Code of Regulations, title 11, §7025 (opt-out preference signals)',
		],
	},
};
