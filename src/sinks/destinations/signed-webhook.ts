import { createHash, createHmac } from 'node:crypto';

import { EVENT_FIELDS } from '../../tracking/event/event-fields';
import { isCounted, type OpenEvent } from '../../tracking/event/open-event';
import { httpFailure } from '../http-answer';
import { defineSink, delivered, type SinkRecord } from '../sink';
import { withoutNulls } from '../without-nulls';

const SECRET_PREFIX = 'whsec_';

/**
 * Any HTTP endpoint, signed as Standard Webhooks 1.0 says:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * `webhook-signature` is `v1,` and the base64 HMAC-SHA-256 of `<webhook-id>.<webhook-timestamp>.<body>`,
 * so any Standard Webhooks library checks it. `webhook-id` is made of the event ids: a repeat has the
 * same one. Any 2xx means that all events of the request were taken.
 *
 * Shapes for consumers that exist already:
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#open and `#click`,
 * https://postmarkapp.com/developer/webhooks/open-tracking-webhook and
 * https://postmarkapp.com/developer/webhooks/click-webhook
 */
export const signedWebhook = defineSink({
	name: 'signedWebhook',
	displayName: 'Signed Webhook',
	kind: 'webhook',
	description: 'Posts opens and clicks to an address of your own, signed with HMAC-SHA-256',
	docsUrl:
		'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
	credential: {
		name: 'openTrackingSignedWebhookApi',
		displayName: 'Open Tracking Signed Webhook API',
		docsUrl:
			'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
		fields: [
			{
				name: 'url',
				displayName: 'URL',
				secret: false,
				default: '',
				required: true,
				placeholder: 'e.g. https://example.com/hooks/opens',
			},
			{
				name: 'signingSecret',
				displayName: 'Signing Secret',
				secret: true,
				default: '',
				required: true,
				placeholder: 'e.g. whsec_…',
				description: 'Base64 after "whsec_", or any text without that prefix',
			},
		],
		test: (values) => ({ ...signed('{"events":[]}', 'test', new Date(), values), ...TEST }),
	},
	parameters: [
		{
			name: 'shape',
			displayName: 'Shape',
			description: 'What one request looks like',
			type: 'options',
			default: 'native',
			options: [
				{
					name: 'Open Events',
					value: 'native',
					description: 'An object with the list "events", each as this package stores it',
				},
				{
					name: 'Postmark Open and Click Event',
					value: 'postmark',
					description: 'One open or click per request, as Postmark posts it',
				},
				{
					name: 'SendGrid Event Webhook',
					value: 'sendGrid',
					description: 'A list of opens and clicks, as SendGrid posts it',
				},
			],
		},
	],
	fields: EVENT_FIELDS,
	clickIs: 'an event whose `event` is "click", or the click event of SendGrid or Postmark',
	deduplication: 'eventId, sg_event_id, or Metadata.eventId; webhook-id per request',
	overrideExample: 'plan',
	limits: ({ shape }) => ({ records: shape === 'postmark' ? 1 : 500, bytes: 1_000_000 }),
	map(event, { shape }): SinkRecord {
		if (shape === 'sendGrid') return asSendGrid(event);
		return shape === 'postmark' ? asPostmark(event) : { ...event };
	},
	request(records, { credential, options, now }) {
		const body =
			options.shape === 'native'
				? { events: records }
				: options.shape === 'postmark'
					? records[0]
					: records;
		const id = createHash('sha256')
			.update(records.map(eventIdOf).join('\n'))
			.digest('hex')
			.slice(0, 32);
		return signed(JSON.stringify(body), `opens_${id}`, now, credential);
	},
	outcome: (response, records, { now }) =>
		httpFailure(response, records, now) ?? records.map(() => delivered),
});

const TEST = {
	ok: [200, 201, 202, 204],
	proves: 'The address answers a signed, empty list of opens',
} as const;

function signed(body: string, id: string, now: Date, credential: Readonly<Record<string, string>>) {
	const timestamp = String(Math.floor(now.getTime() / 1000));
	const { signingSecret, url } = credential;
	const key = signingSecret.startsWith(SECRET_PREFIX)
		? Buffer.from(signingSecret.slice(SECRET_PREFIX.length), 'base64')
		: Buffer.from(signingSecret, 'utf8');
	if (key.length === 0) throw new Error('The signing secret is empty. Enter it in the credential.');
	const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
	return {
		method: 'POST',
		url: url.trim(),
		headers: {
			'content-type': 'application/json',
			'webhook-id': id,
			'webhook-timestamp': timestamp,
			'webhook-signature': `v1,${signature}`,
		},
		body,
	} as const;
}

function eventIdOf(record: SinkRecord): string {
	const metadata = record.Metadata as SinkRecord | undefined;
	return String(record.eventId ?? record.sg_event_id ?? metadata?.eventId);
}

function asSendGrid(event: OpenEvent): SinkRecord {
	return withoutNulls({
		email: event.recipientId,
		timestamp: Math.floor(Date.parse(event.occurredAt) / 1000),
		event: event.event,
		sg_event_id: event.eventId,
		sg_message_id: event.messageId,
		sg_machine_open: event.event === 'open' ? !isCounted(event.actor) : null,
		url: event.link.url,
		useragent: event.request.userAgent,
		ip: event.request.ip,
		category: event.campaignId === null ? null : [event.campaignId],
		...ownFields(event),
	});
}

function asPostmark(event: OpenEvent): SinkRecord {
	return withoutNulls({
		...(event.event === 'click'
			? { RecordType: 'Click', OriginalLink: event.link.url, ClickLocation: 'HTML' }
			: { RecordType: 'Open' }),
		Recipient: event.recipientId,
		MessageID: event.messageId,
		ReceivedAt: event.occurredAt,
		Tag: event.campaignId,
		UserAgent: event.request.userAgent,
		Platform: event.client.device,
		Client: { Family: event.client.family, Name: event.client.family },
		OS: { Family: event.client.os, Name: event.client.os },
		Geo: { IP: event.request.ip },
		Metadata: { eventId: event.eventId, ...ownFields(event) },
	});
}

/** What neither vendor has a place for: custom arguments there, metadata here. */
function ownFields(event: OpenEvent): SinkRecord {
	return {
		pixelId: event.pixelId,
		trackingMode: event.trackingMode,
		purpose: event.purpose,
		actor: event.actor,
		actorReason: event.actorReason,
		linkPosition: event.link.position,
		linkLabel: event.link.label,
	};
}
