import { DateTime, IANAZone } from 'luxon';

/** Whether there is a time zone of this name. */
export function isZone(name: string): boolean {
	return IANAZone.isValidZone(name);
}

/** The zone if it is one that exists, else `fallback`; UTC where that is none either. */
export function knownZone(wanted: string | undefined, fallback: string): string {
	return [wanted, fallback].find((zone) => zone && isZone(zone)) ?? 'UTC';
}

/** All zones a reader can choose, by name. */
export function zoneNames(): string[] {
	return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
}

/** A moment as pages show it: for machines, for people in their zone, and how long ago. */
export interface ShownTime {
	iso: string;
	text: string;
	ago: string;
}

/** @param iso ISO 8601 in UTC; `null` stays `null` */
export function shownTime(iso: string | null, zone: string, now: Date): ShownTime | null {
	if (iso === null) return null;
	const time = DateTime.fromISO(iso, { zone, locale: 'en-GB' });
	return { iso, text: time.toFormat('d LLL yyyy, HH:mm:ss'), ago: agoText(time.toMillis(), now) };
}

function agoText(at: number, now: Date): string {
	const seconds = Math.max(0, Math.round((now.getTime() - at) / 1000));
	if (seconds < 60) return 'just now';
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return `${minutes} min ago`;
	const hours = Math.floor(minutes / 60);
	return hours < 24 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
}

/** Milliseconds as text for people, `1 min 12 s`. */
export function shownDuration(ms: number): string {
	const seconds = Math.round(ms / 1000);
	if (seconds < 60) return `${seconds} s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
	return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
