import type { Response } from 'express';

import { pixelHeaders } from '../../src/tracking/receive/pixel-response';

/** What a request gets. */
export interface Answer {
	status: number;
	headers: Readonly<Record<string, string>>;
	/** What a GET gets; HEAD gets the headers alone */
	body: Buffer;
}

/** Answers a request once. What comes after the first answer has no effect. */
export interface GuardedResponse {
	/** Sends an answer at once, unless something was sent before. */
	send(answer: Answer): void;
	/** Sends what goes out where the workflow gives no answer, once all that must come before is done. */
	sendFallback(): Promise<void>;
	/** Has `ended` called when the workflow answers, also after something went out, or ends. */
	onEnd(ended: (succeeded: boolean) => void): void;
}

export interface GuardOptions {
	/** What goes out where the workflow gives no answer */
	fallback(): Answer;
	/** Awaited before that goes out; never rejects */
	beforeFallback?(): Promise<void>;
	/** The fallback goes out after this many milliseconds */
	deadlineMs: number;
	/** false for HEAD: the same headers, no body (RFC 9110 §9.3.2) */
	withBody: boolean;
	/** Called once, with what went out */
	onAnswer?(answer: Answer): void;
}

/** An image as an answer. */
export function imageAnswer(image: Buffer, contentType?: string): Answer {
	return { status: 200, headers: pixelHeaders(image.length, contentType), body: image };
}

/**
 * Makes sure that this one request is answered as it should be, however it is ended. n8n itself ends
 * a request in several ways that are no answer of a workflow: JSON with status 500 when
 * the flow fails, an empty JSON answer when no node responds, extra headers around a node's
 * answer. All of them pass through `json` or `end` of this response object, so those two are
 * replaced on it: an image that a node sent goes out, anything else becomes the fallback.
 *
 * @param response the Express response that n8n gives a webhook
 */
export function guardResponse(
	response: Response,
	{ fallback, beforeFallback, deadlineMs, withBody, onAnswer }: GuardOptions,
): GuardedResponse {
	const sendEnd = response.end.bind(response) as (body?: Buffer) => Response;
	const { status: setStatus } = response;
	let status = 200;
	let answered = false;
	let ended: (succeeded: boolean) => void = () => undefined;

	const send = (answer: Answer): void => {
		if (answered) return;
		answered = true;
		clearTimeout(deadline);
		onAnswer?.(answer);
		for (const name of response.getHeaderNames()) response.removeHeader(name);
		response.writeHead(answer.status, { ...answer.headers });
		sendEnd(withBody ? answer.body : undefined);
		// A node that answers late must not get an error from the response.
		response.setHeader = () => response;
		response.setHeaders = () => response;
	};
	const sendFallback = async (): Promise<void> => {
		if (!answered) await beforeFallback?.();
		send(fallback());
	};
	const end = () => ended(status < 400);

	// n8n tells by the status how an execution ended, also after the answer.
	response.status = (code) => {
		status = code;
		return answered ? response : setStatus.call(response, code);
	};
	response.json = () => {
		end();
		void sendFallback();
		return response;
	};
	response.end = ((body?: unknown) => {
		end();
		// A body that was streamed is out already, headers and all: there is only the end to add.
		if (response.headersSent) return answered ? response : sendEnd();
		const contentType = String(response.getHeader('content-type') ?? '');
		const isImage = Buffer.isBuffer(body) && contentType.startsWith('image/');
		if (isImage) send(imageAnswer(body, contentType));
		else void sendFallback();
		return response;
	}) as Response['end'];

	const deadline = setTimeout(() => void sendFallback(), deadlineMs);
	response.once('close', () => clearTimeout(deadline));
	return { send, sendFallback, onEnd: (call) => (ended = call) };
}
