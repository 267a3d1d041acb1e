import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { ACTOR_NAMES } from '../../../../src/reports/shown/shown-open';
import type { OpenFilter } from '../../../../src/storage/port/tracking-store';
import { ACTORS } from '../../../../src/tracking/event/event-fields';
import { withoutLocator } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { titleCase } from '../../../shared/fields/title-case';
import { segmentFilterProperty } from '../../../shared/fields/segments';

export const openFilterProperty: INodeProperties = {
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add filter',
	default: {},
	options: [
		{
			displayName: 'Actor',
			name: 'actor',
			type: 'options',
			options: ACTORS.map((actor) => ({ name: titleCase(ACTOR_NAMES[actor]), value: actor })),
			default: 'human',
			description: 'Who loaded the image',
		},
		locator('campaign', 'campaignId', { description: 'Opens of this campaign' }),
		{
			displayName: 'Event',
			name: 'event',
			type: 'options',
			options: [
				{ name: 'Clicks', value: 'click', description: 'Tracked links that were followed' },
				{ name: 'Opens', value: 'open' },
				{ name: 'Opens and Clicks', value: 'any' },
			],
			default: 'open',
			description: 'What happened; opens alone without this filter',
		},
		{
			displayName: 'From',
			name: 'from',
			type: 'dateTime',
			default: '',
			description: 'Opens at or after this time',
		},
		{
			displayName: 'Open Type',
			name: 'actorClass',
			type: 'options',
			options: [
				{
					name: 'Counted Opens',
					value: 'counted',
					description: 'By people, by email proxies for people, and by unknown',
				},
				{
					name: 'Machine Opens',
					value: 'machine',
					description: 'By prefetchers, scanners and bots',
				},
			],
			default: 'counted',
		},
		locator('pixel', 'pixelId', { description: 'Opens of this pixel' }),
		locator('recipient', 'recipientId', { description: 'Opens by this person' }),
		segmentFilterProperty,
		{
			displayName: 'To',
			name: 'to',
			type: 'dateTime',
			default: '',
			description: 'Opens before this time',
		},
	],
};

/**
 * The filter as the user filled it in; fields that were left empty do not limit.
 *
 * @throws NodeOperationError where an expression gives nothing: without that limit the opens of
 *   everybody would be given out
 */
export function readOpenFilter(node: IExecuteFunctions, index: number): OpenFilter {
	const filters = node.getNodeParameter('filters', index, {}) as Omit<OpenFilter, 'from' | 'to'> & {
		from?: string;
		to?: string;
	};
	for (const [name, given] of Object.entries(filters)) {
		const value = withoutLocator(given);
		if (value !== undefined && value !== null) continue;
		const fields = openFilterProperty.options as INodeProperties[];
		const field = fields.find((one) => one.name === name)?.displayName ?? name;
		throw new NodeOperationError(node.getNode(), `The filter ${field} has no value`, {
			itemIndex: index,
			description:
				'Correct its expression, which gives nothing for this item, or remove the filter',
		});
	}
	const { from, to, ...rest } = filters;
	return {
		...Object.fromEntries(
			Object.entries(rest)
				.map(([name, value]) => [name, withoutLocator(value)] as const)
				.filter(([, value]) => value !== ''),
		),
		...(from && { from: new Date(from) }),
		...(to && { to: new Date(to) }),
	};
}
