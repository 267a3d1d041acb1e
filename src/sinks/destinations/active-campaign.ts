import { z } from 'zod4';

import {
	CONTACT_FIELDS,
	contactKey,
	type ContactActivity,
	contactActivity,
	crmParameters,
	eventNote,
	type FieldNames,
	fieldsToWrite,
	keepsCount,
	mergeActivity,
	refuseForCrm,
} from '../crm-contact';
import { httpFailure, jsonBody, jsonBodyOrNull } from '../http-answer';
import {
	type BatchAnswer,
	defineSink,
	delivered,
	rejected,
	retryable,
	type SinkRecord,
	type SinkResponse,
} from '../sink';
import { trimUrl } from '../url';

/** How long ActiveCampaign asks to wait when too many imports were queued. */
const IMPORTS_FULL_MS = 60_000;

type ActiveCampaignRecord = ContactActivity & {
	step: 'import' | 'find' | 'read' | 'update' | 'note';
	/** ActiveCampaign's own id, empty as long as it is not known */
	id: string;
	note: string | null;
};

const importQueued = z.object({ queued_contacts: z.number() });
const importRefused = z.object({
	failureReasons: z.array(
		z.union([z.string(), z.object({ contact: z.number(), failureReason: z.string() })]),
	),
});
const searchAnswer = z.object({ contacts: z.array(z.object({ id: z.string() })) });
const readAnswer = z.object({
	fieldValues: z.array(z.object({ field: z.string(), value: z.unknown().optional() })),
});

/**
 * ActiveCampaign, bulk import: https://developers.activecampaign.com/reference/bulk-import-contacts
 * At most 250 contacts and 400 KB per request. An import is queued and creates contacts it does not
 * know; a wrong contact stops the whole request and is named by position.
 *
 * Where a count is to be kept, or recipients are known by ActiveCampaign's id, each contact goes
 * alone instead: found (never created), read, updated. The API allows 5 requests per second. Two
 * runs at once may lose a count.
 *
 * Timeline: a note, https://developers.activecampaign.com/reference/create-a-note — notes know no
 * idempotency key, so an open whose answer was lost may leave two.
 */
