import type { Response } from 'express';

import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { pixelHeaders } from '../../src/tracking/receive/pixel-response';

/** Sends an image at once, unless something was sent before. */
export interface GuardedResponse {
	/** The default pixel */
	sendPixel(): void;
	sendImage(image: Buffer, contentType?: string): void;
	/** Has `ended` called when the workflow answers, also after the image went out, or ends. */
	onEnd(ended: () => void): void;
}

/**
 * Makes sure that this one request is answered with an image, with the same headers, however it is
 * ended. n8n itself ends a request in several ways that are not an image: JSON with status 500 when
 * the flow fails, an empty JSON answer when no node responds, extra headers around a node's
 * answer. All of them pass through `json` or `end` of this response object, so those two are
 * replaced on it: an image that a node sent goes out, anything else becomes the default pixel.
 * What comes after the first answer has no effect.
 *
 * @param response the Express response that n8n gives a webhook
 * @param deadlineMs when nothing has answered after this many milliseconds, the pixel goes out
 * @param withBody false for HEAD: the same headers, no body (RFC 9110 §9.3.2)
 * @param onAnswer called once, with the image that went out
 */
export function guardResponse(
	response: Response,
	{
		deadlineMs,
		withBody,
		onAnswer,
	}: {
		deadlineMs: number;
		withBody: boolean;
		onAnswer?: (image: Buffer, contentType?: string) => void;
	},
): GuardedResponse {
	const end = response.end.bind(response) as (body?: Buffer) => Response;
	const writeHead = response.writeHead.bind(response) as (
		status: number,
		headers: Record<string, string>,
	) => Response;
	let answered = false;
	let ended = (): void => undefined;

	const send = (image: Buffer, contentType?: string): Response => {
		if (answered) return response;
		answered = true;
		clearTimeout(deadline);
		onAnswer?.(image, contentType);
		for (const name of response.getHeaderNames()) response.removeHeader(name);
		writeHead(200, pixelHeaders(image.length, contentType));
		end(withBody ? image : undefined);
		// A node that answers late must not get an error from the response.
		response.status = () => response;
		response.setHeader = () => response;
		response.setHeaders = () => response;
		return response;
	};

	response.json = () => {
		ended();
		return send(PIXEL_PNG);
	};
	response.end = ((body?: unknown) => {
		ended();
		// A body that was streamed is out already, headers and all: there is only the end to add.
		if (response.headersSent) return answered ? response : end();
		const contentType = String(response.getHeader('content-type') ?? '');
		const isImage = Buffer.isBuffer(body) && contentType.startsWith('image/');
		return isImage ? send(body, contentType) : send(PIXEL_PNG);
	}) as Response['end'];

	const deadline = setTimeout(() => send(PIXEL_PNG), deadlineMs);
	response.once('close', () => clearTimeout(deadline));
	return {
		sendPixel: () => void send(PIXEL_PNG),
		sendImage: (image, contentType) => void send(image, contentType),
		onEnd: (call) => (ended = call),
	};
}
