import { Readable } from 'node:stream';

import { csvOf } from '../../../../src/reports/csv';
import type { Recipient } from '../../../../src/storage/port/recipient';
import type { Operation } from '../../common/operation';
import { pixelIdProperty, readPixel } from '../../common/pixel-id';

const COLUMNS = ['id', 'recipientId', 'email', 'createdAt'] as const;

export const exportRecipients: Operation = {
	value: 'exportCsv',
	name: 'Export CSV',
	action: 'Export recipients as CSV',
	description: 'Write the recipients of a pixel to a CSV file',
	properties: [pixelIdProperty],
	async execute(context) {
		const { node, store } = context;
		const { id: pixelId } = await readPixel(context);
		let recipients = 0;
		const rows = Readable.from(store.streamRecipients(pixelId)).map((recipient: Recipient) => {
			recipients += 1;
			return COLUMNS.map((column) => recipient[column]);
		});
		const data = await node.helpers.prepareBinaryData(
			csvOf(COLUMNS, rows),
			'recipients.csv',
			'text/csv',
		);
		return [{ json: { pixelId, recipients }, binary: { data } }];
	},
};
