import { randomBytes } from 'node:crypto';

import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { RateLimiterMemory } from 'rate-limiter-flexible';

import type { RateLimiter } from '../../src/api/api-deps';
import { TOKEN_REQUESTS, TOKEN_WINDOW_SECONDS } from '../../src/api/routes/recipient-routes';
import { createTrackingApi, type TrackingApi } from '../../src/api/tracking-api';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { pixelHeaders } from '../../src/tracking/receive/pixel-response';
import { toNodeError } from '../shared/each-item';
import { accessOf } from '../shared/installation/access';
import { outage } from '../shared/installation/outage';
import { signingOf } from '../shared/installation/signing';
import { openTrackingStore } from '../shared/installation/store';
import { lookupsIn, receiveDeps } from '../shared/receive/receive';
import { receiveSettings } from '../shared/receive/receive-settings';
import { recordOpen, waitingFolders } from '../shared/receive/waiting-opens';
import { setupFacts } from '../shared/setup/setup-facts';
import { personRights } from './person-rights';
import { allowedOrigins } from './allowed-origins';
import { DASHBOARD_PATH } from './routes';
import { sendResponse } from './send-response';
import { pathBelow, webRequest } from './web-request';

type N8nRequest = Parameters<typeof webRequest>[0];

/**
 * Answers one request to the tracker APIs or the pages. Gives n8n the open that was recorded, if
 * one was, to start the workflow with. Where nothing can be answered, the image of an email still
 * goes out, and n8n shows the error as a failed execution.
 */
export async function serveRequest(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const request = context.getRequestObject();
	const response = context.getResponseObject();
	const { webhookId = '' } = context.getNode();
	const isHead = request.method === 'HEAD';
	const send = async (answer: Response, origins: readonly string[]) =>
		await sendResponse(response, answer, {
			isHead,
			origin: request.headers.origin,
			allowedOrigins: origins,
		});
	try {
		let opened: OpenEvent | undefined;
		const api = apiOf(context, webhookId, (event) => {
			opened = event;
		});
		const answer = await api.fetch(await webRequest(request as unknown as N8nRequest, webhookId));
		await send(answer, allowedOrigins(context));
		return opened === undefined
			? { noWebhookResponse: true }
			: {
					noWebhookResponse: true,
					workflowData: [[{ json: opened as unknown as IDataObject }]],
				};
	} catch (error) {
		if (!response.headersSent) {
			await send(lastResort(pathBelow(request.originalUrl, webhookId)), []);
		}
		throw toNodeError(context, error, 0);
	}
}

/** The APIs and pages, on the store and with the settings of a node. */
function apiOf(
	context: IWebhookFunctions,
	webhookId: string,
	onOpen: (event: OpenEvent) => void,
): TrackingApi {
	const trouble = outage(context, 'The tracking API could not do all that it was asked for');
	let failed = false;
	const api = createTrackingApi({
		access: async () => await accessOf(context),
		allowedOrigins: allowedOrigins(context),
		openStore: async () => await openTrackingStore(context),
		inTime: (ask) => lookupsIn(context).inTime(ask),
		signing: async () => {
			const { keyRing, baseUrl } = await signingOf(context);
			return { keyRing, baseUrl: baseUrl ? `${baseUrl}/${webhookId}` : ownBaseUrl(context) };
		},
		receiveSettings: receiveSettings(context),
		receiveDeps: receiveDeps(context),
		// n8n sets Express up with N8N_PROXY_HOPS, so this is the client only as far as that trusts.
		clientAddress: () => context.getRequestObject().ip ?? null,
		tokenLimiter: sharedTokenLimiter(),
		now: () => new Date(),
		randomBytes,
		timeZone: context.getTimezone(),
		recordOpen: async (open, limitMs) => {
			const outcome = await recordOpen(context, open, limitMs);
			if (typeof outcome === 'object' && 'stored' in outcome) onOpen(outcome.stored);
			return outcome;
		},
		rights: personRights(context, webhookId),
		setupFacts: async () =>
			await setupFacts(context, {
				ownAddress: ownBaseUrl(context).replace(`/${webhookId}`, ''),
				requestHeaders: context.getRequestObject().headers,
			}),
		waitingOpens: async () => await waitingFolders().report(),
		onError: (error) => {
			failed = true;
			trouble.failed(error);
		},
	});
	return {
		...api,
		fetch: async (request) => {
			const answer = await api.fetch(request);
			if (!failed) trouble.worked();
			return answer;
		},
	};
}

/** What all routes of a node start with, from the one address that n8n gives. */
function ownBaseUrl(context: IWebhookFunctions): string {
	return (context.getNodeWebhookUrl('default') ?? '').replace(`/${DASHBOARD_PATH}`, '');
}

function lastResort(path: string): Response {
	return path.startsWith('/tracker/')
		? new Response(new Uint8Array(PIXEL_PNG), { headers: pixelHeaders(PIXEL_PNG.length) })
		: Response.json(
				{ error: "The tracker could not answer. n8n's log and executions say why." },
				{ status: 500 },
			);
}

let tokenLimiter: RateLimiter | undefined;

/** One for the process, or every request would start to count anew. */
function sharedTokenLimiter(): RateLimiter {
	tokenLimiter ??= new RateLimiterMemory({
		points: TOKEN_REQUESTS,
		duration: TOKEN_WINDOW_SECONDS,
	});
	return tokenLimiter;
}
