import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { RECEIVE_DEFAULTS } from '../../../../src/intake/receive-defaults';
import { recordTogether } from '../../../../src/intake/record-together';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import {
	JURISDICTION_PRESETS,
	type Jurisdiction,
} from '../../../../src/tracking/consent/jurisdictions';
import {
	ESP_PROVIDERS,
	type EspImport,
	type EspImportSettings,
	type EspProvider,
	parseInParts,
} from '../../../../src/tracking/esp/parse-esp-payload';
import { receiveReportedOpen } from '../../../../src/tracking/esp/receive-reported-open';
import {
	type HandedOnClick,
	type HandedOnDelivery,
	receiveReported,
	type ReportedEvent,
} from '../../../../src/tracking/esp/reported-event';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import type { Purpose } from '../../../../src/tracking/event/purpose';
import type { TrackingMode } from '../../../../src/tracking/event/tracking-mode';
import type { KeyRing } from '../../../../src/tracking/links/key-ring';
import { denylistKeysOfEvent } from '../../../../src/tracking/people/subject-keys';
import type { ReceiveSettings } from '../../../../src/tracking/receive/receive-types';
import { reportedSettings } from '../../../../src/tracking/receive/reported-tracker';
import { failedItem } from '../../../shared/each-item';
import { readText } from '../../../shared/fields/check-fields';
import {
	type ConsentChoice,
	consentPolicyOptions,
	consentRulesOf,
	withinPreset,
} from '../../../shared/fields/consent-policy-options';
import { purposeOptions } from '../../../shared/fields/purpose-options';
import { trackingModeOptions } from '../../../shared/fields/tracking-mode-options';
import { signingOf } from '../../../shared/installation/signing';
import { type Announcement, announceInUse } from '../../../shared/receive/announce';
import { receiveDeps, tellOfLookups } from '../../../shared/receive/receive';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { payloadOfService } from './check-sender';

