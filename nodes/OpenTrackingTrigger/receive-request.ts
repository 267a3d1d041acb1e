import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import { createGate, type Gate } from '../../src/async/gate';
import type { OpenInHand } from '../../src/collector/waiting/unfinished-opens';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { receiveOpen } from '../../src/tracking/receive/receive-open';
import { toNodeError } from '../shared/each-item';
import { collectOpen } from '../shared/receive/collector-log';
import { receiveDeps, tellOfLookups } from '../shared/receive/receive';
import { receiveSettings, triggerOptions } from '../shared/receive/receive-settings';
import { noteLoadOf } from '../shared/receive/note-load';
import { openItem } from '../shared/receive/open-item';
import { guardResponse, imageAnswer, type GuardedResponse } from './guarded-response';
import { startWith, unfinishedOpens } from './hand-over';
import { pixelRequest } from './pixel-request';
import { recordAndChoose, startForOf } from './record-and-choose';
import { imitateResponse, noteResponse } from './response-imitation';

const DEFAULT_DEADLINE_MS = 2000;
const PIXEL = imageAnswer(PIXEL_PNG);
/**
 * Executions that have not answered yet, of one trigger. Beyond that each new one would only make
 * all of them later: n8n needs most of its time for the execution, and little for one more item.
 */
const MOST_UNDER_WAY = 50;
const MOST_TOGETHER = 200;
/** An execution that has not ended by then may never say that it did. */
const FORGET_AFTER_MS = 30_000;

/** In module scope because n8n makes node instances anew. */
const gates = new Map<string, Gate<OpenInHand>>();

/**
 * Answers one load of the pixel, and gives n8n the event to start the workflow with. Whatever
 * happens from the first line on, the requester gets the image; an error still reaches n8n, which
 * shows it as a failed execution. An open that the workflow is to answer is on disk before anybody
 * else does.
 */
export async function receiveRequest(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const startedAt = performance.now();
	const request = context.getRequestObject();
	const isHead = request.method === 'HEAD';
	const trigger = `${context.getWorkflow().id}/${context.getNode().id}`;
	let inHand: OpenInHand | undefined;
	let isEarly = false;
	const response = guardResponse(context.getResponseObject(), {
		deadlineMs: triggerOptions(context).deadline ?? DEFAULT_DEADLINE_MS,
		withBody: !isHead,
		fallback: () => PIXEL,
		beforeFallback: async () => {
			isEarly = true;
			await inHand?.keep();
		},
		onAnswer: ({ body, headers }) => {
			if (!inHand) return;
			const tookMs = performance.now() - startedAt;
			const { recipientId, pixelId, messageId } = inHand.open;
			// A pixel or a message can be one person's own.
			const madeFor = recipientId ?? pixelId ?? messageId;
			noteResponse(trigger, { image: body, contentType: headers['content-type'], tookMs, madeFor });
		},
	});
	try {
		const respond = context.getNodeParameter('respond');
		const isTest = context.getMode() === 'manual';
		// A test in the editor has nothing to show without an item.
		const collects = respond === 'collect' && !isTest;
		const respondsHere = respond !== 'usingRespondNode';
		if ((respondsHere && !collects) || isHead) await response.sendFallback();

		const settings = receiveSettings(context);
		const received = await receiveOpen(pixelRequest(request), settings, receiveDeps(context));
		tellOfLookups(context, received);
		if (collects) {
			await collectOpen(received);
			await response.sendFallback();
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
		if (respondsHere || isTest) {
			return { noWebhookResponse: respondsHere, workflowData: [[openItem(received.event)]] };
		}
		inHand = unfinishedOpens(context).begin(received.event);
		if (isEarly) await inHand.keep();
		const begun = await gateOf(trigger).enter(inHand);
		const started = begun && startWith(context, response, begun.items, begun.end);
		// Where the workflow has it among others, the image may be made for one of them.
		const isAlone = started?.workflowData?.[0].length === 1;
		if (!isAlone) await response.sendFallback();
		return started ?? { noWebhookResponse: true };
	} catch (error) {
		await response.sendFallback();
		throw toNodeError(context, error, 0);
	}
}

function gateOf(trigger: string): Gate<OpenInHand> {
	const gate =
		gates.get(trigger) ??
		createGate({ most: MOST_UNDER_WAY, together: MOST_TOGETHER, forgetAfterMs: FORGET_AFTER_MS });
	gates.set(trigger, gate);
	return gate;
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
	response.send(imageAnswer(image, contentType));
}
