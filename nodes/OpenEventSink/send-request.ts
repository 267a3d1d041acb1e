import type { IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';

import type { DeliverDeps } from '../../src/sinks/delivery/delivery';
import type { Sink, SinkResponse } from '../../src/sinks/sink';

/**
 * Sends the requests of a destination through n8n, which adds the login of the credential, renews
 * OAuth 2 tokens, and keeps to the proxy and the limits of this installation.
 *
 * @param timeoutMs how long one request may take
 */
export function requestSender(
	context: IExecuteFunctions,
	sink: Sink,
	timeoutMs: number,
): DeliverDeps['send'] {
	return async (request) =>
		await context.helpers.httpRequestWithAuthentication
			.call(context, sink.credential.name, {
				method: request.method,
				url: request.url,
				headers: { ...request.headers },
				qs: { ...request.query },
				// As bytes, because n8n's client formats text again, and signatures are over the bytes.
				body: request.body === null ? undefined : Buffer.from(request.body),
				encoding: 'text',
				json: false,
				returnFullResponse: true,
				// n8n renews an OAuth 2 token only when it sees the 401 as a fault.
				ignoreHttpStatusErrors: sink.credential.oauth2 ? { ignore: true, except: [401] } : true,
				disableFollowRedirect: true,
				timeout: timeoutMs,
			})
			.then(toSinkResponse, async (fault: unknown) => {
				const answer = answerIn(fault) ?? (sink.credential.oauth2 ? refusedLogin(fault) : null);
				return answer ?? (await Promise.reject(fault));
			});
}

function toSinkResponse({ statusCode, headers, body }: IN8nHttpFullResponse): SinkResponse {
	return { status: statusCode, headers: lowerCase(headers), body };
}

/** n8n throws a 401 that stays after the token was renewed, but it is an answer. */
function answerIn(fault: unknown): SinkResponse | null {
	const { cause } = fault as { cause?: { response?: AxiosAnswer } };
	if (!cause?.response) return null;
	const { status, headers, data } = cause.response;
	return { status, headers: lowerCase(headers), body: data };
}

/** No token to be had is a fault of n8n's own, without a code of its HTTP client. */
function refusedLogin(fault: unknown): SinkResponse | null {
	if (!(fault instanceof Error)) return null;
	const { cause, message } = fault as { cause?: { code?: unknown }; message: string };
	return typeof cause?.code !== 'string' ? { status: 401, headers: {}, body: message } : null;
}

interface AxiosAnswer {
	status: number;
	headers: object;
	data: unknown;
}

function lowerCase(headers: object): Record<string, string | undefined> {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name.toLowerCase(),
			value === undefined ? undefined : String(value),
		]),
	);
}
