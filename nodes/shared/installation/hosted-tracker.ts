import type { Readable } from 'node:stream';

import type {
	IExecuteFunctions,
	IHttpRequestMethods,
	IN8nHttpFullResponse,
	IWebhookFunctions,
} from 'n8n-workflow';

import {
	createHostedTracker,
	type HostedTracker,
	type HostedTrackerOptions,
} from '../../../src/api/hosted-tracker';

/**
 * The hosted tracker of the credential. It is asked through n8n, which keeps to the proxy of this
 * installation and to the addresses that its nodes may reach.
 */
export async function openHostedTracker(
	context: IExecuteFunctions,
	index: number,
): Promise<HostedTracker> {
	const { baseUrl } = await context.getCredentials<{ baseUrl: string }>(
		'hostedPixelTrackerApi',
		index,
	);
	return createHostedTracker({ baseUrl, send: sendThroughN8n(context) });
}

/** Sends requests as n8n's own nodes do, and gives redirects and errors as they are. */
export function sendThroughN8n({
	helpers,
}: Pick<IExecuteFunctions | IWebhookFunctions, 'helpers'>): NonNullable<
	HostedTrackerOptions['send']
> {
	return async (url, { method, headers, body, signal }) => {
		const answer = (await helpers.httpRequest({
			method: method as IHttpRequestMethods,
			url,
			headers,
			body,
			// As it comes in, so that no more of it is read than is wanted.
			encoding: 'stream',
			json: false,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			abortSignal: signal,
		})) as IN8nHttpFullResponse;
		return {
			status: answer.statusCode,
			headers: { get: (name) => textOf(answer.headers[name]) },
			body: answer.body as Readable,
		};
	};
}

function textOf(header: unknown): string | null {
	return typeof header === 'string' ? header : null;
}