export const activeCampaign = defineSink({
	name: 'activeCampaign',
	displayName: 'ActiveCampaign',
	kind: 'crm',
	description: 'Writes last opened, last clicked and counts to contacts, or a note',
	docsUrl: 'https://developers.activecampaign.com/reference/bulk-import-contacts',
	credential: {
		name: 'openTrackingActiveCampaignApi',
		displayName: 'Open Tracking ActiveCampaign API',
		docsUrl: 'https://developers.activecampaign.com/reference/authentication',
		fields: [
			{
				name: 'apiUrl',
				displayName: 'API URL',
				secret: false,
				default: '',
				required: true,
				placeholder: 'e.g. https://example.api-us1.com',
			},
			{ name: 'apiKey', displayName: 'API Key', secret: true, default: '', required: true },
		],
		authenticate: ({ apiKey }) => ({ headers: { 'api-token': apiKey } }),
		test: ({ apiUrl }) => ({
			method: 'GET',
			url: `${trimUrl(apiUrl)}/api/3/users/me`,
			body: null,
			ok: [200],
			proves: 'ActiveCampaign knows the key',
		}),
	},
	parameters: crmParameters({
		timelineName: 'Note',
		crmName: 'ActiveCampaign',
		lastOpenedField: '',
		timeFormat: 'date',
		fieldHint: 'number of a custom field',
	}),
	fields: [...CONTACT_FIELDS, 'campaignId', 'client.family', 'link.url'],
	clickIs: 'fields of the contact, or a note',
	deduplication: null,
	overrideExample: 'fields.7',
	limits: (options) => ({ records: isImport(options) ? 250 : 1, bytes: 400_000 }),
	refuses: (event, { options }) => refuseForCrm(event, options),
	map(event, options): ActiveCampaignRecord {
		const opens = contactActivity(event);
		const note = options.write === 'timeline' ? eventNote(event) : null;
		if (isImport(options)) return { ...opens, step: 'import', id: '', note };
		const found: ActiveCampaignRecord = { ...opens, step: 'find', id: '', note };
		return options.recipientIs === 'crmId' ? afterFind(found, opens.contact, options) : found;
	},
	collapse: {
		key: (record) => (record.note === null ? contactKey(record.contact) : null),
		merge: (records) => mergeActivity(records),
	},
	request(records, { credential, options }) {
		const api = `${trimUrl(credential.apiUrl)}/api/3`;
		const headers = { 'content-type': 'application/json' };
		const [first] = records;
		if (first.step === 'import') {
			const contacts = records.map((record) => ({
				email: record.contact,
				fields: Object.entries(fieldsToWrite(record, options, null)).map(([id, value]) => ({
					id: Number(id),
					value: String(value),
				})),
			}));
			const body = JSON.stringify({ contacts });
			return { method: 'POST', url: `${api}/import/bulk_import`, headers, body };
		}
		if (first.step === 'find') {
			const query = { email: first.contact, limit: '1' };
			return { method: 'GET', url: `${api}/contacts`, query, body: null };
		}
		if (first.step === 'note') {
			const note = { note: first.note, relid: Number(first.id), reltype: 'Subscriber' };
			return { method: 'POST', url: `${api}/notes`, headers, body: JSON.stringify({ note }) };
		}
		const url = `${api}/contacts/${encodeURIComponent(first.id)}`;
		if (first.step === 'read') return { method: 'GET', url, body: null };
		const contact = { fieldValues: fieldValues(first.fields) };
		return { method: 'PUT', url, headers, body: JSON.stringify({ contact }) };
	},
	outcome(response, records, { options, now }): BatchAnswer<ActiveCampaignRecord> {
		const [first] = records;
		if (first.step === 'import') {
			const refusal = importRefusal(response, records);
			if (refusal) return refusal;
		} else if (response.status === 404) {
			return [rejected('ActiveCampaign has no such contact')];
		}
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		if (first.step === 'import') importQueued.parse(jsonBody(response));
		if (first.step === 'find') {
			const [found] = searchAnswer.parse(jsonBody(response)).contacts;
			if (!found) return [rejected('ActiveCampaign has no such contact')];
			return [{ status: 'continue', record: afterFind(first, found.id, options) }];
		}
		if (first.step === 'read') {
			const stored = readAnswer.parse(jsonBody(response)).fieldValues;
			const values = Object.fromEntries(stored.map(({ field, value }) => [field, value]));
			const fields = fieldsToWrite(first, options, values);
			return [{ status: 'continue', record: { ...first, step: 'update', fields } }];
		}
		return records.map(() => delivered);
	},
});

/** Whether the quick way is open: no count to read, and addresses as keys. */
function isImport(options: FieldNames & { write: string; recipientIs: string }): boolean {
	const { write, recipientIs } = options;
	return write === 'contact' && recipientIs === 'email' && !keepsCount(options);
}

function afterFind(
	record: ActiveCampaignRecord,
	id: string,
	names: FieldNames,
): ActiveCampaignRecord {
	if (record.note !== null) return { ...record, step: 'note', id };
	if (keepsCount(names)) return { ...record, step: 'read', id };
	return { ...record, step: 'update', id, fields: fieldsToWrite(record, names, null) };
}

function fieldValues(fields: SinkRecord): Array<{ field: string; value: string }> {
	return Object.entries(fields).map(([field, value]) => ({ field, value: String(value) }));
}

/** What a 400 of the bulk import says: nothing was queued, because of these contacts or of load. */
function importRefusal(
	response: SinkResponse,
	records: readonly ActiveCampaignRecord[],
): BatchAnswer<ActiveCampaignRecord> | null {
	if (response.status !== 400) return null;
	const answer = importRefused.safeParse(jsonBodyOrNull(response));
	if (!answer.success) return null;
	const wrong = new Map<number, string>();
	for (const reason of answer.data.failureReasons) {
		if (typeof reason === 'string') return records.map(() => retryable(reason, IMPORTS_FULL_MS));
		wrong.set(reason.contact, reason.failureReason);
	}
	if (wrong.size === 0) return null;
	return records.map((_, index) => {
		const message = wrong.get(index);
		return message === undefined
			? retryable('ActiveCampaign refused the import because of other contacts', 0)
			: rejected(message);
	});
}
