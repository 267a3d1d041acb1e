import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import {
	ESP_PROVIDERS,
	type EspImportSettings,
	type EspProvider,
	parseEspPayload,
} from '../../../../src/tracking/esp/parse-esp-payload';
import { receiveReportedOpen } from '../../../../src/tracking/esp/receive-reported-open';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import type { Purpose } from '../../../../src/tracking/event/purpose';
import type { TrackingMode } from '../../../../src/tracking/event/tracking-mode';
import type { ReceiveSettings } from '../../../../src/tracking/receive/receive-types';
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
import { DEFAULT_SETTINGS, receiveDeps, tellOfLookups } from '../../../shared/receive/receive';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

export const importOpens: Operation = {
	value: 'import',
	name: 'Import',
	action: 'Import opens',
	description: 'Take opens that an email service reports by webhook; gives out those that are new',
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
		const payload = readPayload(node, index);
		const { provider, receive, ...esp } = settings;
		const { opens, rejected, ignored } = parseEspPayload(provider, payload, esp);

		const deps = receiveDeps(node);
		const stored: OpenEvent[] = [];
		let refused = 0;
		let known = 0;
		for (const open of opens) {
			const received = await receiveReportedOpen(open, receive, deps);
			tellOfLookups(node, received);
			if (received.event === null) {
				refused += 1;
				continue;
			}
			const { recorded } = await store.recordOpens([received.event]);
			if (recorded === 1) stored.push(received.event);
			else known += 1;
		}
		node.addExecutionHints({
			message: `${stored.length} opens are new, ${known} were known, ${refused} may not be stored, ${ignored} events are no opens`,
		});
		if (rejected.length === 0) return toItems(stored);

		const [first] = rejected;
		const fault = new NodeOperationError(
			node.getNode(),
			`${rejected.length} events of the payload could not be read. Event ${first.index + 1}: ${first.reason}`,
			{
				itemIndex: index,
				description:
					'Check Email Service and Payload Field. The opens that could be read are stored; the same payload can be imported again.',
			},
		);
		if (!node.continueOnFail()) throw fault;
		return [...toItems(stored), failedItem(node, node.getInputData()[index], index, fault)];
	},
};

interface ImportSettings extends EspImportSettings {
	provider: EspProvider;
	receive: ReceiveSettings;
}

function readSettings(node: IExecuteFunctions, index: number): ImportSettings {
	const options = node.getNodeParameter('importOptions', index, {}) as {
		keepAsAggregate?: boolean;
		keepRequest?: boolean;
		purpose?: Purpose;
	};
	const choice = node.getNodeParameter('importConsentPolicy', index) as ConsentChoice;
	const mode = node.getNodeParameter('importTrackingMode', index) as TrackingMode;
	const purpose = options.purpose ?? DEFAULT_SETTINGS.purpose;
	const recipient = node.getNodeParameter(
		'importRecipient',
		index,
	) as EspImportSettings['recipient'];
	return {
		provider: node.getNodeParameter('provider', index) as EspProvider,
		recipient,
		recipientKey: recipient === 'metadata' ? readText(node, 'importRecipientKey', index) : '',
		purpose,
		keepRequest: options.keepRequest ?? false,
		receive: {
			...DEFAULT_SETTINGS,
			mode: withinPreset(mode, choice),
			purpose,
			consent: { ...consentRulesOf(choice), keepAsAggregate: options.keepAsAggregate ?? false },
		},
	};
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