export const importOpens: Operation = {
	value: 'import',
	name: 'Import',
	action: 'Import opens',
	description:
		'Take opens that an email service reports by webhook; gives out those that are new, and what else it reports of a mail',
	properties: [
		{
			displayName: 'Email Service',
			name: 'provider',
			type: 'options',
			noDataExpression: true,
			options: ESP_PROVIDERS.map(({ displayName, value }) => ({ name: displayName, value })).sort(
				(a, b) => a.name.localeCompare(b.name),
			),
			default: 'sendgrid',
			description: 'Whose webhook the payload comes from',
		},
		{
			displayName: 'Payload Field',
			name: 'payloadField',
			type: 'string',
			default: 'body',
			description:
				'Where in the item the payload is: "body" behind the Webhook node. Empty when the item is the payload.',
		},
		{
			displayName: 'Recipient ID',
			name: 'importRecipient',
			type: 'options',
			options: [
				{
					name: 'Email Address',
					value: 'address',
					description: 'The address that the service names',
				},
				{
					name: 'None',
					value: 'none',
					description: 'Opens are counted, and belong to nobody',
				},
				{
					name: 'Own Value',
					value: 'metadata',
					description: 'A value that you gave the service with the message',
				},
			],
			default: 'address',
			description: 'What becomes the recipient ID of an open',
		},
		{
			displayName: 'Name of the Value',
			name: 'importRecipientKey',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. customerId',
			displayOptions: { show: { importRecipient: ['metadata'] } },
			description: 'Under which name you gave it: a unique argument, metadata, a variable or a tag',
		},
		{
			displayName: 'Tracking Mode',
			name: 'importTrackingMode',
			type: 'options',
			options: trackingModeOptions,
			default: 'identified',
			description: 'The most that an imported open may leave behind',
		},
		{
			displayName: 'Consent',
			name: 'importConsentPolicy',
			type: 'options',
			options: consentPolicyOptions,
			default: 'objection-honoured',
			description: 'When an imported open may be kept',
		},
		{
			displayName: 'Options',
			name: 'importOptions',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Accept Unsigned Events',
					name: 'acceptUnsigned',
					type: 'boolean',
					default: false,
					description:
						'Whether to take events without a check of who sent them. Anybody who knows the address of the webhook can then report opens. Needed for exports and for events that you fetch yourself.',
				},
				{
					displayName: 'Count Initial Opens',
					name: 'initialOpens',
					type: 'boolean',
					default: false,
					displayOptions: { show: { '/provider': ['sparkpost'] } },
					description:
						'Whether the pixel at the top of a mail counts as well as the one at its end. Where SparkPost reports both, one reading then is two opens; unique opens stay right.',
				},
				{
					displayName: 'Hand On Too',
					name: 'handOn',
					type: 'multiOptions',
					options: [
						{ name: 'Bounces', value: 'bounce' },
						{ name: 'Clicks', value: 'click' },
						{ name: 'Complaints', value: 'complaint' },
					],
					default: ['bounce', 'click', 'complaint'],
					description:
						'What else comes out of this node, as items whose "event" says what they are. It is not stored.',
				},
				{
					displayName: 'Keep Refused as Count',
					name: 'keepAsAggregate',
					type: 'boolean',
					default: false,
					description:
						'Whether an open that consent does not allow is still counted, without a recipient',
				},
				{
					displayName: 'Keep Requester',
					name: 'keepRequest',
					type: 'boolean',
					default: false,
					description:
						'Whether to keep the address and user agent that the service reports, in tracking mode Full only',
				},
				{
					displayName: 'Purpose',
					name: 'purpose',
					type: 'options',
					options: purposeOptions,
					default: 'performance',
					description: 'What the opens may be used for; consent is asked for this',
				},
			],
		},
	],
	async execute({ node, store, index }) {
		const settings = readSettings(node, index);
		const { provider, receive } = settings;
		const read = () => readPayload(node, index);
		const payload = settings.acceptUnsigned
			? read()
			: await payloadOfService(node, index, provider, read);
		announceInUse(node, announcementOf(settings));

		const { keyRing } = await signingOf(node);
		const deps = receiveDeps(node);
		const imported = newImported();
		for (const part of parseInParts(provider, payload, settings, AT_ONCE)) {
			imported.rejected.push(...part.rejected);
			imported.others += part.ignored + part.reported.length;
			const received = await Promise.all(
				part.opens.map(async (open) => await receiveReportedOpen(open, receive, deps)),
			);
			for (const one of received) tellOfLookups(node, one);
			const events = received.flatMap(({ event }) => (event === null ? [] : [event]));
			imported.left += part.opens.length - events.length;
			await recordAll(events, store, keyRing, imported);

			const wanted = part.reported.filter(({ event }) => settings.handOn.includes(event));
			for (const { event, lookupError } of await Promise.all(
				wanted.map(async (one) => await receiveReported(one, receive, deps)),
			)) {
				tellOfLookups(node, { lookupError, event: null });
				if (event !== null) imported.handedOn.push(event);
			}
		}
		node.addExecutionHints({ message: summaryOf(imported) });
		const items = toItems([...imported.stored, ...imported.handedOn]);
		const faults = faultsOf(imported);
		if (faults.length === 0) return items;

		const fault = new NodeOperationError(node.getNode(), faults.join('. '), {
			itemIndex: index,
			description:
				'Check Email Service and Payload Field. All other opens are stored; the same payload can be imported again.',
		});
		if (!node.continueOnFail()) throw fault;
		return [...items, failedItem(node, node.getInputData()[index], index, fault)];
	},
};

/**
 * A payload may hold thousands of events; this many are read, looked up and written at a time. A
 * part takes some ten milliseconds of this process, and others have their turn between two.
 */
const AT_ONCE = 250;

