import type { IExecuteFunctions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import {
	consentExpiry,
	noticeHash,
	type ConsentRecord,
} from '../../../../src/tracking/consent/consent-record';
import {
	JURISDICTION_PRESETS,
	JURISDICTIONS,
	type Jurisdiction,
} from '../../../../src/tracking/consent/jurisdictions';
import { readText } from '../../../shared/fields/check-fields';

const presetOptions: INodePropertyOptions[] = JURISDICTIONS.map((value) => {
	const { displayName, consentMonths } = JURISDICTION_PRESETS[value];
	return { name: displayName, value, description: `A consent ends after ${consentMonths} months` };
});

/** What people are told when they are asked: without it a consent proves nothing. */
export const noticeProperties: INodeProperties[] = [
	{
		displayName: 'Notice',
		name: 'noticeText',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '',
		required: true,
		description:
			'The text people read before they answer: who tracks, what for, how long, who receives it, how to withdraw. Kept with its hash as proof.',
	},
	{
		displayName: 'Notice Version',
		name: 'noticeVersion',
		type: 'string',
		default: '1',
		required: true,
		description: 'Change it whenever the notice changes',
	},
	{
		displayName: 'Jurisdiction',
		name: 'jurisdiction',
		type: 'options',
		options: presetOptions,
		default: 'eu',
		description: 'Whose rules apply; sets how long a consent holds',
	},
];

/** The fields of a record that come from the notice. */
export function readNotice(
	node: IExecuteFunctions,
	index: number,
): {
	text: string;
	of(
		status: ConsentRecord['status'],
		at: Date,
	): Pick<
		ConsentRecord,
		'noticeText' | 'noticeHash' | 'noticeVersion' | 'jurisdiction' | 'expiresAt'
	>;
} {
	const text = node.getNodeParameter('noticeText', index) as string;
	const version = readText(node, 'noticeVersion', index);
	const preset = JURISDICTION_PRESETS[node.getNodeParameter('jurisdiction', index) as Jurisdiction];
	return {
		text,
		of: (status, at) => {
			const ends =
				status === 'given' || status === 'renewed' ? consentExpiry(at, preset.consentMonths) : null;
			return {
				noticeText: text || null,
				noticeHash: text ? noticeHash(text) : null,
				noticeVersion: text ? version : null,
				jurisdiction: preset.countryCode,
				expiresAt: ends?.toISOString() ?? null,
			};
		},
	};
}
