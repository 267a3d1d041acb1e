import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import {
	LINK_NOT_FOUND,
	redirectTo,
	type LinkResponse,
} from '../../src/tracking/receive/link-response';
import { receiveClick } from '../../src/tracking/receive/receive-click';
import { toNodeError } from '../shared/each-item';
import { collectOpen } from '../shared/receive/collector-log';
import { noteLoadOf } from '../shared/receive/note-load';
import { openItem } from '../shared/receive/open-item';
import { receiveDeps, tellOfLookups } from '../shared/receive/receive';
import { receiveSettings, triggerOptions } from '../shared/receive/receive-settings';
import { guardResponse } from './guarded-response';
import { startWith, unfinishedOpens } from './hand-over';
import { pixelRequest } from './pixel-request';
import { recordAndChoose, startForOf } from './record-and-choose';

const DEFAULT_DEADLINE_MS = 2000;

/**
 * Sends whoever follows a tracked link to where it leads, and gives n8n the event to start the
 * workflow with. The requester gets the same answer whatever becomes of the click; an error still
 * reaches n8n, which shows it as a failed execution. Where a node of the workflow responds, nobody
 * waits for that; but the click is on disk before the answer.
 */
export async function followLink(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const request = context.getRequestObject();
	let fallback: LinkResponse = LINK_NOT_FOUND;
	const response = guardResponse(context.getResponseObject(), {
		deadlineMs: triggerOptions(context).deadline ?? DEFAULT_DEADLINE_MS,
		withBody: request.method !== 'HEAD',
		fallback: () => fallback,
	});
	try {
		const asked = pixelRequest(request);
		const deps = receiveDeps(context);
		const claims = await deps.readTrackedLink(asked.query.t ?? '');
		if (claims === null) return { noWebhookResponse: true };
		fallback = redirectTo(claims.link.url);
		const isTest = context.getMode() === 'manual';
		const respond = context.getNodeParameter('respond');
		// A test in the editor has nothing to show without an item.
		if (respond === 'immediately' || isTest) await response.sendFallback();
		const received = await receiveClick(asked, claims, receiveSettings(context), deps);
		tellOfLookups(context, received);
		if (respond === 'collect' && !isTest) {
			await collectOpen(received);
			return { noWebhookResponse: true };
		}
		const startFor = startForOf(context);
		if (startFor.choice !== 'every') {
			const event = await recordAndChoose(context, received, startFor);
			return { noWebhookResponse: true, workflowData: event && [[openItem(event)]] };
		}
		noteLoadOf(context, received);
		const { event } = received;
		if (respond !== 'usingRespondNode' || isTest) {
			return { noWebhookResponse: true, workflowData: event ? [[openItem(event)]] : undefined };
		}
		const unfinished = unfinishedOpens(context);
		if (event === null) {
			await unfinished.keepNothing();
			return { noWebhookResponse: true };
		}
		const inHand = unfinished.begin(event);
		await inHand.keep();
		return startWith(context, response, [inHand]);
	} catch (error) {
		throw toNodeError(context, error, 0);
	} finally {
		await response.sendFallback();
	}
}
