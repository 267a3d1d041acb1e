import { z } from 'zod4';

import type { OpenEvent } from '../../tracking/event/open-event';
import {
	CONTACT_FIELDS,
	contactKey,
	type ContactActivity,
	contactActivity,
	crmParameters,
	eventNote,
	fieldsToRead,
	fieldsToWrite,
	mergeActivity,
	refuseForCrm,
} from '../crm-contact';
import { httpFailure, jsonBody } from '../http-answer';
import {
	defineSink,
	delivered,
	rejected,
	retryable,
	type RecordOutcome,
	type SinkRecord,
} from '../sink';
import { trimUrl } from '../url';

const VERSION = 'v66.0';
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Row errors that are not the row's fault. */
const PASSES = [
	'UNABLE_TO_LOCK_ROW',
	'SERVER_UNAVAILABLE',
	'QUERY_TIMEOUT',
	'TXN_SECURITY_METERING_ERROR',
];

type SalesforceRecord =
	| ({ step: 'find' } & ContactActivity)
	| ({ step: 'update'; id: string } & ContactActivity)
	| { step: 'findForTask'; contact: string; fields: SinkRecord }
	| { step: 'task'; contact: string; fields: SinkRecord };

const queryAnswer = z.object({ records: z.array(z.record(z.string(), z.unknown())) });
const saveResults = z.array(
	z.object({
		success: z.boolean(),
		errors: z.array(z.object({ statusCode: z.string(), message: z.string() })).optional(),
	}),
);

/**
 * Salesforce, REST API with sObject Collections:
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-update.html
 * Contacts are found by one SOQL query per batch and updated by id, each row for itself
 * (`allOrNone` false): none is created, the last open never moves back, and the count can be added
 * to. Of several contacts with one address the oldest is written. Two runs at once may lose a
 * count.
 *
 * Timeline: a completed Task. With an external id field for the event id, tasks are upserted and a
 * repeat changes nothing:
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-upsert.html
 */
