import { Readable } from 'node:stream';

import { csvOf } from '../../../src/reports/csv';
import { OPEN_COLUMNS, openRow } from '../../../src/reports/open-rows';
import type { Operation } from '../operation';
import { openFilterProperty, readOpenFilter } from './filter';

export const exportOpens: Operation = {
	value: 'export',
	name: 'Export',
	action: 'Export opens',
	description: 'Write recorded opens to a CSV file, newest first',
	properties: [openFilterProperty],
	async execute({ node, store, index }) {
		const rows = store.streamOpens(readOpenFilter(node, index));
		const csv = csvOf(OPEN_COLUMNS, Readable.from(rows).map(openRow));
		return [
			{
				json: {},
				binary: { data: await node.helpers.prepareBinaryData(csv, 'opens.csv', 'text/csv') },
			},
		];
	},
};
