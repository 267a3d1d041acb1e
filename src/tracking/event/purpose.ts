/**
 * What an open is used for. Consent is asked and kept per purpose; the three marked exempt need
 * none (CNIL délibération 2026-042; Garante provvedimento 284 of 2026).
 * Append only: signed tokens carry the position in this list.
 */
export const PURPOSES = [
	/** Individual open rates, to measure and improve campaigns */
	'performance',
	/** Content chosen by what a recipient opened before */
	'personalisation',
	/** Profiles that are used outside email */
	'profiling',
	/** How often a recipient is emailed */
	'frequency',
	/** Exempt: keeping a list clean; only the date of the last open is needed */
	'deliverability',
	/** Exempt: protecting a sign-in or an account */
	'security',
	/** Exempt: proof that a notice the law asks for was delivered */
	'legal-notice',
	/** How long an image connection stayed open; needs a consent of its own */
	'image-held',
	/** Which links of an email were followed; asked for apart from opens */
	'clicks',
] as const;

/** What is recorded besides opens, each with a consent of its own. */
export const APART_FROM_OPENS: readonly Purpose[] = ['image-held', 'clicks'];

export type Purpose = (typeof PURPOSES)[number];
