import { findSink } from '../../../../src/sinks/registry';
import type { SinkRequest } from '../../../../src/sinks/sink';
import { recipientPseudonym } from '../../../../src/tracking/people/pseudonym';
import { anOpen, answer, bodyOf, opens, run } from '../harness';

const inputsOf = (request: SinkRequest) =>
	(bodyOf(request) as { inputs: Array<Record<string, unknown>> }).inputs;
const ADA = { recipientId: 'ada@example.com' };

describe.each(['hubSpot', 'salesforce', 'pipedrive', 'brevo', 'activeCampaign'])('%s', (name) => {
	const sink = findSink(name);
	const options = { lastOpenedField: '7' };

	it('writes nothing for an open of nobody', async () => {
		const nobody = anOpen(1, { recipientId: null, trackingMode: 'aggregate' });
		const { deliveries, requests } = await run(sink, [nobody], [answer(200, {})], { options });
		expect(requests).toHaveLength(0);
		expect(deliveries[0]).toMatchObject({
			status: 'rejected',
			reason: expect.stringContaining('recipientId is empty'),
		});
	});

	it('skips loads by machines, and says so', async () => {
		const { deliveries, requests } = await run(
			sink,
			[anOpen(1, { actor: 'prefetch' })],
			[answer(200, {})],
			{ options },
		);
		expect(requests).toHaveLength(0);
		expect(deliveries).toEqual([
			{ status: 'skipped', reason: 'Not an open by a person (actor prefetch)' },
		]);
	});

	it.each(['email', 'crmId'])(
		'names the node that made a pseudonym of a recipient (%s)',
		async (recipientIs) => {
			const key = Buffer.alloc(32, 7);
			const recipientId = recipientPseudonym('ada@example.com', 'spring', key);
			const { deliveries, requests } = await run(
				sink,
				[anOpen(1, { recipientId })],
				[answer(200, {})],
				{ options: { ...options, recipientIs } },
			);
			expect(requests).toHaveLength(0);
			expect(deliveries).toEqual([
				{
					status: 'rejected',
					reason:
						'recipientId is a pseudonym, by which no CRM finds a contact. Set Recipient to Keep in the Open Data Minimizer before this node; or, where the trigger that records opens has the mode Pseudonymous, choose Identified there',
				},
			]);
		},
	);

	it('refuses an id that is no address, and a setup that writes no field', async () => {
		const plain = await run(sink, [anOpen(1, { recipientId: '42' })], [answer(200, {})], {
			options,
		});
		expect(plain.deliveries[0]).toMatchObject({
			status: 'rejected',
			reason: expect.stringContaining('not an email address'),
		});
		const empty = await run(sink, opens(1), [answer(200, {})], {
			options: { lastOpenedField: '' },
		});
		expect(empty.deliveries[0]).toMatchObject({
			status: 'rejected',
			reason: expect.stringContaining('both empty'),
		});
	});
});

