/** Whole seconds by the standard; some services send fractions. */
const SECONDS = /^\d+(\.\d+)?$/;
/** `Date.parse` alone would take "-5" and "1.5" for dates. */
const HTTP_DATE = /^[A-Za-z]{3,9}, .+ GMT$/;

/**
 * How long a `Retry-After` header asks to wait (RFC 9110 §10.2.3): seconds or an HTTP date.
 *
 * @param header the header's value; `null` or `undefined` when it was not sent
 * @param now milliseconds since 1970
 * @returns milliseconds, 0 for a date gone by; `null` when the header says nothing usable
 */
export function retryAfterMs(header: string | null | undefined, now: number): number | null {
	const text = header?.trim() ?? '';
	if (SECONDS.test(text)) return Math.ceil(Number(text) * 1000);
	const date = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
	return Number.isNaN(date) ? null : Math.max(0, date - now);
}
