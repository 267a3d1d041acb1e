import type { ZodType } from 'zod4';

/** Thrown by a route to refuse a request; the message goes to the requester as `{error}`. */
export class ApiError extends Error {
	override readonly name = 'ApiError';

	constructor(
		readonly status: 400 | 401 | 403 | 404 | 429 | 500,
		message: string,
		readonly headers: Record<string, string> = {},
	) {
		super(message);
	}
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