/** What became of the opens of a payload. */
interface Imported {
	stored: OpenEvent[];
	/** In the store already */
	known: number;
	/** Opens that may not be stored: by consent, or because the person was erased */
	left: number;
	/** Why the store will never take some */
	refusals: string[];
	/** Not stored, and part of the output */
	handedOn: Array<HandedOnClick | HandedOnDelivery>;
	/** Events of other kinds, handed on or not, and notices of the service */
	others: number;
	/** Could not be read */
	rejected: EspImport['rejected'];
}

function newImported(): Imported {
	return {
		stored: [],
		known: 0,
		left: 0,
		refusals: [],
		handedOn: [],
		others: 0,
		rejected: [],
	};
}

function summaryOf({ stored, known, left, handedOn, others }: Imported): string {
	const count = (name: string) => handedOn.filter(({ event }) => event === name).length;
	const summary = `${stored.length} opens are new, ${known} were known, ${left} may not be stored, ${others} events are no opens`;
	if (handedOn.length === 0) return summary;
	return `${summary}: ${count('click')} clicks, ${count('bounce')} bounces and ${count('complaint')} complaints are handed on`;
}

/** Writes events in the order of the payload, and notes in `imported` what became of each. */
async function recordAll(
	events: readonly OpenEvent[],
	store: TrackingStore,
	keyRing: KeyRing,
	imported: Imported,
): Promise<void> {
	const outcomes = await Promise.all(
		events.map(
			async (event) =>
				await recordTogether(store, { event, denylistKeys: denylistKeysOfEvent(event, keyRing) }),
		),
	);
	outcomes.forEach((outcome, index) => {
		if (outcome === 'stored') imported.stored.push(events[index]);
		else if (outcome === 'known') imported.known += 1;
		else if (outcome === 'erased') imported.left += 1;
		else imported.refusals.push(outcome.refused.message);
	});
}

/** One sentence, without its full stop, for each kind of trouble. */
function faultsOf({ rejected, refusals }: Imported): string[] {
	const faults: string[] = [];
	if (rejected.length > 0) {
		const [{ index, reason }] = rejected;
		faults.push(
			`${rejected.length} events of the payload could not be read. Event ${index + 1}: ${reason}`,
		);
	}
	if (refusals.length > 0) {
		faults.push(`${refusals.length} opens could not be stored. The first: ${refusals[0]}`);
	}
	return faults;
}

interface ImportSettings extends EspImportSettings {
	provider: EspProvider;
	/** What is handed on besides the opens */
	handOn: ReadonlyArray<ReportedEvent['event']>;
	/** Whether nobody has to have signed the payload */
	acceptUnsigned: boolean;
	receive: ReceiveSettings;
	/** The preset; `null` when set by hand */
	jurisdiction: Jurisdiction | null;
}

function readSettings(node: IExecuteFunctions, index: number): ImportSettings {
	const options = node.getNodeParameter('importOptions', index, {}) as {
		acceptUnsigned?: boolean;
		keepAsAggregate?: boolean;
		handOn?: Array<ReportedEvent['event']>;
		initialOpens?: boolean;
		keepRequest?: boolean;
		purpose?: Purpose;
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
		recipient,
		recipientKey: recipient === 'metadata' ? readText(node, 'importRecipientKey', index) : '',
		purpose,
		keepRequest: options.keepRequest ?? false,
		initialOpens: options.initialOpens ?? false,
		handOn: options.handOn ?? ['bounce', 'click', 'complaint'],
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
function announcementOf({ receive, jurisdiction, keepRequest }: ImportSettings): Announcement {
	const keep = keepRequest
		? { ...receive.keep, ip: 'keep' as const, userAgent: true }
		: receive.keep;
	return reportedSettings({ ...receive, keep }, jurisdiction);
}

/** The payload as the service posted it. SNS posts JSON and calls it text, so text is read too. */
function readPayload(node: IExecuteFunctions, index: number): unknown {
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
