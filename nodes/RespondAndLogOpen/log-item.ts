import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { denylistKeysOfEvent } from '../../src/tracking/subject-keys';
import { signingOf } from '../shared/signing';
import { openTrackingStore } from '../shared/store';
import { eventOf } from './event-of';
import { logOpen } from './log-open';

/**
 * Writes the open that an item stands for.
 *
 * @returns the logged event as an item, or nothing where nothing of it may be stored
 */
export async function logItem(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	index: number,
): Promise<INodeExecutionData[]> {
	const event = await eventOf(context, item, index);
	if (event === null) return [];
	const store = await openTrackingStore(context);
	const { keyRing } = await signingOf(context);
	const denylistKeys = denylistKeysOfEvent(event, keyRing);
	return (await logOpen(store, { event, denylistKeys })) ? [{ json: event }] : [];
}
