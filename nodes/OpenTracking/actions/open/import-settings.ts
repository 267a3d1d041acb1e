import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { RECEIVE_DEFAULTS } from '../../../../src/intake/receive-defaults';
import {
	JURISDICTION_PRESETS,
	type Jurisdiction,
} from '../../../../src/tracking/consent/jurisdictions';
import type {
	EspImportSettings,
	EspProvider,
} from '../../../../src/tracking/esp/parse-esp-payload';
import type { ReportedEvent } from '../../../../src/tracking/esp/reported-event';
import type { Purpose } from '../../../../src/tracking/event/purpose';
import type { TrackingMode } from '../../../../src/tracking/event/tracking-mode';
import type { ReceiveSettings } from '../../../../src/tracking/receive/receive-types';
import { reportedSettings } from '../../../../src/tracking/receive/reported-tracker';
import { readText } from '../../../shared/fields/check-fields';
import {
	type ConsentChoice,
	consentRulesOf,
	withinPreset,
} from '../../../shared/options/consent-policy-options';
import type { ReportedSetup } from '../../../shared/receive/report-setup';

/** What an item is imported by. */
export interface ImportSettings extends EspImportSettings {
	provider: EspProvider;
	/** What is handed on besides opens and clicks */
	handOn: ReadonlyArray<ReportedEvent['event']>;
	/** Whether nobody has to have signed the payload */
	acceptUnsigned: boolean;
	receive: ReceiveSettings;
	/** The preset; `null` when set by hand */
	jurisdiction: Jurisdiction | null;
}

/** The settings that the fields of an item give. */
export function readSettings(node: IExecuteFunctions, index: number): ImportSettings {
	const options = node.getNodeParameter('importOptions', index, {}) as {
		acceptUnsigned?: boolean;
		handOn?: Array<ReportedEvent['event']>;
		initialOpens?: boolean;
		keepAsAggregate?: boolean;
		keepRequest?: boolean;
		purpose?: Purpose;
		trackClicks?: boolean;
	};
	const choice = node.getNodeParameter('importConsentPolicy', index) as ConsentChoice;
	const mode = node.getNodeParameter('importTrackingMode', index) as TrackingMode;
	const purpose = options.purpose ?? RECEIVE_DEFAULTS.purpose;
	const recipient = node.getNodeParameter(
		'importRecipient',
		index,
	) as EspImportSettings['recipient'];
	return {
		provider: node.getNodeParameter('provider', index) as EspProvider,
		acceptUnsigned: options.acceptUnsigned ?? false,
		clicks: options.trackClicks ?? false,
		handOn: options.handOn ?? ['bounce', 'complaint'],
		initialOpens: options.initialOpens ?? false,
		recipient,
		recipientKey: recipient === 'metadata' ? readText(node, 'importRecipientKey', index) : '',
		purpose,
		keepRequest: options.keepRequest ?? false,
		jurisdiction: choice in JURISDICTION_PRESETS ? (choice as Jurisdiction) : null,
		receive: {
			...RECEIVE_DEFAULTS,
			mode: withinPreset(mode, choice),
			purpose,
			consent: {
				...consentRulesOf(choice),
				keepAsAggregate: options.keepAsAggregate ?? RECEIVE_DEFAULTS.consent.keepAsAggregate,
			},
		},
	};
}

/** Address and user agent come from the service, and stay whole where they are kept. */
export function setupOf({ receive, jurisdiction, keepRequest }: ImportSettings): ReportedSetup {
	const keep = keepRequest
		? { ...receive.keep, ip: 'keep' as const, userAgent: true }
		: receive.keep;
	return reportedSettings({ ...receive, keep }, jurisdiction);
}

/** The payload as the service posted it. SNS posts JSON and calls it text, so text is read too. */
export function readPayload(node: IExecuteFunctions, index: number): unknown {
	const { json } = node.getInputData()[index];
	const field = readText(node, 'payloadField', index);
	const payload: unknown = field === '' ? json : json[field];
	if (typeof payload === 'object' && payload !== null) return payload;
	try {
		const parsed: unknown = JSON.parse(String(payload));
		if (typeof parsed === 'object' && parsed !== null) return parsed;
	} catch {
		// Not JSON: said below, like everything else that is no payload.
	}
	throw new NodeOperationError(node.getNode(), `There is no payload in the field "${field}"`, {
		itemIndex: index,
		description: 'Set Payload Field to where the body of the webhook is, which is JSON',
	});
}
