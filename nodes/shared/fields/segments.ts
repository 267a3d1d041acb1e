import type { INodeProperties } from 'n8n-workflow';

import { textOf } from './check-fields';

/** The field for labels that a recipient gets. */
export const segmentsProperty = {
	displayName: 'Segments',
	name: 'segments',
	type: 'string',
	default: '',
	placeholder: 'e.g. customers, trial',
	description:
		'Labels for the recipient, separated by commas. They are kept in the store and never in a link.',
} as const satisfies INodeProperties;

/** The field that limits a list to one label. */
export const segmentFilterProperty = {
	displayName: 'Segment',
	name: 'segment',
	type: 'string',
	default: '',
	placeholder: 'e.g. customers',
	description: 'Only recipients that carry this label',
} as const satisfies INodeProperties;

/** Labels that stand in a text with commas between them, or in a list. */
export function segmentsIn(value: unknown): string[] {
	const parts: unknown[] = Array.isArray(value) ? value : textOf(value).split(',');
	return parts.map(textOf).filter((part) => part !== '');
}