export const salesforce = defineSink({
	name: 'salesforce',
	displayName: 'Salesforce',
	kind: 'crm',
	description:
		'Writes last opened, last clicked and counts to contacts or leads, or a completed task',
	docsUrl:
		'https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-update.html',
	credential: {
		name: 'openTrackingSalesforceOAuth2Api',
		displayName: 'Open Tracking Salesforce OAuth2 API',
		docsUrl:
			'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm',
		fields: [
			{
				name: 'instanceUrl',
				displayName: 'My Domain URL',
				secret: false,
				default: '',
				required: true,
				placeholder: 'e.g. https://example.my.salesforce.com',
			},
		],
		oauth2: {
			grantType: 'clientCredentials',
			tokenUrl: '{instanceUrl}/services/oauth2/token',
			scope: '',
		},
	},
	parameters: [
		...crmParameters({
			timelineName: 'Task',
			crmName: 'Salesforce',
			lastOpenedField: 'Last_Email_Open__c',
			timeFormat: 'dateTime',
			fieldHint: 'API name of a field',
		}),
		{
			name: 'object',
			displayName: 'Object',
			description: 'What recipients are in Salesforce',
			type: 'options',
			default: 'Contact',
			options: [
				{ name: 'Contact', value: 'Contact' },
				{ name: 'Lead', value: 'Lead' },
			],
		},
		{
			name: 'taskEventIdField',
			displayName: 'Task Event ID Field',
			description:
				'API name of an external ID field of Task for the event ID, so that a repeat is the same task. Empty creates a new task each time',
			type: 'string',
			default: '',
			placeholder: 'e.g. Open_Event_Id__c',
			showFor: { parameter: 'write', values: ['timeline'] },
		},
	],
	fields: [...CONTACT_FIELDS, 'eventId', 'campaignId', 'client.family', 'link.url'],
	clickIs: 'fields of the contact or lead, or a completed task',
	deduplication: 'Task Event ID Field = eventId; contact fields are set, a count may repeat',
	overrideExample: 'fields.Favourite_Campaign__c',
	// 100, not 200, because the query travels in the address, which ends at 16,384 characters.
	limits: () => ({ records: 100, bytes: 1_000_000 }),
	refuses: (event, { options }) => refuseForCrm(event, options),
	map(event, options): SalesforceRecord {
		if (options.write === 'contact') return { step: 'find', ...contactActivity(event) };
		const fields = task(event, options.taskEventIdField);
		const contact = event.recipientId ?? '';
		return options.recipientIs === 'crmId'
			? { step: 'task', contact, fields: { WhoId: contact, ...fields } }
			: { step: 'findForTask', contact, fields };
	},
	collapse: {
		key: (record) => (record.step === 'find' ? contactKey(record.contact) : null),
		merge: (records) => mergeActivity(records.filter((record) => record.step === 'find')),
	},
	request(records, { credential, options }) {
		const api = `${trimUrl(credential.instanceUrl)}/services/data/${VERSION}`;
		const [{ step }] = records;
		if (step === 'find' || step === 'findForTask') {
			const names = step === 'find' ? fieldsToRead(options) : [];
			const query = {
				q: soql(
					records.map((record) => record.contact),
					options,
					names,
				),
			};
			return { method: 'GET', url: `${api}/query`, query, body: null };
		}
		const upsert = step === 'task' && options.taskEventIdField !== '';
		return {
			method: step === 'update' || upsert ? 'PATCH' : 'POST',
			url: `${api}/composite/sobjects${upsert ? `/Task/${fieldName(options.taskEventIdField)}` : ''}`,
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({
				allOrNone: false,
				records: records.map((record) => ({
					attributes: { type: step === 'task' ? 'Task' : options.object },
					...(record.step === 'update' ? { id: record.id } : {}),
					...record.fields,
				})),
			}),
		};
	},
	outcome(response, records, { options, now }) {
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		const [{ step }] = records;
		if (step === 'update' || step === 'task') {
			return saveResults.parse(jsonBody(response)).map(({ success, errors }) => {
				if (success) return delivered;
				const { statusCode, message } = errors?.[0] ?? { statusCode: 'UNKNOWN', message: '' };
				const reason = `${statusCode}: ${message}`;
				return PASSES.includes(statusCode) ? retryable(reason) : rejected(reason);
			});
		}
		const matchField = matchFieldOf(options);
		const found = new Map<string, Readonly<Record<string, unknown>>>();
		for (const row of queryAnswer.parse(jsonBody(response)).records) {
			const key = contactKey(String(row[matchField]));
			if (!found.has(key)) found.set(key, row);
		}
		return records.map((record): RecordOutcome<SalesforceRecord> => {
			const row = found.get(contactKey(record.contact));
			if (!row) return rejected(`Salesforce has no such ${options.object}`);
			const id = String(row.Id);
			if (record.step === 'findForTask') {
				const fields = { WhoId: id, ...record.fields };
				return { status: 'continue', record: { step: 'task', contact: record.contact, fields } };
			}
			if (record.step !== 'find') return delivered;
			const fields = fieldsToWrite(record, options, row);
			if (Object.keys(fields).length === 0) return delivered;
			return { status: 'continue', record: { ...record, step: 'update', id, fields } };
		});
	},
});

function matchFieldOf({ recipientIs }: { recipientIs: string }): 'Email' | 'Id' {
	return recipientIs === 'email' ? 'Email' : 'Id';
}

function soql(
	contacts: readonly string[],
	options: { recipientIs: string; object: string },
	names: readonly string[],
): string {
	const match = matchFieldOf(options);
	const fields = [...new Set(['Id', match, ...names.map(fieldName)])];
	const values = contacts.map((contact) => `'${contact.replace(/[\\']/g, '\\$&')}'`);
	return `SELECT ${fields.join(', ')} FROM ${options.object} WHERE ${match} IN (${values.join(', ')}) ORDER BY CreatedDate`;
}

function fieldName(name: string): string {
	if (!FIELD_NAME.test(name)) {
		throw new Error(`"${name}" is not the API name of a Salesforce field`);
	}
	return name;
}

function task(event: OpenEvent, eventIdField: string): SinkRecord {
	return {
		Subject: event.event === 'click' ? 'Clicked a link in an email' : 'Opened an email',
		Description: `${eventNote(event)}\n${event.eventId}`,
		Status: 'Completed',
		ActivityDate: event.occurredAt.slice(0, 10),
		...(eventIdField === '' ? {} : { [eventIdField]: event.eventId }),
	};
}
