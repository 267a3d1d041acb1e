import type { Request } from 'express';
import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import {
	receiveOpen,
	type PixelRequest,
	type ReceiveSettings,
} from '../../src/tracking/receive-open';
import type { TrackingMode } from '../../src/tracking/tracking-mode';
import { toNodeError } from '../shared/each-item';
import { guardResponse } from '../shared/guarded-response';
import { relabelEarlier } from '../shared/relabel-earlier';
import { DEFAULT_SETTINGS, receiveDeps } from '../shared/receive';

const DEFAULT_DEADLINE_MS = 2000;

interface Options {
	deadline?: number;
	keep?: Array<'acceptLanguage' | 'ip' | 'referer' | 'userAgent'>;
}

/**
 * Answers one load of the pixel, and gives n8n the event to start the workflow with. Whatever
 * happens from the first line on, the requester gets the image; an error still reaches n8n, which
 * shows it as a failed execution.
 */
export async function receiveRequest(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const request = context.getRequestObject();
	const options = context.getNodeParameter('options', {}) as Options;
	const response = guardResponse(context.getResponseObject(), {
		deadlineMs: options.deadline ?? DEFAULT_DEADLINE_MS,
		withBody: request.method !== 'HEAD',
	});
	try {
		const respondsHere = context.getNodeParameter('respond') === 'immediately';
		if (respondsHere || request.method === 'HEAD') response.sendPixel();

		const received = await receiveOpen(
			pixelRequest(request),
			settings(context, options),
			receiveDeps(context),
		);
		if (received.lookupError) {
			context.logger.warn('A consent lookup did not answer; the policy decided without it');
		}
		relabelEarlier(context, received.relabels);
		if (received.event === null) {
			response.sendPixel();
			return { noWebhookResponse: true };
		}
		return {
			noWebhookResponse: respondsHere,
			workflowData: [[{ json: received.event as unknown as IDataObject }]],
		};
	} catch (error) {
		response.sendPixel();
		throw toNodeError(context, error, 0);
	}
}

function settings(context: IWebhookFunctions, options: Options): ReceiveSettings {
	const keep = options.keep ?? [];
	return {
		...DEFAULT_SETTINGS,
		mode: context.getNodeParameter('trackingMode') as TrackingMode,
		plainIds: {
			allowed: true,
			recipientParameter: context.getNodeParameter('recipientParameter') as string,
		},
		keep: {
			ip: keep.includes('ip') ? 'keep' : 'drop',
			userAgent: keep.includes('userAgent'),
			referer: keep.includes('referer'),
			acceptLanguage: keep.includes('acceptLanguage'),
		},
	};
}

/** Express gives repeated names as lists; the first value is the one that was meant. */
function pixelRequest(request: Request): PixelRequest {
	return {
		method: request.method,
		query: firstValues(request.query),
		headers: firstValues(request.headers),
		// n8n sets Express up with N8N_PROXY_HOPS, so this is the client only as far as that trusts.
		ip: request.ip ?? null,
		receivedAt: new Date(),
	};
}

function firstValues(values: Record<string, unknown>): Record<string, string | undefined> {
	return Object.fromEntries(
		Object.entries(values).map(([name, value]) => {
			const first: unknown = Array.isArray(value) ? value[0] : value;
			return [name, typeof first === 'string' ? first : undefined];
		}),
	);
}