describe('HubSpot (https://developers.hubspot.com/docs/api-reference/2026-03/crm/objects/contacts/batch/update-contacts)', () => {
	const sink = findSink('hubSpot');
	const count = { openCountField: 'email_opens' };
	const contact = (id: string, properties: Record<string, unknown>) => ({ id, properties });
	const found = (...results: unknown[]) => answer(200, { status: 'COMPLETE', results });
	const NOT_FOUND =
		'Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.';

	it('reads contacts by address and updates them by id, several opens at once', async () => {
		const events = [anOpen(2, ADA), anOpen(1, { recipientId: 'ADA@example.com' }), anOpen(3)];
		const { requests, statuses } = await run(
			sink,
			events,
			[
				found(
					contact('101', { email: 'ada@example.com', email_opens: '4', last_email_open: null }),
					contact('103', { email: 'ada3@example.com', email_opens: null }),
				),
				found({ id: '101' }, { id: '103' }),
			],
			{ options: count },
		);
		expect(requests.map((request) => request.url)).toEqual([
			'https://api.hubapi.com/crm/objects/2026-03/contacts/batch/read',
			'https://api.hubapi.com/crm/objects/2026-03/contacts/batch/update',
		]);
		expect(bodyOf(requests[0])).toEqual({
			idProperty: 'email',
			properties: ['email', 'hs_additional_emails', 'last_email_open', 'email_opens'],
			inputs: [{ id: 'ada@example.com' }, { id: 'ada3@example.com' }],
		});
		expect(inputsOf(requests[1])).toEqual([
			{ id: '101', properties: { last_email_open: anOpen(2).occurredAt, email_opens: 6 } },
			{ id: '103', properties: { last_email_open: anOpen(3).occurredAt, email_opens: 1 } },
		]);
		expect(statuses).toEqual(['delivered', 'delivered', 'delivered']);
	});

	it('rejects only the contacts HubSpot does not have, also for all opens of one contact', async () => {
		const events = [anOpen(1, ADA), anOpen(2), anOpen(3, ADA)];
		const { deliveries, requests } = await run(sink, events, [
			answer(207, {
				status: 'COMPLETE',
				results: [contact('102', { email: 'ada2@example.com' })],
				numErrors: 1,
				errors: [
					{
						status: 'error',
						category: 'OBJECT_NOT_FOUND',
						message: NOT_FOUND,
						context: { ids: ['ada@example.com'] },
					},
				],
			}),
			found({ id: '102' }),
		]);
		expect(inputsOf(requests[1])).toHaveLength(1);
		expect(deliveries).toEqual([
			{ status: 'rejected', reason: NOT_FOUND },
			{ status: 'delivered' },
			{ status: 'rejected', reason: NOT_FOUND },
		]);
	});

	it('never moves the last open back', async () => {
		const later = '2026-11-21T11:59:00Z';
		const { requests, statuses } = await run(
			sink,
			[anOpen(1, ADA)],
			[found(contact('101', { email: 'ada@example.com', last_email_open: later }))],
		);
		expect(requests).toHaveLength(1);
		expect(statuses).toEqual(['delivered']);
	});

	it('counts an open once although the answer to the update was lost', async () => {
		const lost = Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' });
		const { requests } = await run(
			sink,
			[anOpen(1, ADA)],
			[
				found(contact('101', { email: 'ada@example.com', email_opens: '4' })),
				lost,
				found({ id: '101' }),
			],
			{ options: count },
		);
		expect(requests).toHaveLength(3);
		expect(requests[2]).toEqual(requests[1]);
		expect(inputsOf(requests[2])[0]).toMatchObject({ properties: { email_opens: 5 } });
	});

	it('knows a contact by its further addresses too', async () => {
		const { statuses } = await run(
			sink,
			[anOpen(1, ADA)],
			[
				found(
					contact('101', { email: 'a@example.org', hs_additional_emails: 'x@y.z;ada@example.com' }),
				),
				found({ id: '101' }),
			],
		);
		expect(statuses).toEqual(['delivered']);
	});

	it('sends custom events under the event id (https://developers.hubspot.com/docs/api-reference/2026-03/events/send-event-data/batch-send-occurrences)', async () => {
		const options = { write: 'timeline', eventName: 'pe1_email_opened' };
		const { requests, statuses } = await run(
			sink,
			[anOpen(1, ADA), anOpen(2, ADA)],
			[answer(204)],
			{ options },
		);
		expect(requests[0].url).toBe('https://api.hubapi.com/events/2026-03/send/batch');
		expect(inputsOf(requests[0])).toHaveLength(2);
		expect(inputsOf(requests[0])[0]).toEqual({
			eventName: 'pe1_email_opened',
			email: 'ada@example.com',
			occurredAt: anOpen(1).occurredAt,
			uuid: anOpen(1).eventId,
			properties: {
				campaign_id: 'autumn',
				message_id: 'message-1',
				actor: 'human',
				client: 'Thunderbird',
				device: 'desktop',
			},
		});
		expect(statuses).toEqual(['delivered', 'delivered']);
	});

	it('puts the user’s own values into the contact', async () => {
		const item = { event: anOpen(1, ADA), overrides: [{ field: 'fields.email_opens', value: 12 }] };
		const { requests } = await run(
			sink,
			[item],
			[found(contact('101', { email: 'ada@example.com' })), found({ id: '101' })],
		);
		expect(inputsOf(requests[1])[0]).toMatchObject({ properties: { email_opens: 12 } });
	});
});

