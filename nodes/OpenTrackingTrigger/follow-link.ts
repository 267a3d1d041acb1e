import type { Response } from 'express';
import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { within } from '../../src/async/time-limit';
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
import { pixelRequest } from './pixel-request';
import { recordAndChoose, startForOf } from './record-and-choose';

const DEFAULT_DEADLINE_MS = 2000;

/**
 * Sends whoever follows a tracked link to where it leads, and gives n8n the event to start the
 * workflow with. The requester gets the same answer whatever becomes of the click; an error still
 * reaches n8n, which shows it as a failed execution.
 */
export async function followLink(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const request = context.getRequestObject();
	const answer = answerOnce(context.getResponseObject(), request.method !== 'HEAD');
	try {
		const { headers, query, ...rest } = pixelRequest(request);
		const deps = receiveDeps(context);
		const claims = await deps.readTrackedLink(query.t ?? '');
		if (claims === null) {
			answer(LINK_NOT_FOUND);
			return { noWebhookResponse: true };
		}
		const redirect = redirectTo(claims.link.url);
		// A test in the editor has nothing to show without an item.
		const collects =
			context.getNodeParameter('respond') === 'collect' && context.getMode() !== 'manual';
		if (!collects) answer(redirect);
		try {
			const settings = receiveSettings(context);
			const received = await receiveClick({ headers, query, ...rest }, claims, settings, deps);
			tellOfLookups(context, received);
			if (collects) {
				const limitMs = triggerOptions(context).deadline ?? DEFAULT_DEADLINE_MS;
				const collecting = collectOpen(received);
				await within(limitMs, collecting, () => undefined);
				answer(redirect);
				await collecting;
				return { noWebhookResponse: true };
			}
			const startFor = startForOf(context);
			if (startFor.choice !== 'every') {
				const event = await recordAndChoose(context, received, startFor);
				return { noWebhookResponse: true, workflowData: event && [[openItem(event)]] };
			}
			noteLoadOf(context, received);
			if (received.event === null) return { noWebhookResponse: true };
			return { noWebhookResponse: true, workflowData: [[openItem(received.event)]] };
		} finally {
			answer(redirect);
		}
	} catch (error) {
		answer(LINK_NOT_FOUND);
		throw toNodeError(context, error, 0);
	}
}

/**
 * Gives a function that answers this request, the first time it is called. n8n answers as well where
 * the workflow fails or a node responds; that has no effect any more.
 */
function answerOnce(response: Response, withBody: boolean): (answer: LinkResponse) => void {
	let answered = false;
	return ({ status, headers, body }) => {
		if (answered) return;
		answered = true;
		for (const name of response.getHeaderNames()) response.removeHeader(name);
		response.writeHead(status, { ...headers });
		response.end(withBody ? body : undefined);
		response.status = () => response;
		response.setHeader = () => response;
		response.setHeaders = () => response;
		response.json = () => response;
		response.end = () => response;
	};
}
