import type { EventField } from '../tracking/event/event-fields';
import { isCounted, type OpenEvent } from '../tracking/event/open-event';
import { isPseudonym } from '../tracking/people/pseudonym';
import { rejected, type Refusal, type SinkRecord } from './sink';

/** Event fields a CRM sink sends: to the contact, and with its timeline entry. */
export const CONTACT_FIELDS = [
	'recipientId',
	'occurredAt',
	'actor',
] as const satisfies readonly EventField[];
export const TIMELINE_FIELDS = [
	'eventId',
	'campaignId',
	'messageId',
	'client.family',
	'client.device',
] as const satisfies readonly EventField[];

/** What one contact update is made of, before it is in the words of one CRM. */
export type ContactOpens = {
	/** Recipient id: an address or the CRM's own id, as the user says */
	contact: string;
	/** Opens in this call that the update stands for */
	opens: number;
	/** Time of the last of them, ISO 8601 */
	lastOpenedAt: string;
	/** The fields to write, by the names of the CRM; holds the user's own values too */
	fields: SinkRecord;
};

/**
 * The settings that all CRM sinks share.
 *
 * @param defaults per CRM: its name and what its fields and entries are called
 */
export function crmParameters(defaults: {
	timelineName: string;
	crmName: string;
	lastOpenedField: string;
	lastOpenedFormat: 'date' | 'dateTime';
	fieldHint: string;
}) {
	const forContact = { parameter: 'write', values: ['contact'] };
	return [
		{
			name: 'write',
			displayName: 'Record Open As',
			description: 'What an open becomes; use the node twice for both',
			type: 'options',
			default: 'contact',
			options: [
				{
					name: 'Contact Fields',
					value: 'contact',
					description: 'Last opened and open count; several opens of one contact are one update',
				},
				{
					name: defaults.timelineName,
					value: 'timeline',
					description: 'One entry per open',
				},
			],
		},
		{
			name: 'recipientIs',
			displayName: 'Recipient ID Is',
			description: 'What the recipient ID of an open stands for',
			type: 'options',
			default: 'email',
			options: [
				{ name: 'Email Address', value: 'email' },
				{ name: `ID in ${defaults.crmName}`, value: 'crmId' },
			],
		},
		{
			name: 'lastOpenedField',
			displayName: 'Last Opened Field',
			description: `Where the time of the last open goes: ${defaults.fieldHint}. Empty leaves it out`,
			type: 'string',
			default: defaults.lastOpenedField,
			showFor: forContact,
		},
		{
			name: 'lastOpenedFormat',
			displayName: 'Last Opened Format',
			description: 'Which type the field has',
			type: 'options',
			default: defaults.lastOpenedFormat,
			options: [
				{ name: 'Date', value: 'date' },
				{ name: 'Date and Time', value: 'dateTime' },
			],
			showFor: forContact,
		},
		{
			name: 'openCountField',
			displayName: 'Open Count Field',
			description: `Where the number of opens goes: ${defaults.fieldHint}. The contact is read, and the new opens are added. For an exact number leave this empty and override the field with the count of the store`,
			type: 'string',
			default: '',
			showFor: forContact,
		},
		{
			name: 'machineOpens',
			displayName: 'Include Machine Opens',
			description: 'Whether loads by prefetchers, scanners and bots are written as well',
			type: 'boolean',
			default: false,
		},
	] as const;
}

/** A CRM can only take an open of somebody, and by default only one that counts. */
export function refuseForCrm(
	event: OpenEvent,
	options: FieldNames & { write: string; recipientIs: string; machineOpens: boolean },
): Refusal | null {
	const { write, lastOpenedField, openCountField } = options;
	if (write === 'contact' && lastOpenedField === '' && openCountField === '') {
		return rejected('Last Opened Field and Open Count Field are both empty. Fill in one of them');
	}
	if (event.recipientId === null) {
		return rejected('recipientId is empty, so there is no contact to write to');
	}
	if (isPseudonym(event.recipientId)) {
		return rejected(
			'recipientId is a pseudonym, by which no CRM finds a contact. Set Recipient to Keep in the Open Data Minimizer before this node; or, where the trigger that records opens has the mode Pseudonymous, choose Identified there',
		);
	}
	if (options.recipientIs === 'email' && !event.recipientId.includes('@')) {
		return rejected(
			'recipientId is not an email address. Set Recipient ID Is to what it stands for',
		);
	}
	if (!options.machineOpens && !isCounted(event.actor)) {
		return { status: 'skipped', reason: `Not an open by a person (actor ${event.actor})` };
	}
	return null;
}

/** The contact as both the CRM and two spellings of an address agree on it. */
export function contactKey(contact: string): string {
	return contact.trim().toLowerCase();
}

export function contactOpens(event: OpenEvent): ContactOpens {
	return {
		contact: event.recipientId ?? '',
		opens: 1,
		lastOpenedAt: event.occurredAt,
		fields: {},
	};
}

/** Several opens of one contact as one; of the user's own values the latest open's win. */
export function mergeContactOpens<Rec extends ContactOpens>(records: readonly Rec[]): Rec {
	const byTime = [...records].sort(
		(a, b) => Date.parse(a.lastOpenedAt) - Date.parse(b.lastOpenedAt),
	);
	const last = byTime[byTime.length - 1];
	return {
		...last,
		opens: records.reduce((sum, record) => sum + record.opens, 0),
		fields: Object.assign({}, ...byTime.map((record) => record.fields)) as SinkRecord,
	};
}

interface FieldNames {
	lastOpenedField: string;
	lastOpenedFormat: string;
	openCountField: string;
}

/**
 * The values to write for one contact. What the CRM says already is only known where the contact
 * was read: then the last open never moves back, and the count is added to.
 *
 * @param stored values by field name, `null` when the contact was not read
 */
export function fieldsToWrite(
	record: ContactOpens,
	names: FieldNames,
	stored: Readonly<Record<string, unknown>> | null,
): SinkRecord {
	const fields: SinkRecord = {};
	const { lastOpenedField, openCountField } = names;
	if (lastOpenedField !== '' && !isLater(stored?.[lastOpenedField], record.lastOpenedAt)) {
		fields[lastOpenedField] =
			names.lastOpenedFormat === 'date' ? record.lastOpenedAt.slice(0, 10) : record.lastOpenedAt;
	}
	if (openCountField !== '' && stored !== null) {
		const before = Number(stored[openCountField] ?? 0);
		fields[openCountField] = (Number.isFinite(before) ? before : 0) + record.opens;
	}
	return { ...fields, ...record.fields };
}

function isLater(stored: unknown, time: string): boolean {
	const before = typeof stored === 'string' ? Date.parse(stored) : NaN;
	return !Number.isNaN(before) && before > Date.parse(time);
}

/** One line about an open, for CRMs whose timeline is made of notes. */
export function openNote(event: OpenEvent): string {
	const time = event.occurredAt.slice(0, 16).replace('T', ' ');
	const campaign = event.campaignId === null ? '' : ` of campaign ${event.campaignId}`;
	const reader = event.client.family === null ? '' : ` in ${event.client.family}`;
	const machine = isCounted(event.actor) ? '' : ` (by a machine: ${event.actor})`;
	return `Opened an email${campaign} on ${time} UTC${reader}${machine}`;
}
