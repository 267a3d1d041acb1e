import { z } from 'zod4';

import type { OpenEvent } from '../../tracking/event/open-event';
import {
	CONTACT_FIELDS,
	contactKey,
	type ContactActivity,
	contactActivity,
	crmParameters,
	fieldsToWrite,
	keepsCount,
	mergeActivity,
	refuseForCrm,
	TIMELINE_FIELDS,
} from '../crm-contact';
import { nameOfEvent } from '../event-properties';
import { httpFailure, jsonBody, jsonBodyOrNull, vendorMessage } from '../http-answer';
import {
	type BatchAnswer,
	defineSink,
	delivered,
	rejected,
	retryable,
	type SinkRecord,
	type SinkResponse,
} from '../sink';

const API = 'https://api.brevo.com/v3';
/** Brevo says here, in seconds, when it takes requests again. */
const RESET_HEADER = 'x-sib-ratelimit-reset';

type BrevoRecord =
	| ({ step: 'batch' | 'read' | 'update' } & ContactActivity)
	| { step: 'event'; input: SinkRecord };

const contactAnswer = z.object({ attributes: z.record(z.string(), z.unknown()) });
const eventErrors = z.object({
	failed_events: z.number(),
	errors: z.array(z.object({ eventIndex: z.array(z.number()), message: z.string() })),
});
const eventsAccepted = z.object({ count: z.number() });

/**
 * Brevo, update of many contacts: https://developers.brevo.com/reference/update-batch-contacts
 * Contacts are never created. One that Brevo does not know makes it refuse the whole request and
 * name the positions (https://github.com/sendinblue/APIv3-php-library/issues/257): those are
 * rejected, the rest is sent again. The last open is overwritten; only where a count is kept is
 * each contact read first and updated alone. Two runs at once may lose a count.
 *
 * Timeline: events, https://developers.brevo.com/reference/create-batch-events — at most 200 per
 * request here; they know no idempotency key.
 */
