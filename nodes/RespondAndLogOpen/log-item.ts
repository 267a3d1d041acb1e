import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { recordOpen } from '../shared/receive/waiting-opens';
import { eventOf } from './event-of';

/**
 * Writes the open that an item stands for, or keeps it on disk until the store is back.
 *
 * @returns the event as an item, or nothing where nothing of it may be stored
 */
export async function logItem(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	index: number,
): Promise<INodeExecutionData[]> {
	const event = await eventOf(context, item, index);
	if (event === null) return [];
	return (await recordOpen(context, event)) === 'erased' ? [] : [{ json: event }];
}
