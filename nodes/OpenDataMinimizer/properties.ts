import type { INodeProperties } from 'n8n-workflow';

import { EVENT_FIELDS } from '../../src/tracking/event/event-fields';
import { ipOptions, timeOptions } from '../shared/fields/receive-properties';

const names = (displayName: string, name: string, example: string): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	placeholder: `e.g. ${example}`,
	description: 'Paths in items that are no open event, separated by commas',
});

export const properties: INodeProperties[] = [
	{
		displayName: 'Fields to Keep',
		name: 'fields',
		type: 'multiOptions',
		options: EVENT_FIELDS.map((field) => ({ name: field, value: field })),
		default: [
			'eventId',
			'event',
			'occurredAt',
			'recipientId',
			'campaignId',
			'trackingMode',
			'purpose',
			'actor',
			'actorReason',
			'rulesVersion',
			'client.family',
			'client.os',
			'client.device',
			'consent.status',
			'consent.policy',
		],
		description: 'Every other field of the item goes, at any depth',
	},
	{
		displayName: 'Recipient',
		name: 'recipient',
		type: 'options',
		options: [
			{ name: 'Drop', value: 'drop', description: 'Nobody is named' },
			{ name: 'Keep', value: 'keep', description: 'The ID as it is' },
			{
				name: 'Pseudonym per Campaign',
				value: 'pseudonym',
				description: 'The same person has an unrelated name in every campaign',
			},
		],
		default: 'pseudonym',
	},
	{
		displayName: 'IP Address',
		name: 'ip',
		type: 'options',
		options: ipOptions,
		default: 'drop',
		description: 'Needs its field among the fields to keep, unless it is dropped',
	},
	{
		displayName: 'User Agent',
		name: 'userAgent',
		type: 'options',
		options: [
			{ name: 'Drop', value: 'drop', description: 'Nothing of it is kept' },
			{
				name: 'Families',
				value: 'families',
				description: 'Kind of email client, system and device, in the field client',
			},
			{ name: 'Keep', value: 'keep', description: 'The text as it is' },
		],
		default: 'families',
	},
	{
		displayName: 'Time',
		name: 'time',
		type: 'options',
		options: timeOptions,
		default: 'hour',
		description: 'How exactly times are kept; the time inside event IDs is rounded as well',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			names('Campaign Fields', 'campaign', 'newsletter.id'),
			names('IP Address Fields', 'ip', 'headers.x-forwarded-for'),
			{
				displayName: 'More Fields to Keep',
				name: 'moreFields',
				type: 'string',
				default: '',
				placeholder: 'e.g. company.country, plan',
				description:
					'Paths separated by commas. What you name is kept as it is: a free text may hold a name.',
			},
			{
				displayName: 'Put Report in Field',
				name: 'reportField',
				type: 'string',
				default: 'minimized',
				hint: 'The output field for the names of removed and reduced fields, never their values',
			},
			names('Recipient Fields', 'recipient', 'customer.email'),
			names('Time Fields', 'time', 'openedAt'),
			names('User Agent Fields', 'userAgent', 'headers.user-agent'),
		],
	},
];
