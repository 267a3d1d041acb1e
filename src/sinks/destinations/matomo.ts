import { createHash } from 'node:crypto';

import { z } from 'zod4';

import type { EventField } from '../../tracking/event/event-fields';
import { isCounted, type OpenEvent } from '../../tracking/event/open-event';
import { httpFailure, jsonBody } from '../http-answer';
import { defineSink, delivered, rejected, retryLater } from '../sink';
import { trimUrl } from '../url';

const answer = z.object({
	status: z.literal('success'),
	tracked: z.number(),
	invalid: z.number(),
	invalid_indices: z.array(z.number()).optional(),
});

const FIELDS = [
	'eventId',
	'occurredAt',
	'recipientId',
	'pixelId',
	'campaignId',
	'actor',
	'link.url',
] as const satisfies readonly EventField[];

/**
 * Matomo, bulk tracking: https://developer.matomo.org/api-reference/tracking-api#bulk-tracking
 * Requests go oldest first, as Matomo wants them. `token_auth` travels in the body; with it Matomo
 * takes old times, an anonymous address instead of this server's, and names invalid requests by
 * index. Matomo knows no idempotency key. A click is no outlink there: those leave the website that
 * Matomo measures, and a link in an email mostly leads to it.
 */
export const matomo = defineSink({
	name: 'matomo',
	displayName: 'Matomo',
	kind: 'analytics',
	description: 'Tracks opens and clicks as events of category Email, action Open or Click',
	docsUrl: 'https://developer.matomo.org/api-reference/tracking-api#bulk-tracking',
	credential: {
		name: 'openTrackingMatomoApi',
		displayName: 'Open Tracking Matomo API',
		docsUrl: 'https://matomo.org/faq/general/faq_114/',
		fields: [
			{
				name: 'url',
				displayName: 'Matomo URL',
				secret: false,
				default: '',
				required: true,
				placeholder: 'e.g. https://matomo.example.com',
			},
			{
				name: 'tokenAuth',
				displayName: 'Auth Token',
				secret: true,
				default: '',
				required: true,
				description: 'Of a user with write permission for the website',
			},
		],
		test: ({ url, tokenAuth }) => ({
			method: 'POST',
			url: `${trimUrl(url)}/index.php`,
			query: { module: 'API', method: 'API.getMatomoVersion', format: 'json' },
			headers: { 'content-type': 'application/x-www-form-urlencoded' },
			body: new URLSearchParams({ token_auth: tokenAuth }).toString(),
			ok: [200],
			proves: 'Matomo knows the token',
		}),
	},
	parameters: [
		{
			name: 'siteId',
			displayName: 'Website ID',
			placeholder: 'e.g. 1',
			description: 'Under which website Matomo counts the opens',
			type: 'string',
			default: '1',
			required: true,
		},
		{
			name: 'pageUrl',
			displayName: 'Page URL',
			description: 'Address that Matomo shows with the event; it must belong to the website',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://example.com/newsletter',
		},
	],
	fields: FIELDS,
	clickIs: 'an event of category Email, action Click',
	deduplication: null,
	overrideExample: 'dimension1',
	limits: () => ({ records: 200, bytes: 1_000_000 }),
	map: (event, options) => ({
		idsite: options.siteId,
		rec: '1',
		apiv: '1',
		ca: '1',
		e_c: 'Email',
		e_a: actionOf(event),
		...nameOf(event),
		...(event.recipientId === null
			? { cid: createHash('sha256').update(event.eventId).digest('hex').slice(0, 16) }
			: { uid: event.recipientId }),
		cdt: String(Math.floor(Date.parse(event.occurredAt) / 1000)),
		cip: '0.0.0.0',
		bots: '1',
		send_image: '0',
		...(options.pageUrl === '' ? {} : { url: options.pageUrl }),
	}),
	request: (records, { credential }) => ({
		method: 'POST',
		url: `${trimUrl(credential.url)}/matomo.php`,
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			requests: oldestFirst(records).map((index) => `?${queryOf(records[index])}`),
			token_auth: credential.tokenAuth,
		}),
	}),
	outcome(response, records, { now }) {
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		const { invalid, invalid_indices: indices } = answer.parse(jsonBody(response));
		if (invalid > 0 && indices === undefined) {
			return records.map(() =>
				retryLater(
					'Matomo did not accept the auth token and does not say which requests it left out',
				),
			);
		}
		const order = oldestFirst(records);
		const left = new Set((indices ?? []).map((sent) => order[sent]));
		return records.map((_, index) =>
			left.has(index) ? rejected('Matomo found the request invalid') : delivered,
		);
	},
});

function actionOf({ event, actor }: OpenEvent): string {
	const action = event === 'click' ? 'Click' : 'Open';
	return isCounted(actor) ? action : `${action} (${actor})`;
}

/** The campaign, and of a click also where it led, so that each link is a row of its own. */
function nameOf(event: OpenEvent): { e_n?: string } {
	const parts = [event.campaignId ?? event.pixelId, event.link.url];
	const name = parts.filter((part) => part !== null).join(': ');
	return name === '' ? {} : { e_n: name };
}

type Hit = Readonly<Record<string, unknown>>;

/** Positions of the records, the one with the oldest time first. */
function oldestFirst(records: readonly Hit[]): number[] {
	return records
		.map((_, index) => index)
		.sort((a, b) => Number(records[a].cdt) - Number(records[b].cdt) || a - b);
}

function queryOf(record: Hit): string {
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(record)) query.set(name, String(value));
	return query.toString();
}
