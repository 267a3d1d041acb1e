import { z } from 'zod4';

import {
	CONTACT_FIELDS,
	contactKey,
	type ContactActivity,
	contactActivity,
	crmParameters,
	eventNote,
	type FieldNames,
	fieldsToRead,
	fieldsToWrite,
	keepsCount,
	mergeActivity,
	refuseForCrm,
} from '../crm-contact';
import { httpFailure, jsonBody } from '../http-answer';
import { type BatchAnswer, defineSink, delivered, rejected } from '../sink';
import { trimUrl } from '../url';

type PipedriveRecord =
	| ({ step: 'find' } & ContactActivity & { note: string | null })
	| ({ step: 'read' | 'update'; id: string } & ContactActivity & { note: null })
	| ({ step: 'note'; id: string } & ContactActivity & { note: string });

const searchAnswer = z.object({
	success: z.literal(true),
	data: z.object({ items: z.array(z.object({ item: z.object({ id: z.number() }) })) }),
});
const readAnswer = z.object({
	success: z.literal(true),
	data: z.object({ custom_fields: z.record(z.string(), z.unknown()).nullish() }),
});
const saveAnswer = z.object({ success: z.literal(true) });

/**
 * Pipedrive, Persons API v2: https://developers.pipedrive.com/docs/api/v1/Persons#updatePerson
 * The API knows no batches and no addresses as keys: a person is searched by address, read where a
 * count is to be kept, and updated, each by a request of its own. Persons are never created; an
 * address of several persons writes to the first one found. Two runs at once may lose a count.
 *
 * Timeline: a note, https://developers.pipedrive.com/docs/api/v1/Notes#addNote — notes know no
 * idempotency key, so an open whose answer was lost may leave two.
 */
export const pipedrive = defineSink({
	name: 'pipedrive',
	displayName: 'Pipedrive',
	kind: 'crm',
	description: 'Writes last opened, last clicked and counts to persons, or a note',
	docsUrl: 'https://developers.pipedrive.com/docs/api/v1/Persons#updatePerson',
	credential: {
		name: 'openTrackingPipedriveApi',
		displayName: 'Open Tracking Pipedrive API',
		docsUrl: 'https://pipedrive.readme.io/docs/how-to-find-the-api-token',
		fields: [
			{
				name: 'companyUrl',
				displayName: 'Company URL',
				secret: false,
				default: '',
				required: true,
				placeholder: 'e.g. https://example.pipedrive.com',
			},
			{ name: 'apiToken', displayName: 'API Token', secret: true, default: '', required: true },
		],
		authenticate: ({ apiToken }) => ({ headers: { 'x-api-token': apiToken } }),
		test: ({ companyUrl }) => ({
			method: 'GET',
			url: `${trimUrl(companyUrl)}/api/v1/users/me`,
			body: null,
			ok: [200],
			proves: 'Pipedrive knows the token',
		}),
	},
	parameters: crmParameters({
		timelineName: 'Note',
		crmName: 'Pipedrive',
		lastOpenedField: '',
		timeFormat: 'date',
		fieldHint: 'key of a custom person field, 40 characters',
	}),
	fields: [...CONTACT_FIELDS, 'campaignId', 'client.family', 'link.url'],
	clickIs: 'fields of the person, or a note',
	deduplication: null,
	overrideExample: 'fields.d4de1c1518b4531717c676029a45911c340390a6',
	limits: () => ({ records: 1, bytes: 1_000_000 }),
	refuses: (event, { options }) => refuseForCrm(event, options),
	map(event, options): PipedriveRecord {
		const opens = contactActivity(event);
		const note = options.write === 'timeline' ? eventNote(event) : null;
		if (options.recipientIs === 'email') return { ...opens, step: 'find', note };
		if (note !== null) return { ...opens, step: 'note', id: opens.contact, note };
		return afterFind({ ...opens, step: 'find', note }, opens.contact, options);
	},
	collapse: {
		key: (record) => (record.note === null ? contactKey(record.contact) : null),
		merge: (records) => mergeActivity(records),
	},
	request([record], { credential, options }) {
		const api = `${trimUrl(credential.companyUrl)}/api`;
		const json = { 'content-type': 'application/json' };
		if (record.step === 'find') {
			const query = { term: record.contact, fields: 'email', exact_match: 'true', limit: '1' };
			return { method: 'GET', url: `${api}/v2/persons/search`, query, body: null };
		}
		if (record.step === 'note') {
			const body = JSON.stringify({ content: record.note, person_id: Number(record.id) });
			return { method: 'POST', url: `${api}/v1/notes`, headers: json, body };
		}
		const url = `${api}/v2/persons/${encodeURIComponent(record.id)}`;
		if (record.step === 'read') {
			return {
				method: 'GET',
				url,
				query: { custom_fields: fieldsToRead(options).join(',') },
				body: null,
			};
		}
		const fields = record.fields;
		return { method: 'PATCH', url, headers: json, body: JSON.stringify({ custom_fields: fields }) };
	},
	outcome(response, [record], { options, now }): BatchAnswer<PipedriveRecord> {
		if (response.status === 404) return [rejected('Pipedrive has no such person')];
		const failure = httpFailure(response, [record], now);
		if (failure) return failure;
		if (record.step === 'find') {
			const [first] = searchAnswer.parse(jsonBody(response)).data.items;
			if (!first) return [rejected('Pipedrive has no such person')];
			const next = afterFind(record, String(first.item.id), options);
			return [{ status: 'continue', record: next }];
		}
		if (record.step === 'read') {
			const stored = readAnswer.parse(jsonBody(response)).data.custom_fields ?? {};
			const fields = fieldsToWrite(record, options, stored);
			return [{ status: 'continue', record: { ...record, step: 'update', fields } }];
		}
		saveAnswer.parse(jsonBody(response));
		return [delivered];
	},
});

function afterFind(
	record: PipedriveRecord & { step: 'find' },
	id: string,
	names: FieldNames,
): PipedriveRecord {
	const { note } = record;
	if (note !== null) return { ...record, step: 'note', id, note };
	if (keepsCount(names)) return { ...record, step: 'read', id, note };
	return { ...record, step: 'update', id, note, fields: fieldsToWrite(record, names, null) };
}
