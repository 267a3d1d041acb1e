import type { MiddlewareHandler } from 'hono';
import type { ZodType } from 'zod/v4';

import type { ApiDeps } from './api-deps';

/** Thrown by a route to refuse a request; the message goes to the requester as `{error}`. */
export class ApiError extends Error {
	override readonly name = 'ApiError';

	constructor(
		readonly status: 400 | 403 | 404 | 429 | 500,
		message: string,
		readonly headers: Record<string, string> = {},
	) {
		super(message);
	}
}

/**
 * Refuses a route that is not for everybody while nobody asks the requester who they are.
 *
 * @throws ApiError 403
 */
export function guard({ closed }: Pick<ApiDeps, 'closed'>): MiddlewareHandler {
	return async (_c, next) => {
		if (closed) {
			throw new ApiError(
				403,
				'This address asks nobody who they are, so it answers nobody. In n8n, set Authentication in its Webhook node, or set Access in Handle Request to Everybody.',
			);
		}
		await next();
	};
}

/** What a pixel that does not exist is answered with. */
export function pixelNotFound(): ApiError {
	return new ApiError(404, 'Pixel not found');
}

/** Reads the JSON body of a request. @throws ApiError 400 when it is not JSON */
export async function readJson(request: Request): Promise<unknown> {
	try {
		return await request.json();
	} catch {
		throw new ApiError(400, 'The body is not JSON. Send a JSON object.');
	}
}

/** Checks a value against a schema. @throws ApiError 400 with the schema's words for the first fault */
export function check<T>(value: unknown, schema: ZodType<T>): T {
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	throw new ApiError(400, parsed.error.issues[0].message);
}
