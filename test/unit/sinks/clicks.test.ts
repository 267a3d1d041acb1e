import { defineSink } from '../../../src/sinks/sink';
import { findSink, SINKS } from '../../../src/sinks/registry';
import { CONTRACTS } from './contracts';
import { aClick, anOpen, answer, bodyOf, run, type Script } from './harness';

const LINK = 'https://shop.example/boots';

/** Sends one click, and gives the only request that tells the destination of it. */
async function sendClick(
	name: string,
	options: Record<string, string | boolean> = {},
	script?: Script,
) {
	const contract = CONTRACTS.find(({ sink }) => sink === name);
	const recipientId = name === 'googleAnalytics' ? 'r1' : 'ada1@example.com';
	const { statuses, deliveries, requests } = await run(
		findSink(name),
		[aClick(1, { recipientId })],
		script ?? [(request) => contract?.success(request) ?? answer(500)],
		{ options: { ...contract?.options, ...options } },
	);
	return { statuses, deliveries, requests, last: requests.at(-1) };
}

describe('a click at a destination that names its events', () => {
	it.each([
		['segment', 'batch', 'event', 'Email Link Clicked'],
		['postHog', 'batch', 'event', 'email link clicked'],
		['amplitude', 'events', 'event_type', 'Email Link Clicked'],
		['googleAnalytics', 'events', 'name', 'email_click'],
	])('%s has a name of its own for it, and says where it led', async (name, list, key, called) => {
		const { statuses, last } = await sendClick(name);
		expect(statuses).toEqual(['delivered']);
		const [event] = (bodyOf(last!) as Record<string, Array<Record<string, unknown>>>)[list];
		expect(event[key]).toBe(called);
		expect(event.properties ?? event.event_properties ?? event.params).toMatchObject({
			link_url: LINK,
			link_position: 2,
			link_label: 'boots',
			purpose: 'clicks',
			counted: true,
		});
	});

	it('takes the name that the user chose, for clicks alone', async () => {
		const { requests } = await run(
			findSink('mixpanel'),
			[anOpen(1), aClick(2)],
			[answer(200, { num_records_imported: 2 })],
			{ options: { eventName: 'Read', clickEventName: 'Followed' } },
		);
		expect(bodyOf(requests[0])).toMatchObject([
			{ event: 'Read', properties: {} },
			{ event: 'Followed', properties: { link_url: LINK } },
		]);
		expect(bodyOf(requests[0])).not.toMatchObject([{ properties: { link_url: LINK } }, {}]);
	});

	it('says of a click by a machine that it does not count', async () => {
		const { requests } = await run(
			findSink('segment'),
			[aClick(1, { actor: 'scanner', actorReason: 'link-burst' })],
			[answer(200, { success: true })],
		);
		expect(bodyOf(requests[0])).toMatchObject({
			batch: [
				{
					event: 'Email Link Clicked',
					properties: { counted: false, actor: 'scanner', actor_reason: 'link-burst' },
				},
			],
		});
	});
});

it('Matomo gets an event of action Click, named by campaign and link', async () => {
	const { last } = await sendClick('matomo');
	const { requests } = bodyOf(last!) as { requests: string[] };
	const sent = new URLSearchParams(requests[0].slice(1));
	expect(Object.fromEntries(sent)).toMatchObject({
		e_c: 'Email',
		e_a: 'Click',
		e_n: `autumn: ${LINK}`,
	});
});

