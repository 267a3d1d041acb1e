import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { recordOpen } from '../shared/receive/waiting-opens';
import { eventOf } from './event-of';

/**
 * Writes the open that an item stands for, or keeps it on disk until the store is back.
 *
 * @returns the event as an item, with the label that the store knows of, or nothing where nothing of
 *   it may be stored
 */
export async function logItem(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	index: number,
): Promise<INodeExecutionData[]> {
	const { event, load } = await eventOf(context, item, index);
	if (event === null) return [];
	const outcome = await recordOpen(context, { event, load });
	if (outcome === 'erased') return [];
	return [{ json: 'stored' in outcome ? outcome.stored : outcome.waiting }];
}
