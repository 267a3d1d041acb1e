import { DateTime } from 'luxon';

import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

export const getOpenRequests: Operation = {
	value: 'getOpenRequests',
	name: 'Get Open Requests',
	action: 'Get open privacy requests',
	description:
		'List who asked for a copy of their data or for its erasure and has not got it yet, the oldest first',
	properties: [],
	async execute({ store }) {
		const requests = await store.listPrivacyRequests();
		return toItems(
			requests.map(({ recipientId, kind, askedAt }) => ({
				recipientId,
				request: kind,
				askedAt,
				// GDPR Art. 12(3): within one month of receipt.
				dueAt: DateTime.fromISO(askedAt, { zone: 'utc' }).plus({ months: 1 }).toISO(),
			})),
		);
	},
};