describe('Snowplow (https://github.com/snowplow/iglu-central)', () => {
	it('gets its own link_click, and what else is known as an entity', async () => {
		const { last } = await sendClick('snowplow');
		const { data } = bodyOf(last!) as { data: Array<{ ue_pr: string; co: string }> };
		expect(JSON.parse(data[0].ue_pr)).toMatchObject({
			data: {
				schema: 'iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1',
				data: { targetUrl: LINK, elementContent: 'boots' },
			},
		});
		expect(JSON.parse(data[0].co)).toMatchObject({
			schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0',
			data: [
				{
					schema: 'iglu:com.example/email_click/jsonschema/1-0-0',
					data: { event: 'click', campaignId: 'autumn' },
				},
			],
		});
	});

	it('refuses a click whose link was not kept, since link_click needs it', async () => {
		const none = aClick(1, { link: { url: null, position: null, label: null } });
		const { deliveries, requests } = await run(findSink('snowplow'), [none], [answer(200)]);
		expect(requests).toHaveLength(0);
		expect(deliveries).toMatchObject([
			{ status: 'rejected', reason: expect.stringMatching(/link.url is empty/) },
		]);
	});
});

describe('a warehouse', () => {
	it.each(['bigQuery', 'clickHouse', 'elasticsearch'])('%s gets what it is', async (name) => {
		const { statuses, last } = await sendClick(name);
		expect(statuses).toEqual(['delivered']);
		expect(last?.body).toContain('"event":"click"');
		expect(last?.body).toContain(LINK);
	});
});

describe('Signed Webhook', () => {
	it.each([
		['native', { events: [{ event: 'click', link: { url: LINK, position: 2, label: 'boots' } }] }],
		// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#click
		['sendGrid', [{ event: 'click', url: LINK, email: 'ada1@example.com', linkPosition: 2 }]],
		// https://postmarkapp.com/developer/webhooks/click-webhook
		['postmark', { RecordType: 'Click', OriginalLink: LINK, ClickLocation: 'HTML' }],
	])('posts a click in the shape %s', async (shape, expected) => {
		const { last } = await sendClick('signedWebhook', { shape });
		expect(bodyOf(last!)).toMatchObject(expected);
		expect(last?.body).not.toContain('sg_machine_open');
	});
});

const CRMS = SINKS.filter(({ kind }) => kind === 'crm').map(({ name }) => name);

describe.each(CRMS)('the contact fields of %s', (name) => {
	const sink = findSink(name);

	it('refuse a click as long as no field is named for it', async () => {
		const { deliveries, requests } = await sendClick(name);
		expect(requests).toHaveLength(0);
		expect(deliveries).toMatchObject([
			{
				status: 'rejected',
				reason: expect.stringMatching(/^Last Clicked Field and Click Count Field are both empty/),
			},
		]);
	});

	it('take a click into the field for clicks, and never into that for opens', async () => {
		const { statuses, requests } = await sendClick(name, {
			lastOpenedField: '7',
			lastClickedField: '8',
			...(name === 'salesforce'
				? { lastOpenedField: 'Opened__c', lastClickedField: 'Clicked__c' }
				: {}),
		});
		expect(statuses).toEqual(['delivered']);
		const writes = requests
			.filter(({ body }) => body?.includes('2026-11-21'))
			.map(({ body }) => body);
		expect(writes).toHaveLength(1);
		expect(writes[0]).toMatch(/"8"|"id":8|Clicked__c/);
		expect(writes[0]).not.toMatch(/"7"|"id":7|Opened__c/);
	});

	it('skip a click by a machine, as they skip its opens', async () => {
		const { deliveries } = await run(sink, [aClick(1, { actor: 'scanner' })], [answer(500)], {
			options: { lastClickedField: 'F8' },
		});
		expect(deliveries).toEqual([
			{ status: 'skipped', reason: 'Not a click by a person (actor scanner)' },
		]);
	});
});

