import { z } from 'zod4';

import type { OpenEvent } from '../../tracking/event/open-event';
import {
	CONTACT_FIELDS,
	contactKey,
	type ContactActivity,
	contactActivity,
	crmParameters,
	fieldsToRead,
	fieldsToWrite,
	mergeActivity,
	refuseForCrm,
	TIMELINE_FIELDS,
} from '../crm-contact';
import { nameOfEvent } from '../event-properties';
import { httpFailure, jsonBody } from '../http-answer';
import { defineSink, delivered, rejected, type SinkRecord } from '../sink';

const API = 'https://api.hubapi.com';
const VERSION = '2026-03';

type HubSpotRecord =
	| ({ step: 'read' } & ContactActivity)
	| ({ step: 'update'; id: string } & ContactActivity)
	| { step: 'event'; input: SinkRecord };

const batchAnswer = z.object({
	results: z.array(
		z.object({ id: z.string(), properties: z.record(z.string(), z.unknown()).optional() }),
	),
	errors: z
		.array(
			z.object({
				message: z.string(),
				context: z.record(z.string(), z.array(z.string())).optional(),
			}),
		)
		.optional(),
});

/**
 * HubSpot, contacts in batches:
 * https://developers.hubspot.com/docs/api-reference/2026-03/crm/objects/contacts/batch/update-contacts
 * The batch update takes record ids and unique properties, but no addresses
 * (https://github.com/HubSpot/hubspot-api-nodejs/issues/548), so contacts are read first; unknown
 * ones come back as 207 with their ids and are never created. Reading also lets the count grow and
 * keeps the last open from moving back. Two runs at once may lose a count.
 *
 * Timeline: custom event occurrences, at most 500 per request, `uuid` is the event id (Enterprise):
 * https://developers.hubspot.com/docs/api-reference/2026-03/events/send-event-data/batch-send-occurrences
 */
