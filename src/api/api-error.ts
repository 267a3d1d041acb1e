import type { ZodType } from 'zod/v4';

/** Thrown by a route to refuse a request; the message goes to the requester as `{error}`. */
export class ApiError extends Error {
	override readonly name = 'ApiError';

	constructor(
		readonly status: 400 | 403 | 404 | 429,
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

/**
 * Reads the JSON body of a request.
 *
 * @throws ApiError 400 when it is not JSON or not of the expected shape; names the first wrong field
 */
export async function readJson<T>(request: Request, schema: ZodType<T>): Promise<T> {
	let body: unknown;
	try {
		body = await request.json();
	} catch {
		throw new ApiError(400, 'The body is not JSON. Send a JSON object.');
	}
	return check(body, schema);
}

/** Checks a value against a schema. @throws ApiError 400 that names the first wrong field */
export function check<T>(value: unknown, schema: ZodType<T>): T {
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	throw new ApiError(400, `${issue.path.join('.') || 'body'}: ${issue.message}`);
}
