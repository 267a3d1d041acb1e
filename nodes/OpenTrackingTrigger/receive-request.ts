import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import type { OpenEvent } from '../../src/tracking/event/open-event';
import { receiveOpen } from '../../src/tracking/receive/receive-open';
import { toNodeError } from '../shared/each-item';
import { collectOpen } from '../shared/receive/collector-log';
import { receiveDeps, tellOfLookups } from '../shared/receive/receive';
import { receiveSettings, triggerOptions } from '../shared/receive/receive-settings';
import { noteLoadOf } from '../shared/receive/note-load';
import { openItem } from '../shared/receive/open-item';
import { guardResponse, type GuardedResponse } from './guarded-response';
import { pixelRequest } from './pixel-request';
import { recordAndChoose, startForOf } from './record-and-choose';
import { imitateResponse, noteResponse } from './response-imitation';

const DEFAULT_DEADLINE_MS = 2000;

/**
 * Answers one load of the pixel, and gives n8n the event to start the workflow with. Whatever
 * happens from the first line on, the requester gets the image; an error still reaches n8n, which
 * shows it as a failed execution.
 */
export async function receiveRequest(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const startedAt = performance.now();
	const request = context.getRequestObject();
	const isHead = request.method === 'HEAD';
	const trigger = `${context.getWorkflow().id}/${context.getNode().id}`;
	let started: OpenEvent | undefined;
	const response = guardResponse(context.getResponseObject(), {
		deadlineMs: triggerOptions(context).deadline ?? DEFAULT_DEADLINE_MS,
		withBody: !isHead,
		onAnswer: (image, contentType) => {
			if (!started) return;
			const tookMs = performance.now() - startedAt;
			// A pixel or a message can be one person's own.
			const madeFor = started.recipientId ?? started.pixelId ?? started.messageId;
			noteResponse(trigger, { image, contentType, tookMs, madeFor });
		},
	});
	try {
		const respond = context.getNodeParameter('respond');
		// A test in the editor has nothing to show without an item.
		const collects = respond === 'collect' && context.getMode() !== 'manual';
		const respondsHere = respond !== 'usingRespondNode';
		if ((respondsHere && !collects) || isHead) response.sendPixel();

		const settings = receiveSettings(context);
		const received = await receiveOpen(pixelRequest(request), settings, receiveDeps(context));
		tellOfLookups(context, received);
		if (collects) {
			await collectOpen(received);
			response.sendPixel();
			return { noWebhookResponse: true };
		}
		const startFor = startForOf(context);
		if (startFor.choice !== 'every') {
			const event = await recordAndChoose(context, received, startFor);
			return { noWebhookResponse: true, workflowData: event && [[openItem(event)]] };
		}
		noteLoadOf(context, received);
		if (received.event === null) {
			if (!respondsHere && !isHead) await answerAsWorkflow(response, trigger, startedAt);
			return { noWebhookResponse: true };
		}
		if (!respondsHere) started = received.event;
		return {
			noWebhookResponse: respondsHere,
			workflowData: [[openItem(received.event)]],
		};
	} catch (error) {
		response.sendPixel();
		throw toNodeError(context, error, 0);
	}
}

/** An open that is not kept gets about the time, and where it may the image, of those that are. */
async function answerAsWorkflow(
	response: GuardedResponse,
	trigger: string,
	startedAt: number,
): Promise<void> {
	const { image, contentType, tookMs } = imitateResponse(trigger, Math.random);
	const rest = tookMs - (performance.now() - startedAt);
	if (rest > 0) await sleep(rest);
	response.sendImage(image, contentType);
}
