import { isCounted } from '../../src/tracking/event/open-event';
import type { OpenEvent } from '../../src/tracking/event/open-event';

/** What a group of loads adds up to, counted the slow and obvious way. */
export interface ReferenceCounts {
	opens: number;
	machineOpens: number;
	viewTimeMs: number;
	sessions: number;
	firstOpenAt: string | null;
	lastOpenAt: string | null;
	lastLoadAt: string | null;
	clicks: number;
	machineClicks: number;
}

/** An independent recomputation of a recipient's counters from its log. */
export function recountRecipient(log: readonly OpenEvent[]): ReferenceCounts {
	const loads = log.filter(isOpen);
	const counted = loads.filter((event) => isCounted(event.actor));
	const clicks = log.filter((event) => !isOpen(event));
	const countedClicks = clicks.filter((event) => isCounted(event.actor)).length;
	const times = counted.map((event) => Date.parse(event.occurredAt)).sort((a, b) => a - b);
	let viewTimeMs = 0;
	let sessions = 0;
	let previous = -Infinity;
	for (const time of times) {
		if (time - previous <= 30_000) viewTimeMs += time - previous;
		else sessions += 1;
		previous = time;
	}
	const all = log.map((event) => event.occurredAt).sort();
	const opens = counted.map((event) => event.occurredAt).sort();
	return {
		opens: counted.length,
		machineOpens: loads.length - counted.length,
		viewTimeMs,
		sessions,
		firstOpenAt: opens[0] ?? null,
		lastOpenAt: opens.at(-1) ?? null,
		lastLoadAt: all.at(-1) ?? null,
		clicks: countedClicks,
		machineClicks: clicks.length - countedClicks,
	};
}

function isOpen({ event }: OpenEvent): boolean {
	return event === 'open';
}

/** Splits a log by a key, leaving out what has none. */
export function groupBy<T>(list: readonly T[], keyOf: (one: T) => string | null): Map<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const one of list) {
		const key = keyOf(one);
		if (key === null) continue;
		groups.set(key, [...(groups.get(key) ?? []), one]);
	}
	return groups;
}

/**
 * An independent recomputation of a group's counters: those of its recipients, added up.
 *
 * @param log the group's events
 * @param pixelsWithRecipients pixels whose anonymous loads are no unique open of their own
 */
export function recountGroup(log: readonly OpenEvent[], pixelsWithRecipients: ReadonlySet<string>) {
	const recipients = groupBy(log, (event) =>
		event.recipientId === null && event.pixelId === null
			? null
			: JSON.stringify([
					event.pixelId,
					event.pixelId === null ? event.campaignId : null,
					event.recipientId,
				]),
	);
	const whole = recountRecipient(log);
	let viewTimeMs = 0;
	let sessions = 0;
	const uniqueAt: string[] = [];
	for (const own of recipients.values()) {
		const counts = recountRecipient(own);
		viewTimeMs += counts.viewTimeMs;
		sessions += counts.sessions;
		if (counts.firstOpenAt === null) continue;
		const [first] = own;
		const pixelId = first?.pixelId ?? '';
		const named = first?.recipientId !== null;
		const pixelLog = log.filter((event) => event.pixelId === pixelId);
		const someoneOpened = pixelLog.some(
			(event) => isOpen(event) && event.recipientId !== null && isCounted(event.actor),
		);
		if (named || !(someoneOpened || pixelsWithRecipients.has(pixelId))) {
			uniqueAt.push(counts.firstOpenAt);
		}
	}
	return { ...whole, viewTimeMs, sessions, uniqueOpens: uniqueAt.length, uniqueAt };
}

/** Opens over time, recomputed. */
export function recountHours(log: readonly OpenEvent[], uniqueAt: readonly string[]) {
	const hourOf = (time: string) => `${time.slice(0, 13)}:00:00.000Z`;
	const hours = new Map<string, { opens: number; uniqueOpens: number; machineOpens: number }>();
	const at = (time: string) => {
		const hour = hourOf(time);
		const row = hours.get(hour) ?? { opens: 0, uniqueOpens: 0, machineOpens: 0 };
		hours.set(hour, row);
		return row;
	};
	for (const event of log.filter(isOpen)) {
		if (isCounted(event.actor)) at(event.occurredAt).opens += 1;
		else at(event.occurredAt).machineOpens += 1;
	}
	for (const time of uniqueAt) at(time).uniqueOpens += 1;
	return [...hours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([hour, row]) => ({ hour, ...row }));
}
