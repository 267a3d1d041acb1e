import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

import type { Response as ExpressResponse } from 'express';

/** n8n has set them by now, for whoever asks. */
const SET_BY_N8N = ['access-control-allow-origin', 'access-control-allow-methods'];

/**
 * Sends a web response. A page of another origin may read it where that origin is named.
 *
 * @param origin as the browser sent it
 */
export async function sendResponse(
	response: ExpressResponse,
	answer: Response,
	{
		isHead,
		origin,
		allowedOrigins,
	}: { isHead: boolean; origin: string | undefined; allowedOrigins: readonly string[] },
): Promise<void> {
	for (const name of SET_BY_N8N) response.removeHeader(name);
	for (const [name, value] of answer.headers) response.setHeader(name, value);
	if (allowedOrigins.length > 0) response.setHeader('vary', 'Origin');
	if (origin !== undefined && allowedOrigins.includes(origin)) {
		response.setHeader('access-control-allow-origin', origin);
	}
	response.status(answer.status);
	if (isHead || answer.body === null) {
		response.end();
		return;
	}
	await pipeline(Readable.fromWeb(answer.body as ReadableStream), response).catch(unlessHungUp);
}

/** A requester who hung up is no failure, and nobody is left to tell. */
function unlessHungUp(error: NodeJS.ErrnoException): void {
	if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}
