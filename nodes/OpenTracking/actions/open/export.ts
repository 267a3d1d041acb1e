import { Readable } from 'node:stream';

import { csvOf } from '../../../../src/reports/csv';
import { OPEN_COLUMNS, exportRow } from '../../../../src/reports/open-rows';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import type { Operation } from '../../common/operation';
import { openFilterProperty, readOpenFilter } from './filter';

export const exportOpens: Operation = {
	value: 'export',
	name: 'Export',
	action: 'Export opens',
	description: 'Write recorded opens to a CSV file, newest first',
	properties: [openFilterProperty],
	async execute({ node, store, index }) {
		let opens = 0;
		const rows = Readable.from(store.streamOpens(readOpenFilter(node, index))).map(
			(open: OpenEvent) => {
				opens += 1;
				return exportRow(open);
			},
		);
		const data = await node.helpers.prepareBinaryData(
			csvOf(OPEN_COLUMNS, rows),
			'opens.csv',
			'text/csv',
		);
		return [{ json: { opens }, binary: { data } }];
	},
};
