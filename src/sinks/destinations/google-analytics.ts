import { eventNames, eventProperties, nameOfEvent, PROPERTY_FIELDS } from '../event-properties';
import { httpFailure } from '../http-answer';
import { defineSink, delivered, rejected } from '../sink';
import { trimUrl } from '../url';

const OLDEST_MS = 72 * 60 * 60 * 1000;
const LONGEST_VALUE = 100;

type HitRecord = {
	client_id: string;
	user_id?: string;
	event: { name: string; params: Record<string, unknown>; timestamp_micros: number };
};

/**
 * Google Analytics 4, Measurement Protocol:
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events
 * At most 25 events and 130 KB per request, one client per request, values of at most 100
 * characters (longer ones are left out), events of the last 72 hours. The protocol answers 2xx to
 * whatever is well formed and knows no idempotency key. Google forbids personal data, so a
 * recipient id that is an email address is refused
 * (https://support.google.com/analytics/answer/6366371). Its own event `click` is a link on a page that
 * leads away from the website, so a click in an email has another name.
 */
export const googleAnalytics = defineSink({
	name: 'googleAnalytics',
	displayName: 'Google Analytics 4',
	kind: 'analytics',
	description: 'Sends each open and each click as an event by the Measurement Protocol',
	docsUrl:
		'https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events',
	credential: {
		name: 'openTrackingGoogleAnalyticsApi',
		displayName: 'Open Tracking Google Analytics API',
		docsUrl: 'https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference',
		fields: [
			{
				name: 'host',
				displayName: 'Collection',
				secret: false,
				default: 'https://www.google-analytics.com',
				required: true,
				options: [
					{ name: 'European Union', value: 'https://region1.google-analytics.com' },
					{ name: 'Global', value: 'https://www.google-analytics.com' },
				],
			},
			{
				name: 'measurementId',
				displayName: 'Measurement ID',
				secret: false,
				default: '',
				required: true,
				placeholder: 'e.g. G-XXXXXXX',
			},
			{ name: 'apiSecret', displayName: 'API Secret', secret: true, default: '', required: true },
		],
		authenticate: ({ measurementId, apiSecret }) => ({
			query: { measurement_id: measurementId, api_secret: apiSecret },
		}),
		test: ({ host }) => ({
			method: 'POST',
			url: `${trimUrl(host)}/debug/mp/collect`,
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({
				client_id: 'credential-test',
				events: [{ name: 'test', params: {} }],
			}),
			ok: [200],
			proves: 'Google Analytics answers; it does not say whether the API secret is right',
		}),
	},
	parameters: eventNames({
		displayName: 'Event Name',
		vendor: 'Google Analytics',
		open: 'email_open',
		click: 'email_click',
		hint: 'letters, digits and underscores, at most 40',
	}),
	fields: [...PROPERTY_FIELDS, 'occurredAt', 'recipientId'],
	clickIs: 'an event name of its own',
	deduplication: null,
	overrideExample: 'event.params.plan',
	limits: () => ({ records: 25, bytes: 130_000 }),
	refuses(event, { now }) {
		if (event.recipientId?.includes('@')) {
			return rejected(
				'recipientId is an email address, which Google Analytics forbids. Give recipients a pseudonym with Open Data Minimizer',
			);
		}
		if (now.getTime() - Date.parse(event.occurredAt) > OLDEST_MS) {
			return rejected('occurredAt is more than 72 hours ago, which Google Analytics does not take');
		}
		return null;
	},
	map(event, options): HitRecord {
		const params = Object.entries(eventProperties(event)).filter(
			([, value]) => String(value).length <= LONGEST_VALUE,
		);
		return {
			client_id: event.recipientId ?? event.eventId,
			...(event.recipientId === null ? {} : { user_id: event.recipientId }),
			event: {
				name: nameOfEvent(event, options),
				params: Object.fromEntries(params),
				timestamp_micros: Date.parse(event.occurredAt) * 1000,
			},
		};
	},
	group: (record) => JSON.stringify([record.client_id, record.user_id]),
	request: (records, { credential }) => ({
		method: 'POST',
		url: `${trimUrl(credential.host)}/mp/collect`,
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			client_id: records[0].client_id,
			user_id: records[0].user_id,
			non_personalized_ads: true,
			events: records.map((record) => record.event),
		}),
	}),
	outcome: (response, records, { now }) =>
		httpFailure(response, records, now) ?? records.map(() => delivered),
});
