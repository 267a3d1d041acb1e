import type { Request } from 'express';

import type { PixelRequest } from '../../src/tracking/receive/receive-types';

/** One request as Express saw it, which gives repeated names as lists: the first value is meant. */
export function pixelRequest(request: Request): PixelRequest {
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
