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
	'link.url',
] as const satisfies readonly EventField[];

/** What one contact update is made of, before it is in the words of one CRM. */
export type ContactActivity = {
	/** Recipient id: an address or the CRM's own id, as the user says */
	contact: string;
	/** Opens in this call that the update stands for */
	opens: number;
	/** Time of the last of them, ISO 8601; `null` when there is none */
	lastOpenedAt: string | null;
	/** The same of clicks */
	clicks: number;
	lastClickedAt: string | null;
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
	timeFormat: 'date' | 'dateTime';
	fieldHint: string;
}) {
	const forContact = { parameter: 'write', values: ['contact'] };
	return [
		{
			name: 'write',
			displayName: 'Record As',
			description: 'What an open or a click becomes; use the node twice for both',
			type: 'options',
			default: 'contact',
			options: [
				{
					name: 'Contact Fields',
					value: 'contact',
					description:
						'Last opened, last clicked and their counts; several events of one contact are one update',
				},
				{
					name: defaults.timelineName,
					value: 'timeline',
					description: 'One entry per open or click',
				},
			],
		},
		{
			name: 'recipientIs',
			displayName: 'Recipient ID Is',
			description: 'What the recipient ID stands for',
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
			name: 'timeFormat',
			displayName: 'Time Format',
			description: 'Which type the fields for the last open and the last click have',
			type: 'options',
			default: defaults.timeFormat,
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
			name: 'lastClickedField',
			displayName: 'Last Clicked Field',
			description: `Where the time of the last click goes: ${defaults.fieldHint}. Empty leaves it out`,
			type: 'string',
			default: '',
			showFor: forContact,
		},
		{
			name: 'clickCountField',
			displayName: 'Click Count Field',
			description: `Where the number of clicks goes: ${defaults.fieldHint}. It grows as Open Count Field does`,
			type: 'string',
			default: '',
			showFor: forContact,
		},
		{
			name: 'machineOpens',
			displayName: 'Include Machine Opens and Clicks',
			description: 'Whether loads and clicks by prefetchers, scanners and bots are written as well',
			type: 'boolean',
			default: false,
		},
	] as const;
}

/** A CRM can only take what somebody did, and by default only what counts. */
export function refuseForCrm(
	event: OpenEvent,
	options: FieldNames & { write: string; recipientIs: string; machineOpens: boolean },
): Refusal | null {
	if (options.write === 'contact' && fieldsOf(event.event, options).length === 0) {
		return rejected(NO_PLACE[event.event]);
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
		const what = event.event === 'click' ? 'a click' : 'an open';
		return { status: 'skipped', reason: `Not ${what} by a person (actor ${event.actor})` };
	}
	return null;
}

const NO_PLACE = {
	open: 'Last Opened Field and Open Count Field are both empty. Fill in one of them',
	click:
		'Last Clicked Field and Click Count Field are both empty, so there is no place for a click. Fill in one of them, or put an If node in front that lets items through whose event is "open"',
} as const;

/** The contact as both the CRM and two spellings of an address agree on it. */
export function contactKey(contact: string): string {
	return contact.trim().toLowerCase();
}

export function contactActivity(event: OpenEvent): ContactActivity {
	const isClick = event.event === 'click';
	return {
		contact: event.recipientId ?? '',
		opens: isClick ? 0 : 1,
		lastOpenedAt: isClick ? null : event.occurredAt,
		clicks: isClick ? 1 : 0,
		lastClickedAt: isClick ? event.occurredAt : null,
		fields: {},
	};
}

/** Several events of one contact as one update; of the user's own values the latest event's win. */
export function mergeActivity<Rec extends ContactActivity>(records: readonly Rec[]): Rec {
	const timeOf = ({ lastOpenedAt, lastClickedAt }: Rec) =>
		Math.max(
			...[lastOpenedAt, lastClickedAt].map((time) => (time === null ? 0 : Date.parse(time))),
		);
	const byTime = [...records].sort((a, b) => timeOf(a) - timeOf(b));
	const lastOf = (key: 'lastOpenedAt' | 'lastClickedAt') =>
		byTime.findLast((record) => record[key] !== null)?.[key] ?? null;
	return {
		...byTime[byTime.length - 1],
		opens: records.reduce((sum, record) => sum + record.opens, 0),
		lastOpenedAt: lastOf('lastOpenedAt'),
		clicks: records.reduce((sum, record) => sum + record.clicks, 0),
		lastClickedAt: lastOf('lastClickedAt'),
		fields: Object.assign({}, ...byTime.map((record) => record.fields)) as SinkRecord,
	};
}

/** Which fields of a contact the user chose; the empty name stands for none. */
export interface FieldNames {
	lastOpenedField: string;
	openCountField: string;
	lastClickedField: string;
	clickCountField: string;
	timeFormat: string;
}

function fieldsOf(kind: OpenEvent['event'], names: FieldNames): string[] {
	const fields =
		kind === 'click'
			? [names.lastClickedField, names.clickCountField]
			: [names.lastOpenedField, names.openCountField];
	return fields.filter((name) => name !== '');
}

/** The fields to read before a contact is written. */
export function fieldsToRead(names: FieldNames): string[] {
	return [...fieldsOf('open', names), ...fieldsOf('click', names)];
}

/** Whether a contact has to be read before it can be written, because something is added to. */
export function keepsCount({ openCountField, clickCountField }: FieldNames): boolean {
	return openCountField !== '' || clickCountField !== '';
}

/**
 * The values to write for one contact. What the CRM says already is only known where the contact
 * was read: then the last open and the last click never move back, and the counts are added to.
 *
 * @param stored values by field name, `null` when the contact was not read
 */
export function fieldsToWrite(
	record: ContactActivity,
	names: FieldNames,
	stored: Readonly<Record<string, unknown>> | null,
): SinkRecord {
	const fields: SinkRecord = {};
	const write = (time: string | null, count: number, timeField: string, countField: string) => {
		if (time === null) return;
		if (timeField !== '' && !isLater(stored?.[timeField], time)) {
			fields[timeField] = names.timeFormat === 'date' ? time.slice(0, 10) : time;
		}
		if (countField !== '' && stored !== null) {
			const before = Number(stored[countField] ?? 0);
			fields[countField] = (Number.isFinite(before) ? before : 0) + count;
		}
	};
	write(record.lastOpenedAt, record.opens, names.lastOpenedField, names.openCountField);
	write(record.lastClickedAt, record.clicks, names.lastClickedField, names.clickCountField);
	return { ...fields, ...record.fields };
}

function isLater(stored: unknown, time: string): boolean {
	const before = typeof stored === 'string' ? Date.parse(stored) : NaN;
	return !Number.isNaN(before) && before > Date.parse(time);
}

/** One line about an open or a click, for CRMs whose timeline is made of notes. */
export function eventNote(event: OpenEvent): string {
	const time = event.occurredAt.slice(0, 16).replace('T', ' ');
	const campaign = event.campaignId === null ? '' : ` of campaign ${event.campaignId}`;
	const reader = event.client.family === null ? '' : ` in ${event.client.family}`;
	const machine = isCounted(event.actor) ? '' : ` (by a machine: ${event.actor})`;
	if (event.event === 'open') return `Opened an email${campaign} on ${time} UTC${reader}${machine}`;
	const link = event.link.url === null ? '' : `: ${event.link.url}`;
	return `Clicked a link in an email${campaign} on ${time} UTC${reader}${machine}${link}`;
}
