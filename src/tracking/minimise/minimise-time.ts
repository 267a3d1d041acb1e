/** How exactly a time is kept. Rounding is always down and always in UTC. */
export const TIME_PRECISIONS = ['exact', 'hour', 'day'] as const;
export type TimePrecision = (typeof TIME_PRECISIONS)[number];

const PERIOD_MS: Record<Exclude<TimePrecision, 'exact'>, number> = {
	hour: 3_600_000,
	day: 86_400_000,
};

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * Rounds a time down to the start of its UTC hour or day.
 *
 * @param iso any date text that `Date` reads
 * @returns ISO 8601 in UTC; `null` when the text is not a date, so that no exact value slips past
 * @example roundTime('2026-11-21T13:45:10.123Z', 'hour') // '2026-11-21T13:00:00.000Z'
 */
export function roundTime(iso: string, precision: TimePrecision): string | null {
	const ms = Date.parse(iso);
	if (Number.isNaN(ms)) return null;
	if (precision === 'exact') return new Date(ms).toISOString();
	const period = PERIOD_MS[precision];
	return new Date(Math.floor(ms / period) * period).toISOString();
}

/**
 * Rounds the time inside a UUIDv7 the same way. The first 48 bits of a UUIDv7 are a Unix time in
 * milliseconds (RFC 9562 §5.7), so an exact event id would give back the time that rounding took
 * away. The other bits stay, so the same open keeps one id through every retry.
 *
 * @returns the id unchanged when it is no UUIDv7 or nothing is to be rounded
 */
export function roundEventId(eventId: string, precision: TimePrecision): string {
	if (precision === 'exact' || !UUID_V7.test(eventId)) return eventId;
	const ms = parseInt(eventId.slice(0, 8) + eventId.slice(9, 13), 16);
	const period = PERIOD_MS[precision];
	const hex = (Math.floor(ms / period) * period).toString(16).padStart(12, '0');
	return `${hex.slice(0, 8)}-${hex.slice(8)}${eventId.slice(13)}`;
}
