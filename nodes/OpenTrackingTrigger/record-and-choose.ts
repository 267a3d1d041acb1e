import type { IWebhookFunctions } from 'n8n-workflow';

import type { OpenEvent } from '../../src/tracking/event/open-event';
import { startsFor, type StartFor } from '../../src/tracking/event/start-for';
import type { ReceivedOpen } from '../../src/tracking/receive/receive-types';
import { readStartFor } from '../shared/fields/start-for';
import { recordOpen } from '../shared/receive/waiting-opens';

/** What starts the workflow: every load, where the workflow itself answers or records. */
export function startForOf(context: Pick<IWebhookFunctions, 'getNodeParameter'>): StartFor {
	const chooses = context.getNodeParameter('respond') === 'immediately';
	return chooses ? readStartFor(context) : { choice: 'every' };
}

/**
 * Records an event, of which the workflow may never hear, and so the store alone knows what came
 * before it.
 *
 * @returns the event as the store has it, where the workflow is to start for it; while the store is
 *   away that is known later ({@link onLateOpens}). A test in the editor shows every event.
 */
export async function recordAndChoose(
	context: IWebhookFunctions,
	{ event, load }: Pick<ReceivedOpen, 'event' | 'load'>,
	startFor: StartFor,
): Promise<OpenEvent | undefined> {
	if (event === null) return undefined;
	const outcome = await recordOpen(context, { event, load });
	if (outcome === 'erased' || 'waiting' in outcome) return undefined;
	const isTest = context.getMode() === 'manual';
	return isTest || startsFor(startFor, outcome.stored) ? outcome.stored : undefined;
}