describe('an update of HubSpot that stands for an open and a click', () => {
	const options = {
		lastOpenedField: 'opened',
		openCountField: 'opens',
		lastClickedField: 'clicked',
		clickCountField: 'clicks',
	};
	const known = { opens: '4', clicks: '1', clicked: '2027-01-01T00:00:00.000Z' };

	it('writes both with one input, adds each to its own count, and moves no time back', async () => {
		const events = [
			anOpen(1, { recipientId: 'ada@example.com' }),
			aClick(2, { recipientId: 'ada@example.com' }),
			aClick(3, { recipientId: 'Ada@Example.com' }),
		];
		const { statuses, requests } = await run(
			findSink('hubSpot'),
			events,
			[
				answer(200, { results: [{ id: '1', properties: { email: 'ada@example.com', ...known } }] }),
				answer(200, { results: [{ id: '1' }] }),
			],
			{ options },
		);
		expect(statuses).toEqual(Array(3).fill('delivered'));
		expect(bodyOf(requests[0])).toMatchObject({
			properties: expect.arrayContaining(['opened', 'opens', 'clicked', 'clicks']),
		});
		expect(bodyOf(requests[1])).toEqual({
			inputs: [{ id: '1', properties: { opened: events[0].occurredAt, opens: 5, clicks: 3 } }],
		});
	});
});

describe('a timeline entry of a click', () => {
	it('is a custom event of its own at HubSpot, and refused while that has no name', async () => {
		const named = { write: 'timeline', clickEventName: 'pe1_email_link_clicked' };
		const { last } = await sendClick('hubSpot', named);
		expect(bodyOf(last!)).toMatchObject({
			inputs: [{ eventName: 'pe1_email_link_clicked', properties: { link_url: LINK } }],
		});
		const { deliveries, requests } = await sendClick('hubSpot', { write: 'timeline' });
		expect(requests).toHaveLength(0);
		expect(deliveries).toMatchObject([
			{ status: 'rejected', reason: expect.stringMatching(/^Custom Event of a Click is empty/) },
		]);
	});

	it('is an event of its own at Brevo', async () => {
		const { last } = await sendClick('brevo', { write: 'timeline' }, [answer(202, { count: 1 })]);
		expect(bodyOf(last!)).toMatchObject({
			events: [{ event_name: 'email_link_clicked', event_properties: { link_url: LINK } }],
		});
	});

	it('is a task or a note in words that say what was done', async () => {
		const words = `Clicked a link in an email of campaign autumn on 2026-11-21 11:00 UTC in Thunderbird: ${LINK}`;
		const task = await sendClick('salesforce', { write: 'timeline', recipientIs: 'crmId' });
		expect(bodyOf(task.last!)).toMatchObject({
			records: [
				{ Subject: 'Clicked a link in an email', Description: expect.stringContaining(words) },
			],
		});
		const byId = { write: 'timeline', recipientIs: 'crmId' };
		const note = await sendClick('pipedrive', byId, [answer(200, { success: true })]);
		expect(bodyOf(note.last!)).toMatchObject({ content: words });
		const other = await sendClick('activeCampaign', byId, [answer(201, {})]);
		expect(bodyOf(other.last!)).toMatchObject({ note: { note: words } });
	});
});

describe('a destination that has no such thing as a click', () => {
	const opensOnly = defineSink({
		name: 'opensOnly',
		displayName: 'Opens Only',
		kind: 'analytics',
		description: 'Takes opens',
		docsUrl: 'https://example.com',
		credential: { name: 'x', displayName: 'X', docsUrl: 'https://example.com', fields: [] },
		parameters: [],
		fields: ['eventId'],
		clickIs: null,
		deduplication: null,
		overrideExample: 'plan',
		limits: () => ({ records: 10, bytes: 1000 }),
		map: ({ eventId }) => ({ eventId }),
		request: (records) => ({
			method: 'POST',
			url: 'https://example.com/opens',
			body: JSON.stringify(records),
		}),
		outcome: (_, records) => records.map(() => ({ status: 'delivered' })),
	});

	it('refuses clicks by name, takes the opens beside them, and sends no click as an open', async () => {
		const { deliveries, requests } = await run(opensOnly, [anOpen(1), aClick(2)], [answer(200)]);
		expect(deliveries).toEqual([
			{ status: 'delivered' },
			{
				status: 'rejected',
				reason: expect.stringMatching(
					/^The event is a click, and Opens Only has no event for clicks/,
				),
			},
		]);
		expect(requests.map(bodyOf)).toEqual([[{ eventId: anOpen(1).eventId }]]);
	});
});
