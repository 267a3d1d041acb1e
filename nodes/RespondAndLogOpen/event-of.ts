import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { v5 as uuidv5 } from 'uuid';

import { RECEIVE_DEFAULTS } from '../../src/intake/receive-defaults';
import { openEventSchema } from '../../src/tracking/event/open-event';
import { firstIssue, IN_PLAIN_WORDS } from '../../src/tracking/event/plain-issues';
import { receiveOpen } from '../../src/tracking/receive/receive-open';
import type { ReceivedOpen } from '../../src/tracking/receive/receive-types';
import { reportedSettings } from '../../src/tracking/receive/reported-tracker';
import { reportSetupInUse } from '../shared/receive/report-setup';
import { forwardedClient } from '../shared/receive/forwarded-client';
import { receiveDeps, tellOfLookups } from '../shared/receive/receive';

/** Namespace of the ids of events that n8n's own Webhook node received. */
const STOCK_WEBHOOK_NAMESPACE = '4f6b9a52-2d5c-4d53-8a2b-6f4b3c1e7a10';

/**
 * The event that an item stands for. Behind the Email Open Trigger it is the item itself. Behind
 * n8n's own Webhook node it is made from query and headers, by the same steps as in the trigger;
 * its id then comes from the execution, so that a retry writes the same event.
 *
 * @returns no event when nothing may be stored of this load; no load behind the Email Open Trigger,
 *   which has handed it to the store
 */
export async function eventOf(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	index: number,
): Promise<Pick<ReceivedOpen, 'event' | 'load'>> {
	const parsed = openEventSchema.safeParse(item.json, IN_PLAIN_WORDS);
	if (parsed.success) return { event: parsed.data, load: null };
	const { query, headers } = item.json;
	if (item.json.event === 'open' || !isTextRecord(query) || !isTextRecord(headers)) {
		throw new NodeOperationError(
			context.getNode(),
			`The item is not an open event: ${firstIssue(parsed.error, 'it')}`,
			{
				itemIndex: index,
				description:
					'Connect this node behind an Email Open Trigger or a Webhook node, and let the JSON of the event pass through the nodes between them unchanged',
			},
		);
	}
	reportSetupInUse(context, reportedSettings(RECEIVE_DEFAULTS, null));
	const received = await receiveOpen(
		{ method: 'GET', query, headers, ip: forwardedClient(headers), receivedAt: new Date() },
		RECEIVE_DEFAULTS,
		{
			...receiveDeps(context),
			newEventId: () => uuidv5(`${context.getExecutionId()}/${index}`, STOCK_WEBHOOK_NAMESPACE),
		},
	);
	tellOfLookups(context, received);
	return received;
}

function isTextRecord(value: unknown): value is Record<string, string | undefined> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
