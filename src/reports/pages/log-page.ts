import type { LinkClicks } from '../../storage/port/answers-store';
import type { Pixel } from '../../storage/port/counts';
import type { OpenFilter, TrackingStore } from '../../storage/port/tracking-store';
import { VIEW_GAP_MS } from '../../tracking/counters/tally';
import type { OpenEvent } from '../../tracking/event/open-event';
import { render } from '../render';
import { linkTo, type Frame } from '../shown/frame';
import { shownDuration, shownTime } from '../shown/local-time';
import { isClick, linkText, namesIn, recipientCell } from '../shown/open-table';
import { clickFacts, clicksCut, hasClicks, linkTable } from '../shown/shown-clicks';
import { shownActor, shownClient, shownCount } from '../shown/shown-open';
import { modeName } from './new-pixel-form';
import { pageData } from './page-data';

/** Opens on one page of the log. */
export const LOG_PAGE_SIZE = 50;
/** Colors that groups of close-together opens take in turn. */
const TONES = 4;

/** Which loads a log shows; clicks are offered where a link of the pixel was followed. */
export const LOG_FILTERS = {
	all: 'All loads',
	human: 'People',
	machine: 'Machines',
	clicks: 'Clicks',
} as const;
const ACTOR_CLASSES: Partial<Record<LogFilter, OpenFilter['actorClass']>> = {
	human: 'counted',
	machine: 'machine',
};
export type LogFilter = keyof typeof LOG_FILTERS;

/** The filter if it is one of {@link LOG_FILTERS}, else all. */
export function knownFilter(text: string | undefined): LogFilter {
	return text !== undefined && Object.hasOwn(LOG_FILTERS, text) ? (text as LogFilter) : 'all';
}

export interface LogView extends Frame {
	/** From 1 */
	page: number;
	show: LogFilter;
	/** The form that deletes the pixel, shown once that was `asked` for; `null` where there is none */
	deletion: { asked: boolean; action: string; token: string } | null;
}

/** The log of one pixel, newest first, 50 to a page, as HTML without scripts. */
export async function logPage(store: TrackingStore, pixel: Pixel, view: LogView): Promise<string> {
	const { page, show, period, timeZone, now } = view;
	const filter: OpenFilter = {
		pixelId: pixel.id,
		event: show === 'clicks' ? 'click' : 'open',
		actorClass: ACTOR_CLASSES[show],
		...(period.range === 'all' ? {} : { from: period.from, to: period.to }),
	};
	const { opens, nextCursor } = await store.listOpens({
		...filter,
		limit: LOG_PAGE_SIZE,
		offset: (page - 1) * LOG_PAGE_SIZE,
	});
	const names = await namesIn(store, opens);
	const groups: ReturnType<typeof closeTogether> =
		show === 'clicks' ? new Map() : closeTogether(opens);
	const { counts, campaignId } = pixel;
	const withClicks = hasClicks([counts]);
	const self = `logs/${encodeURIComponent(pixel.id)}`;
	const pageHref = (number: number) => linkTo(view, self, { show, page: number });
	return render('templates/log', {
		...pageData(view, { title: pixel.name }),
		self,
		pixel,
		campaign: campaignId === null ? null : linkTo(view, 'campaign', { id: campaignId }),
		embedCode: linkTo(view, 'dashboard', { pixel: pixel.id }),
		filters: Object.entries(LOG_FILTERS)
			.filter(([value]) => withClicks || value !== 'clicks')
			.map(([value, name]) => ({
				name,
				href: linkTo(view, self, { show: value }),
				current: value === show,
			})),
		clicks: withClicks ? clicksOf(counts, await store.listLinkClicks({ pixelId: pixel.id })) : null,
		what: show === 'clicks' ? 'Clicks' : 'Loads',
		did: show === 'clicks' ? 'Followed' : 'Loaded',
		paging: {
			page,
			newer: page > 1 ? pageHref(page - 1) : null,
			older: nextCursor !== null ? pageHref(page + 1) : null,
		},
		keep: linkTo(view, self, { show, page }),
		askToDelete: linkTo(view, self, { show, page, delete: '' }),
		updated: shownTime(now.toISOString(), timeZone, now),
		facts: [
			{ label: 'Opens', value: shownCount(counts.opens), note: 'counted loads' },
			{ label: 'Unique opens', value: shownCount(counts.uniqueOpens), note: '' },
			{ label: 'Machine loads', value: shownCount(counts.machineOpens), note: 'not counted' },
			...viewTimeFact(counts),
		],
		mode: pixel.trackingMode === null ? null : modeName(pixel.trackingMode),
		recipients: shownCount(counts.recipients),
		empty: emptyWords(view),
		showsIp: opens.some(({ request }) => request.ip !== null),
		showsUserAgent: opens.some(({ request }) => request.userAgent !== null),
		rows: opens.map((open) => ({
			time: shownTime(open.occurredAt, timeZone, now),
			recipient: recipientCell(open, names, view),
			client: shownClient(open),
			ip: open.request.ip,
			userAgent: open.request.userAgent,
			imageHeld: open.imageHeldMs === null ? null : shownDuration(open.imageHeldMs),
			actor: shownActor(open),
			group: groups.get(open.eventId) ?? null,
			link: isClick(open) ? linkText(open) : null,
		})),
	});
}

function clicksOf(counts: Pixel['counts'], links: readonly LinkClicks[]) {
	const facts = clickFacts(counts);
	return { facts, table: linkTable(links), cut: clicksCut(links), more: null };
}

/** No figure where no two loads were close together: most email clients show none. */
function viewTimeFact({ viewTimeMs, sessions }: Pixel['counts']) {
	if (viewTimeMs === 0) return [];
	const note = `in ${shownCount(sessions)} sessions`;
	return [{ label: 'View time', value: shownDuration(viewTimeMs), note }];
}

function emptyWords({ page, period, show }: LogView): string {
	if (page > 1) return 'There is nothing on this page.';
	const what = show === 'clicks' ? 'No link was followed' : 'Nothing was loaded';
	return period.range === 'all'
		? `${what} yet, or tracking is set to count only.`
		: `${what} ${period.words}, or tracking is set to count only.`;
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