export const brevo = defineSink({
	name: 'brevo',
	displayName: 'Brevo',
	kind: 'crm',
	description:
		'Writes last opened, last clicked and counts to contacts, or an event to their history',
	docsUrl: 'https://developers.brevo.com/reference/update-batch-contacts',
	credential: {
		name: 'openTrackingBrevoApi',
		displayName: 'Open Tracking Brevo API',
		docsUrl: 'https://developers.brevo.com/docs/getting-started',
		fields: [{ name: 'apiKey', displayName: 'API Key', secret: true, default: '', required: true }],
		authenticate: ({ apiKey }) => ({ headers: { 'api-key': apiKey } }),
		test: () => ({
			method: 'GET',
			url: `${API}/account`,
			body: null,
			ok: [200],
			proves: 'Brevo knows the key',
		}),
	},
	parameters: [
		...crmParameters({
			timelineName: 'Event',
			crmName: 'Brevo',
			lastOpenedField: 'LAST_EMAIL_OPEN',
			timeFormat: 'date',
			fieldHint: 'name of a contact attribute',
		}),
		{
			name: 'eventName',
			displayName: 'Event Name',
			description: 'Letters, digits, hyphens and underscores',
			type: 'string',
			default: 'email_opened',
			required: true,
			showFor: { parameter: 'write', values: ['timeline'] },
		},
		{
			name: 'clickEventName',
			displayName: 'Event Name of a Click',
			description: 'Letters, digits, hyphens and underscores',
			type: 'string',
			default: 'email_link_clicked',
			required: true,
			showFor: { parameter: 'write', values: ['timeline'] },
		},
	],
	fields: [...CONTACT_FIELDS, ...TIMELINE_FIELDS],
	clickIs: 'attributes of the contact, or an event of its own name',
	deduplication: null,
	overrideExample: 'fields.FAVOURITE_CAMPAIGN',
	limits: (options) => ({
		records: options.write === 'timeline' ? 200 : keepsCount(options) ? 1 : 100,
		bytes: 500_000,
	}),
	refuses: (event, { options }) => refuseForCrm(event, options),
	map(event, options): BrevoRecord {
		if (options.write === 'timeline') {
			return { step: 'event', input: brevoEvent(event, options) };
		}
		return { step: keepsCount(options) ? 'read' : 'batch', ...contactActivity(event) };
	},
	collapse: {
		key: (record) => (record.step === 'event' ? null : contactKey(record.contact)),
		merge: (records) => mergeActivity(records.filter((record) => record.step !== 'event')),
	},
	request(records, { options }) {
		const [first] = records;
		const headers = { 'content-type': 'application/json' };
		if (first.step === 'event') {
			const events = records.map((record) => (record.step === 'event' ? record.input : {}));
			const body = JSON.stringify({ events });
			return { method: 'POST', url: `${API}/events/batch`, headers, body };
		}
		if (first.step === 'batch') {
			const contacts = records.flatMap((record) =>
				record.step === 'event'
					? []
					: [{ ...keyOf(record, options), attributes: fieldsToWrite(record, options, null) }],
			);
			const body = JSON.stringify({ contacts });
			return { method: 'POST', url: `${API}/contacts/batch`, headers, body };
		}
		const url = `${API}/contacts/${encodeURIComponent(first.contact)}`;
		const query = { identifierType: options.recipientIs === 'email' ? 'email_id' : 'contact_id' };
		if (first.step === 'read') return { method: 'GET', url, query, body: null };
		return {
			method: 'PUT',
			url,
			query,
			headers,
			body: JSON.stringify({ attributes: first.fields }),
		};
	},
	outcome(response, records, { options, now }): BatchAnswer<BrevoRecord> {
		const [first] = records;
		if (first.step === 'event') {
			const wrong = wrongEvents(response);
			if (wrong) {
				return records.map((_, index) => {
					const message = wrong.get(index);
					return message === undefined ? delivered : rejected(message);
				});
			}
		} else if (response.status === 404) {
			const unknown = unknownContacts(response);
			return records.map((_, index) =>
				unknown.length === 0 || unknown.includes(index)
					? rejected('Brevo has no such contact')
					: retryable('Brevo refused the batch because of other contacts', 0),
			);
		}
		const failure = httpFailure(response, records, now, RESET_HEADER);
		if (failure) return failure;
		if (first.step === 'event') eventsAccepted.parse(jsonBody(response));
		if (first.step !== 'read') return records.map(() => delivered);
		const { attributes } = contactAnswer.parse(jsonBody(response));
		const fields = fieldsToWrite(first, options, attributes);
		return [{ status: 'continue', record: { ...first, step: 'update', fields } }];
	},
});

/** Which events of a batch Brevo refused and why; `null` when its answer names none. */
function wrongEvents(response: SinkResponse): Map<number, string> | null {
	if (response.status !== 207 && response.status !== 400) return null;
	const answer = eventErrors.safeParse(jsonBodyOrNull(response));
	if (!answer.success) return null;
	const { errors, failed_events: failed } = answer.data;
	const wrong = new Map<number, string>();
	for (const { eventIndex, message } of errors) {
		for (const index of eventIndex) wrong.set(index, message);
	}
	return wrong.size === failed ? wrong : null;
}

/** Positions in a sentence like "No contact found for indexes 3,4". */
function unknownContacts(response: SinkResponse): number[] {
	const list = /indexe?s?\s*:?\s*([\d,\s]+)/i.exec(vendorMessage(response.body) ?? '');
	return list ? list[1].split(',').map((text) => Number(text.trim())) : [];
}

function keyOf(
	record: ContactActivity,
	{ recipientIs }: { recipientIs: string },
): { email: string } | { id: number } {
	return recipientIs === 'email' ? { email: record.contact } : { id: Number(record.contact) };
}

function brevoEvent(
	event: OpenEvent,
	options: { eventName: string; clickEventName: string; recipientIs: string },
): SinkRecord {
	const properties = {
		event_id: event.eventId,
		campaign_id: event.campaignId,
		message_id: event.messageId,
		actor: event.actor,
		client: event.client.family,
		device: event.client.device,
		link_url: event.link.url,
	};
	return {
		event_name: nameOfEvent(event, options),
		event_date: event.occurredAt,
		identifiers:
			options.recipientIs === 'email'
				? { email_id: event.recipientId }
				: { contact_id: Number(event.recipientId) },
		event_properties: Object.fromEntries(
			Object.entries(properties).filter(([, value]) => value !== null),
		),
	};
}
