import type { Pixel } from '../../storage/port/counts';
import type { OpenFilter, TrackingStore } from '../../storage/port/tracking-store';
import { VIEW_GAP_MS } from '../../tracking/counters/tally';
import type { OpenEvent } from '../../tracking/event/open-event';
import { render } from '../render';
import { shownDuration, shownTime, zoneNames } from './local-time';
import { modeName } from './new-pixel-form';
import { shownActor, shownClient, shownCount } from './shown-open';

/** Opens on one page of the log. */
export const LOG_PAGE_SIZE = 50;
/** Colors that groups of close-together opens take in turn. */
const TONES = 4;

/** Which loads a log shows. */
export const LOG_FILTERS = { all: 'All loads', human: 'People', machine: 'Machines' } as const;
export type LogFilter = keyof typeof LOG_FILTERS;

/** The filter if it is one of {@link LOG_FILTERS}, else all. */
export function knownFilter(text: string | undefined): LogFilter {
	return text !== undefined && Object.hasOwn(LOG_FILTERS, text) ? (text as LogFilter) : 'all';
}

export interface LogView {
	now: Date;
	timeZone: string;
	/** From 1 */
	page: number;
	show: LogFilter;
	/** Where the dashboard is, relative to this page; `null` for a page sent as a file */
	dashboardPath: string | null;
	/** The form that deletes the pixel, shown once that was `asked` for; `null` where there is none */
	deletion: { asked: boolean; action: string; token: string } | null;
}

/** The log of one pixel, newest first, 50 to a page, as HTML without scripts. */
export async function logPage(store: TrackingStore, pixel: Pixel, view: LogView): Promise<string> {
	const { page, show, timeZone, now } = view;
	const filter: OpenFilter = {
		pixelId: pixel.id,
		actorClass: show === 'all' ? undefined : show === 'human' ? 'counted' : 'machine',
	};
	const { opens, nextCursor } = await store.listOpens({
		...filter,
		limit: LOG_PAGE_SIZE,
		offset: (page - 1) * LOG_PAGE_SIZE,
	});
	const people = await namesOf(store, pixel.id, opens);
	const groups = closeTogether(opens);
	const { counts } = pixel;
	return render('templates/log', {
		view,
		title: pixel.name,
		zones: zoneNames(),
		refresh: null,
		pixel,
		filters: Object.entries(LOG_FILTERS).map(([value, name]) => ({ value, name })),
		updated: shownTime(now.toISOString(), timeZone, now),
		facts: [
			{ label: 'Opens', value: shownCount(counts.opens), note: 'counted loads' },
			{ label: 'Unique opens', value: shownCount(counts.uniqueOpens), note: '' },
			{ label: 'Machine loads', value: shownCount(counts.machineOpens), note: 'not counted' },
			{
				label: 'View time',
				value: shownDuration(counts.viewTimeMs),
				note: `${shownCount(counts.sessions)} sessions`,
			},
		],
		mode: pixel.trackingMode === null ? null : modeName(pixel.trackingMode),
		recipients: shownCount(counts.recipients),
		showsIp: opens.some(({ request }) => request.ip !== null),
		showsUserAgent: opens.some(({ request }) => request.userAgent !== null),
		rows: opens.map((open) => ({
			time: shownTime(open.occurredAt, timeZone, now),
			recipient: recipientName(open, people),
			client: shownClient(open),
			ip: open.request.ip,
			userAgent: open.request.userAgent,
			imageHeld: open.imageHeldMs === null ? null : shownDuration(open.imageHeldMs),
			actor: shownActor(open),
			group: groups.get(open.eventId) ?? null,
		})),
		hasNext: nextCursor !== null,
	});
}

async function namesOf(
	store: TrackingStore,
	pixelId: string,
	opens: readonly OpenEvent[],
): Promise<Map<string, string>> {
	const ids = [...new Set(opens.flatMap(({ recipientId }) => recipientId ?? []))];
	const recipients = ids.length === 0 ? [] : await store.findRecipients(pixelId, ids);
	return new Map(
		recipients.flatMap(({ recipientId, email }) => (email ? [[recipientId, email]] : [])),
	);
}

function recipientName(open: OpenEvent, people: ReadonlyMap<string, string>): string {
	const { recipientId } = open;
	if (recipientId === null) return 'Nobody named';
	if (recipientId.startsWith('deleted-')) return 'Deleted recipient';
	return people.get(recipientId) ?? recipientId;
}

/** A group of loads of one recipient, each at most 30 s after the one before it. */
export interface CloseGroup {
	number: number;
	tone: number;
}

/**
 * Which opens lie close together.
 *
 * @param opens newest first
 * @returns by event id; loads that stand alone are not in it
 */
export function closeTogether(opens: readonly OpenEvent[]): Map<string, CloseGroup> {
	const runs: string[][] = [];
	const running = new Map<string | null, { at: number; run: string[] }>();
	for (const open of opens.toReversed()) {
		const at = Date.parse(open.occurredAt);
		const before = running.get(open.recipientId);
		if (before && at - before.at <= VIEW_GAP_MS) {
			before.run.push(open.eventId);
			before.at = at;
		} else {
			const run = [open.eventId];
			runs.push(run);
			running.set(open.recipientId, { at, run });
		}
	}
	const groups = new Map<string, CloseGroup>();
	runs
		.filter((run) => run.length > 1)
		.forEach((run, index) => {
			for (const id of run) groups.set(id, { number: index + 1, tone: index % TONES });
		});
	return groups;
}
