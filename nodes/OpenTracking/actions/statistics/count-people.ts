import type { INodePropertyOptions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { PEOPLE_COLUMNS, type PeopleColumn } from '../../../../src/storage/port/privacy-store';
import {
	cellsOf,
	DEFAULT_K,
	filtered,
	suppressSmallCells,
} from '../../../../src/tracking/minimise/k-anonymity';
import { textOf } from '../../../shared/fields/check-fields';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

const NAMES: Record<PeopleColumn, string> = {
	actor: 'Actor',
	device: 'Device',
	family: 'Email Client',
	os: 'Operating System',
	segment: 'Segment',
};
const columnOptions: INodePropertyOptions[] = [...PEOPLE_COLUMNS]
	.sort((a, b) => NAMES[a].localeCompare(NAMES[b]))
	.map((value) => ({ name: NAMES[value], value }));

export const countPeople: Operation = {
	value: 'countPeople',
	name: 'Count People',
	action: 'Count people who opened',
	description:
		'People with an open per campaign and one more question, one item per number, totals with an empty campaign or value. Numbers about fewer than ten people are hidden, and others from which they could be worked out.',
	properties: [
		{
			displayName: 'Group By',
			name: 'peopleBy',
			type: 'options',
			options: columnOptions,
			default: 'family',
		},
		{
			displayName: 'Options',
			name: 'peopleOptions',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Filter Value',
					name: 'only',
					type: 'string',
					default: '',
					placeholder: 'e.g. Gmail',
					description: 'One value of the question; answered from the same table as without it',
				},
				{
					displayName: 'Minimum Group Size',
					name: 'k',
					type: 'number',
					typeOptions: { minValue: DEFAULT_K },
					default: DEFAULT_K,
				},
			],
		},
	],
	async execute({ node, store, index }) {
		const by = node.getNodeParameter('peopleBy', index) as PeopleColumn;
		const options = node.getNodeParameter('peopleOptions', index, {}) as {
			only?: string;
			k?: number;
		};
		const { k = DEFAULT_K } = options;
		const only = textOf(options.only);
		if (k < DEFAULT_K) {
			throw new NodeOperationError(
				node.getNode(),
				`Minimum Group Size must be ${DEFAULT_K} or more`,
				{
					itemIndex: index,
					description: 'A smaller group could tell what single people did',
				},
			);
		}
		const table = suppressSmallCells(await store.countPeople(by), k);
		if (only && !table.columns.includes(only)) {
			const known = table.columns.join(', ') || 'nobody at all';
			node.addExecutionHints({ message: `Nobody is counted under "${only}". There is: ${known}` });
		}
		const because = `The number is about fewer than ${k} people, or one that is could be worked out from it`;
		return toItems(
			(only ? filtered(table, only) : cellsOf(table)).map(({ row, column, count }) => {
				const hidden = count === null;
				return {
					campaign: row,
					by,
					value: column,
					count,
					hidden,
					because: hidden ? because : null,
				};
			}),
		);
	},
};
