/**
 * How long a `Retry-After` header asks to wait (RFC 9110 §10.2.3: seconds or an HTTP date).
 *
 * @returns milliseconds, never below 0; `null` when there is none or it cannot be read
 */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
	if (header === undefined) return null;
	const text = header.trim();
	if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
	const date = /[a-z]/i.test(text) ? Date.parse(text) : NaN;
	return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}