export const hubSpot = defineSink({
	name: 'hubSpot',
	displayName: 'HubSpot',
	kind: 'crm',
	description:
		'Writes last opened, last clicked and counts to contacts, or a custom event to their timeline',
	docsUrl:
		'https://developers.hubspot.com/docs/api-reference/2026-03/crm/objects/contacts/batch/update-contacts',
	credential: {
		name: 'openTrackingHubSpotApi',
		displayName: 'Open Tracking HubSpot API',
		docsUrl: 'https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview',
		fields: [
			{
				name: 'accessToken',
				displayName: 'Access Token',
				secret: true,
				default: '',
				required: true,
				description:
					'Of a private app with the scopes crm.objects.contacts.read and .write, and behavioral_events.send for the timeline',
			},
		],
		authenticate: ({ accessToken }) => ({ headers: { authorization: `Bearer ${accessToken}` } }),
		test: () => ({
			method: 'GET',
			url: `${API}/crm/objects/${VERSION}/contacts`,
			query: { limit: '1' },
			body: null,
			ok: [200],
			proves: 'HubSpot lets the app read contacts',
		}),
	},
	parameters: [
		...crmParameters({
			timelineName: 'Custom Event',
			crmName: 'HubSpot',
			lastOpenedField: 'last_email_open',
			timeFormat: 'dateTime',
			fieldHint: 'internal name of a contact property',
		}),
		{
			name: 'eventName',
			displayName: 'Custom Event',
			description: 'Fully qualified name of the custom event in HubSpot',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. pe123456_email_opened',
			showFor: { parameter: 'write', values: ['timeline'] },
		},
		{
			name: 'clickEventName',
			displayName: 'Custom Event of a Click',
			description:
				'Fully qualified name of the custom event for clicks in HubSpot. While it is empty, clicks are refused',
			type: 'string',
			default: '',
			placeholder: 'e.g. pe123456_email_link_clicked',
			showFor: { parameter: 'write', values: ['timeline'] },
		},
	],
	fields: [...CONTACT_FIELDS, ...TIMELINE_FIELDS],
	clickIs: 'properties of the contact, or a custom event of its own',
	deduplication: 'uuid = eventId for custom events; contact fields are set, a count may repeat',
	overrideExample: 'fields.favourite_campaign',
	limits: ({ write }) => ({ records: write === 'timeline' ? 500 : 100, bytes: 1_000_000 }),
	refuses(event, { options }) {
		const refusal = refuseForCrm(event, options);
		if (refusal || options.write === 'contact' || nameOfEvent(event, options) !== '')
			return refusal;
		return rejected(
			'Custom Event of a Click is empty, so HubSpot has no event for a click. Fill it in, or put an If node in front that lets items through whose event is "open"',
		);
	},
	map: (event, options): HubSpotRecord =>
		options.write === 'timeline'
			? { step: 'event', input: customEvent(event, options) }
			: { step: 'read', ...contactActivity(event) },
	collapse: {
		key: (record) => (record.step === 'event' ? null : contactKey(record.contact)),
		merge: (records) => mergeActivity(records.filter((record) => record.step === 'read')),
	},
	request(records, { options }) {
		const [{ step }] = records;
		const path =
			step === 'event'
				? `/events/${VERSION}/send/batch`
				: `/crm/objects/${VERSION}/contacts/batch/${step}`;
		return {
			method: 'POST',
			url: `${API}${path}`,
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({
				...(step === 'read'
					? {
							properties: ['email', 'hs_additional_emails', ...fieldsToRead(options)],
							...(options.recipientIs === 'email' ? { idProperty: 'email' } : {}),
						}
					: {}),
				inputs: records.map((record) => {
					if (record.step === 'event') return record.input;
					return record.step === 'read'
						? { id: record.contact }
						: { id: record.id, properties: record.fields };
				}),
			}),
		};
	},
	outcome(response, records, { options, now }) {
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		if (records[0].step === 'event') return records.map(() => delivered);
		const { results, errors } = batchAnswer.parse(jsonBody(response));
		const refusals = new Map(
			(errors ?? []).flatMap((error) =>
				(error.context?.ids ?? []).map((id) => [contactKey(id), error.message] as const),
			),
		);
		const found = new Map<string, (typeof results)[number]>();
		for (const result of results) for (const key of keysOf(result)) found.set(key, result);
		return records.map((record) => {
			if (record.step === 'event') return delivered;
			const key = record.step === 'read' ? contactKey(record.contact) : record.id;
			const result = found.get(key);
			if (!result) {
				return rejected(refusals.get(key) ?? 'HubSpot has no such contact');
			}
			if (record.step === 'update') return delivered;
			const fields = fieldsToWrite(record, options, result.properties ?? {});
			if (Object.keys(fields).length === 0) return delivered;
			return { status: 'continue', record: { ...record, step: 'update', id: result.id, fields } };
		});
	},
});

/** Everything a contact in an answer may have been asked for by. */
function keysOf(result: { id: string; properties?: Record<string, unknown> }): string[] {
	const { email, hs_additional_emails: others } = result.properties ?? {};
	const addresses = [email, ...(typeof others === 'string' ? others.split(';') : [])];
	const known = addresses.filter((one): one is string => typeof one === 'string' && one !== '');
	return [result.id, ...known.map(contactKey)];
}

function customEvent(
	event: OpenEvent,
	options: { eventName: string; clickEventName: string; recipientIs: string },
): SinkRecord {
	const properties = {
		campaign_id: event.campaignId,
		message_id: event.messageId,
		actor: event.actor,
		client: event.client.family,
		device: event.client.device,
		link_url: event.link.url,
	};
	return {
		eventName: nameOfEvent(event, options),
		...(options.recipientIs === 'email'
			? { email: event.recipientId }
			: { objectId: event.recipientId }),
		occurredAt: event.occurredAt,
		uuid: event.eventId,
		properties: Object.fromEntries(
			Object.entries(properties).filter(([, value]) => value !== null),
		),
	};
}
