import { retryAfterMs } from '../async/retry-after';
import {
	type BatchAnswer,
	retryable,
	retryLater,
	type SinkRecord,
	type SinkResponse,
} from './sink';

const TRY_AGAIN = [408, 425, 429];
const FIX_LOGIN = [401, 403, 407];
const FIX_ADDRESS = [404, 405, 410];

/**
 * What an unsuccessful HTTP status means for a whole batch, the same for every destination.
 * Sinks look at their own error formats first and leave the rest to this.
 *
 * @param retryAfterHeader a header in which the destination says the same as `Retry-After`
 * @returns `null` for 2xx
 */
export function httpFailure(
	response: SinkResponse,
	records: readonly SinkRecord[],
	now: Date,
	retryAfterHeader = 'retry-after',
): BatchAnswer<never> | null {
	const { status } = response;
	if (status >= 200 && status < 300) return null;
	const reason = `HTTP ${status}${withColon(vendorMessage(response.body))}`;
	if (status >= 500 || TRY_AGAIN.includes(status)) {
		const header = response.headers[retryAfterHeader] ?? response.headers['retry-after'];
		const afterMs = retryAfterMs(header, now.getTime());
		return records.map(() => retryable(reason, afterMs));
	}
	if (FIX_LOGIN.includes(status)) {
		return records.map(() => retryLater(`${reason}. Check the credential and its rights`));
	}
	if (FIX_ADDRESS.includes(status) || status < 400) {
		return records.map(() =>
			retryLater(`${reason}. Check the address in credential and parameters`),
		);
	}
	return { split: reason };
}

function withColon(message: string | null): string {
	return message === null ? '' : `: ${message}`;
}

/**
 * The body as JSON object or array.
 *
 * @throws when it is anything else, so that a proxy's web page never passes for an answer
 */
export function jsonBody(response: SinkResponse): unknown {
	const body: unknown =
		typeof response.body === 'string' ? JSON.parse(response.body) : response.body;
	if (typeof body !== 'object' || body === null) throw new Error('The answer is not JSON.');
	return body;
}

/** The body as JSON object or array, `null` when it is neither. */
export function jsonBodyOrNull(response: SinkResponse): unknown {
	try {
		return jsonBody(response);
	} catch {
		// Not JSON is an answer here, not a fault: error pages of proxies come in any shape.
		return null;
	}
}

/** The sentence in an error body that says what is wrong, wherever vendors put it. */
export function vendorMessage(body: unknown): string | null {
	if (typeof body === 'string') {
		const text = body.trim();
		if (/^[[{]/.test(text)) {
			const parsed = jsonBodyOrNull({ status: 0, headers: {}, body: text });
			if (parsed !== null) return vendorMessage(parsed);
		}
		return text === '' || text.startsWith('<') ? null : text.split('\n')[0];
	}
	if (Array.isArray(body)) return body.length > 0 ? vendorMessage(body[0]) : null;
	if (typeof body !== 'object' || body === null) return null;
	const named: Readonly<Record<string, unknown>> = { ...body };
	for (const key of ['message', 'error', 'errors', 'detail', 'title', 'error_info']) {
		const message = named[key] === undefined ? null : vendorMessage(named[key]);
		if (message !== null) return message;
	}
	return null;
}