describe('Salesforce (https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-update.html)', () => {
	const sink = findSink('salesforce');
	const rows = (...records: unknown[]) =>
		answer(200, { totalSize: records.length, done: true, records });
	const lockedRow = {
		success: false,
		errors: [
			{
				statusCode: 'UNABLE_TO_LOCK_ROW',
				message: 'unable to obtain exclusive access to this record',
				fields: [],
			},
		],
	};

	it('finds contacts by one query and updates them as a collection', async () => {
		const { requests, deliveries } = await run(
			sink,
			[anOpen(1), anOpen(2), anOpen(3)],
			[
				rows(
					{ Id: '003A', Email: 'Ada1@example.com', Opens__c: 2, Last_Email_Open__c: null },
					{ Id: '003B', Email: 'ada1@example.com', Opens__c: 9 },
					{ Id: '003C', Email: 'ada3@example.com', Opens__c: null },
				),
				answer(200, [
					{ id: '003A', success: true, errors: [] },
					{
						success: false,
						errors: [
							{
								statusCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
								message: 'Contact is archived',
								fields: [],
							},
						],
					},
				]),
			],
			{ options: { openCountField: 'Opens__c' } },
		);
		expect(requests[0]).toMatchObject({
			method: 'GET',
			url: 'https://salesforce.example.com/services/data/v66.0/query',
			query: {
				q: "SELECT Id, Email, Last_Email_Open__c, Opens__c FROM Contact WHERE Email IN ('ada1@example.com', 'ada2@example.com', 'ada3@example.com') ORDER BY CreatedDate",
			},
		});
		expect(requests[1]).toMatchObject({
			method: 'PATCH',
			url: 'https://salesforce.example.com/services/data/v66.0/composite/sobjects',
		});
		expect(bodyOf(requests[1])).toEqual({
			allOrNone: false,
			records: [
				{
					attributes: { type: 'Contact' },
					id: '003A',
					Last_Email_Open__c: anOpen(1).occurredAt,
					Opens__c: 3,
				},
				{
					attributes: { type: 'Contact' },
					id: '003C',
					Last_Email_Open__c: anOpen(3).occurredAt,
					Opens__c: 1,
				},
			],
		});
		expect(deliveries).toEqual([
			{ status: 'delivered' },
			{ status: 'rejected', reason: 'Salesforce has no such Contact' },
			{ status: 'rejected', reason: 'FIELD_CUSTOM_VALIDATION_EXCEPTION: Contact is archived' },
		]);
	});

	it('sends only the locked rows again', async () => {
		const { requests, statuses } = await run(sink, opens(2), [
			rows({ Id: '1', Email: 'ada1@example.com' }, { Id: '2', Email: 'ada2@example.com' }),
			answer(200, [{ id: '1', success: true, errors: [] }, lockedRow]),
			answer(200, [{ id: '2', success: true, errors: [] }]),
		]);
		expect((bodyOf(requests[2]) as { records: unknown[] }).records).toHaveLength(1);
		expect(statuses).toEqual(['delivered', 'delivered']);
	});

	it('quotes addresses, and takes no field name that could be SOQL', async () => {
		const quote = anOpen(1, { recipientId: "o'hara\\@example.com" });
		const { requests } = await run(sink, [quote], [rows()]);
		expect(requests[0].query?.q).toContain("IN ('o\\'hara\\\\@example.com')");
		const wrong = await run(sink, opens(1), [rows()], {
			options: { openCountField: 'Id FROM User--' },
		});
		expect(wrong.requests).toHaveLength(0);
		expect(wrong.deliveries[0]).toMatchObject({ status: 'rejected' });
	});

	it('upserts tasks by the event id, so that a repeat is the same task', async () => {
		const { requests } = await run(
			sink,
			[anOpen(1, ADA), anOpen(2, ADA)],
			[
				rows({ Id: '003A', Email: 'ada@example.com' }),
				answer(200, [{ success: true }, { success: true }]),
			],
			{ options: { write: 'timeline', taskEventIdField: 'Open_Event_Id__c' } },
		);
		expect(requests[1]).toMatchObject({
			method: 'PATCH',
			url: 'https://salesforce.example.com/services/data/v66.0/composite/sobjects/Task/Open_Event_Id__c',
		});
		const { records } = bodyOf(requests[1]) as { records: Array<Record<string, unknown>> };
		expect(records[0]).toMatchObject({
			attributes: { type: 'Task' },
			WhoId: '003A',
			Status: 'Completed',
			ActivityDate: '2026-11-21',
			Open_Event_Id__c: anOpen(1).eventId,
		});
		expect(records).toHaveLength(2);
	});

	it('needs no query where recipients are Salesforce ids', async () => {
		const { requests } = await run(
			sink,
			[anOpen(1, { recipientId: '003A' })],
			[answer(200, [{ success: true }])],
			{ options: { write: 'timeline', recipientIs: 'crmId' } },
		);
		expect(requests.map((request) => request.method)).toEqual(['POST']);
	});
});

