import { Readable } from 'node:stream';

import { csvOf } from '../../../src/reports/csv';
import type { Recipient } from '../../../src/storage/tracking-store';
import type { Operation } from '../operation';
import { pixelIdProperty } from '../pixel/pixel-id';

const COLUMNS = ['id', 'recipientId', 'email', 'createdAt'] as const;

export const exportRecipients: Operation = {
	value: 'exportCsv',
	name: 'Export CSV',
	action: 'Export recipients as CSV',
	description: 'Write the recipients of a pixel to a CSV file',
	properties: [pixelIdProperty],
	async execute({ node, store, index }) {
		const pixelId = node.getNodeParameter('pixelId', index) as string;
		const rows = Readable.from(store.streamRecipients(pixelId)).map((recipient: Recipient) =>
			COLUMNS.map((column) => recipient[column]),
		);
		const csv = csvOf(COLUMNS, rows);
		return [
			{
				json: { pixelId },
				binary: { data: await node.helpers.prepareBinaryData(csv, 'recipients.csv', 'text/csv') },
			},
		];
	},
};
