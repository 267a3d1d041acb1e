import type { INodePropertyOptions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { PEOPLE_COLUMNS, type PeopleColumn } from '../../../src/storage/privacy-store';
import { DEFAULT_K, filtered, suppressSmallCells } from '../../../src/tracking/k-anonymity';
import type { Operation } from '../operation';

const NAMES: Record<PeopleColumn, string> = {
	actor: 'Actor',
	device: 'Device',
	family: 'Mail Program',
	os: 'Operating System',
};
const columnOptions: INodePropertyOptions[] = [...PEOPLE_COLUMNS]
	.sort((a, b) => NAMES[a].localeCompare(NAMES[b]))
	.map((value) => ({ name: NAMES[value], value }));

export const countPeople: Operation = {
	value: 'countPeople',
	name: 'Count People',
	action: 'Count people who opened',
	description:
		'People with an open per campaign and one more question. Numbers about fewer than ten are held back, and others from which they could be worked out.',
	properties: [
		{
			displayName: 'By',
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
					displayName: 'Only',
					name: 'only',
					type: 'string',
					default: '',
					placeholder: 'e.g. Gmail',
					description: 'One value of the question; answered from the same table as without it',
				},
				{
					displayName: 'Smallest Number Shown',
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
		const { only, k = DEFAULT_K } = node.getNodeParameter('peopleOptions', index, {}) as {
			only?: string;
			k?: number;
		};
		if (k < DEFAULT_K) {
			throw new NodeOperationError(node.getNode(), `Fewer than ${DEFAULT_K} is not shown`, {
				itemIndex: index,
				description: `Set Smallest Number Shown to ${DEFAULT_K} or more`,
			});
		}
		const table = suppressSmallCells(await store.countPeople(by), k);
		const json = only
			? { by, only, ...(table.columns.includes(only) ? filtered(table, only) : noSuch(table.rows)) }
			: { by, ...table };
		return [{ json: { ...json } }];
	},
};

/** A value that nobody has is zero people, which may be shown. */
function noSuch(rows: readonly string[]) {
	return { rows, counts: rows.map(() => 0), total: 0 };
}
