import { RECEIVE_DEFAULTS } from '../../../src/intake/receive-defaults';
import {
	JURISDICTION_PRESETS,
	type Jurisdiction,
} from '../../../src/tracking/consent/jurisdictions';
import type { Purpose } from '../../../src/tracking/event/purpose';
import type { TrackingMode } from '../../../src/tracking/event/tracking-mode';
import type { IpReduction } from '../../../src/tracking/minimise/minimise-ip';
import type { TimePrecision } from '../../../src/tracking/minimise/minimise-time';
import type { ReceiveSettings } from '../../../src/tracking/receive/receive-types';
import {
	reportedSettings,
	type ReportedTracker,
} from '../../../src/tracking/receive/reported-tracker';
import {
	consentRulesOf,
	withinPreset,
	type ConsentChoice,
} from '../options/consent-policy-options';

export interface TriggerOptions {
	allowedOrigins?: string;
	deadline?: number;
	ip?: IpReduction;
	keep?: Array<'acceptLanguage' | 'referer' | 'userAgent'>;
	keepAsAggregate?: boolean;
	manyDomains?: boolean;
	purpose?: Purpose;
	signedOnly?: boolean;
	time?: TimePrecision;
}

/** What reads the parameters of one request or trigger. */
interface WithParameters {
	getNodeParameter(name: string, fallback?: unknown): unknown;
}

export function triggerOptions(context: WithParameters): TriggerOptions {
	return context.getNodeParameter('options', {}) as TriggerOptions;
}

/** What the fields of the trigger ask of the receive pipeline. */
export function receiveSettings(context: WithParameters): ReceiveSettings {
	const options = triggerOptions(context);
	const choice = context.getNodeParameter('consentPolicy') as ConsentChoice;
	const keep = options.keep ?? [];
	return {
		mode: withinPreset(context.getNodeParameter('trackingMode') as TrackingMode, choice),
		purpose: options.purpose ?? RECEIVE_DEFAULTS.purpose,
		plainIds: {
			allowed: !options.signedOnly,
			recipientParameter: context.getNodeParameter('recipientParameter') as string,
		},
		consent: {
			...consentRulesOf(choice),
			keepAsAggregate: options.keepAsAggregate ?? RECEIVE_DEFAULTS.consent.keepAsAggregate,
		},
		keep: {
			ip: options.ip ?? RECEIVE_DEFAULTS.keep.ip,
			userAgent: keep.includes('userAgent'),
			referer: keep.includes('referer'),
			acceptLanguage: keep.includes('acceptLanguage'),
		},
		time: options.time ?? RECEIVE_DEFAULTS.time,
		manyDomains: options.manyDomains ?? RECEIVE_DEFAULTS.manyDomains,
	};
}

/** The same as the privacy report shows it. */
export function reportedTracker(context: WithParameters): Omit<ReportedTracker, 'name'> {
	return reportedSettings(receiveSettings(context), presetOf(context));
}

function presetOf(context: WithParameters): Jurisdiction | null {
	const choice = context.getNodeParameter('consentPolicy') as ConsentChoice;
	return choice in JURISDICTION_PRESETS ? (choice as Jurisdiction) : null;
}