describe('Pipedrive (https://developers.pipedrive.com/docs/api/v1/Persons#updatePerson)', () => {
	const sink = findSink('pipedrive');
	const LAST = 'd4de1c1518b4531717c676029a45911c340390a6';
	const COUNT = '9dc80c50d78a15643bfc4ca79d76156a73a1ca0e';
	const person = answer(200, { success: true, data: { items: [{ item: { id: 17 } }] } });
	const saved = answer(200, { success: true, data: { id: 17 } });

	it('searches the person, reads the count, and updates both fields', async () => {
		const { requests, statuses } = await run(
			sink,
			[anOpen(1, ADA), anOpen(2, ADA)],
			[
				person,
				answer(200, {
					success: true,
					data: { id: 17, custom_fields: { [COUNT]: 3, [LAST]: null } },
				}),
				saved,
			],
			{ options: { lastOpenedField: LAST, openCountField: COUNT } },
		);
		expect(requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
			'GET /api/v2/persons/search',
			'GET /api/v2/persons/17',
			'PATCH /api/v2/persons/17',
		]);
		expect(requests[0].query).toMatchObject({ term: 'ada@example.com', exact_match: 'true' });
		expect(bodyOf(requests[2])).toEqual({
			custom_fields: { [LAST]: '2026-11-21', [COUNT]: 5 },
		});
		expect(statuses).toEqual(['delivered', 'delivered']);
	});

	it('repeats only the step that failed', async () => {
		const { requests } = await run(sink, [anOpen(1, ADA)], [person, answer(500), saved], {
			options: { lastOpenedField: LAST },
		});
		expect(requests.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'PATCH']);
	});

	it('rejects a person it does not have', async () => {
		const nobody = answer(200, { success: true, data: { items: [] } });
		const { deliveries } = await run(sink, opens(1), [nobody], {
			options: { lastOpenedField: LAST },
		});
		expect(deliveries).toEqual([{ status: 'rejected', reason: 'Pipedrive has no such person' }]);
	});

	it('adds one note per open (https://developers.pipedrive.com/docs/api/v1/Notes#addNote)', async () => {
		const { requests } = await run(
			sink,
			[anOpen(1, ADA), anOpen(2, ADA)],
			[person, saved, person, saved],
			{
				options: { write: 'timeline' },
			},
		);
		expect(requests).toHaveLength(4);
		expect(requests[1].url).toBe('https://pipedrive.example.com/api/v1/notes');
		expect(bodyOf(requests[1])).toEqual({
			person_id: 17,
			content: 'Opened an email of campaign autumn on 2026-11-21 11:00 UTC in Thunderbird',
		});
	});
});

describe('Brevo (https://developers.brevo.com/reference/update-batch-contacts)', () => {
	const sink = findSink('brevo');

	it('updates contacts in one request', async () => {
		const { requests } = await run(sink, opens(2), [answer(204)]);
		expect(requests[0].url).toBe('https://api.brevo.com/v3/contacts/batch');
		expect(bodyOf(requests[0])).toEqual({
			contacts: [1, 2].map((number) => ({
				email: `ada${number}@example.com`,
				attributes: { LAST_EMAIL_OPEN: '2026-11-21' },
			})),
		});
	});

	it('rejects the contacts it does not have and updates the rest', async () => {
		const { deliveries, requests } = await run(sink, opens(3), [
			answer(404, { code: 'document_not_found', message: 'No contact found for indexes 0,2' }),
			answer(204),
		]);
		expect((bodyOf(requests[1]) as { contacts: unknown[] }).contacts).toHaveLength(1);
		expect(deliveries.map((one) => one.status)).toEqual(['rejected', 'delivered', 'rejected']);
	});

	it('reads each contact where a count is kept', async () => {
		const { requests } = await run(
			sink,
			[anOpen(1, ADA)],
			[
				answer(200, { id: 4, attributes: { OPENS: 7, LAST_EMAIL_OPEN: '2026-11-01' } }),
				answer(204),
			],
			{ options: { openCountField: 'OPENS' } },
		);
		expect(requests[1]).toMatchObject({
			method: 'PUT',
			url: 'https://api.brevo.com/v3/contacts/ada%40example.com',
			query: { identifierType: 'email_id' },
		});
		expect(bodyOf(requests[1])).toEqual({
			attributes: { LAST_EMAIL_OPEN: '2026-11-21', OPENS: 8 },
		});
	});

	it('waits as its own header asks (https://developers.brevo.com/docs/limit-headers)', async () => {
		const { elapsedMs } = await run(sink, opens(1), [
			answer(429, {}, { 'x-sib-ratelimit-reset': '25' }),
			answer(204),
		]);
		expect(elapsedMs).toBe(25_000);
	});

	it('rejects exactly the failed events of a 207 (https://developers.brevo.com/reference/create-batch-events)', async () => {
		const { deliveries, requests } = await run(
			sink,
			opens(3),
			[
				answer(207, {
					status: 'partial',
					total_events: 3,
					successful_events: 1,
					failed_events: 2,
					errors: [{ eventIndex: [0, 2], message: 'event_name is not valid' }],
				}),
			],
			{ options: { write: 'timeline' } },
		);
		expect(requests[0].url).toBe('https://api.brevo.com/v3/events/batch');
		expect((bodyOf(requests[0]) as { events: unknown[] }).events[0]).toMatchObject({
			event_name: 'email_opened',
			event_date: anOpen(1).occurredAt,
			identifiers: { email_id: 'ada1@example.com' },
			event_properties: { event_id: anOpen(1).eventId, campaign_id: 'autumn' },
		});
		expect(deliveries).toEqual([
			{ status: 'rejected', reason: 'event_name is not valid' },
			{ status: 'delivered' },
			{ status: 'rejected', reason: 'event_name is not valid' },
		]);
	});
});

describe('ActiveCampaign (https://developers.activecampaign.com/reference/bulk-import-contacts)', () => {
	const sink = findSink('activeCampaign');
	const queued = answer(200, { Success: 1, queued_contacts: 1, message: 'Contact import queued' });
	const options = { lastOpenedField: '7' };

	it('imports contacts in bulk', async () => {
		const { requests } = await run(sink, opens(2), [queued], { options });
		expect(requests[0].url).toBe('https://activecampaign.example.com/api/3/import/bulk_import');
		expect(bodyOf(requests[0])).toEqual({
			contacts: [1, 2].map((number) => ({
				email: `ada${number}@example.com`,
				fields: [{ id: 7, value: '2026-11-21' }],
			})),
		});
	});

	it('rejects the contact it names and imports the others', async () => {
		const { deliveries, requests } = await run(
			sink,
			opens(3),
			[
				answer(400, {
					success: 0,
					message:
						'JSON payload did not pass validation. The import was not queued for processing.',
					failureReasons: [{ contact: 1, failureReason: "Field 'email' incorrect format" }],
				}),
				queued,
			],
			{ options },
		);
		expect((bodyOf(requests[1]) as { contacts: unknown[] }).contacts).toHaveLength(2);
		expect(deliveries).toEqual([
			{ status: 'delivered' },
			{ status: 'rejected', reason: "Field 'email' incorrect format" },
			{ status: 'delivered' },
		]);
	});

	it('waits a minute when too many imports were queued', async () => {
		const full = answer(400, {
			success: 0,
			message: 'Rate limit exceeded.',
			failureReasons: ['Up to 100 imports may be requested per minute.'],
		});
		const { statuses, elapsedMs } = await run(sink, opens(1), [full, queued], { options });
		expect(statuses).toEqual(['delivered']);
		expect(elapsedMs).toBe(60_000);
	});

	it('finds, reads and updates the contact where a count is kept', async () => {
		const { requests, statuses } = await run(
			sink,
			[anOpen(1, ADA), anOpen(2, ADA)],
			[
				answer(200, { contacts: [{ id: '5', email: 'ada@example.com' }], meta: { total: '1' } }),
				answer(200, {
					contact: { id: '5' },
					fieldValues: [
						{ contact: '5', field: '7', value: '2026-10-01', id: '1' },
						{ contact: '5', field: '8', value: '2', id: '2' },
					],
				}),
				answer(200, { contact: { id: '5' } }),
			],
			{ options: { ...options, openCountField: '8' } },
		);
		expect(requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
			'GET /api/3/contacts',
			'GET /api/3/contacts/5',
			'PUT /api/3/contacts/5',
		]);
		expect(bodyOf(requests[2])).toEqual({
			contact: {
				fieldValues: [
					{ field: '7', value: '2026-11-21' },
					{ field: '8', value: '4' },
				],
			},
		});
		expect(statuses).toEqual(['delivered', 'delivered']);
	});

	it('adds a note to the contact (https://developers.activecampaign.com/reference/create-a-note)', async () => {
		const { requests } = await run(
			sink,
			[anOpen(1, ADA)],
			[answer(200, { contacts: [{ id: '5' }] }), answer(201, { note: { id: '9' } })],
			{ options: { write: 'timeline' } },
		);
		expect(bodyOf(requests[1])).toEqual({
			note: {
				note: 'Opened an email of campaign autumn on 2026-11-21 11:00 UTC in Thunderbird',
				relid: 5,
				reltype: 'Subscriber',
			},
		});
	});
});
