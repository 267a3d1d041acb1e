import { isCounted } from '../event/open-event';
import type { Actor } from '../event/open-event';

/**
 * The arithmetic of every counter on screen. Counters are kept at three heights: one
 * {@link RecipientTally} per recipient, one {@link PixelTally} per pixel that sums its recipients,
 * and one {@link GroupTally} per campaign and for everything. All of it is plain addition, so a
 * counter moves by the difference between what its part was and what it is.
 */

/** Two successive counted loads this close, or closer, are one look at the mail. */
export const VIEW_GAP_MS = 30_000;

/** One image load: when (milliseconds since 1970) and by whom. */
export interface Load {
	at: number;
	actor: Actor;
}

/** Loads per actor; each actor has a counter of its own. */
export interface LoadCounts {
	human: number;
	humanViaProxy: number;
	unknown: number;
	prefetch: number;
	scanner: number;
	bot: number;
}

const COUNTER_OF: Record<Actor, keyof LoadCounts> = {
	human: 'human',
	'human-via-proxy': 'humanViaProxy',
	unknown: 'unknown',
	prefetch: 'prefetch',
	scanner: 'scanner',
	bot: 'bot',
};

/** Loads that count as opens. */
export function opensOf(counts: LoadCounts): number {
	return counts.human + counts.humanViaProxy + counts.unknown;
}

/** Loads by machines, which are kept and shown apart. */
export function machineOpensOf(counts: LoadCounts): number {
	return counts.prefetch + counts.scanner + counts.bot;
}

/** When the first and last counted load were, and the last load of any kind. */
export interface OpenTimes {
	firstOpenAt: number | null;
	lastOpenAt: number | null;
	lastLoadAt: number | null;
}

/**
 * What is known of one recipient. The loads of a pixel that name no recipient have one as well,
 * the pixel's anonymous tally.
 */
export interface RecipientTally extends LoadCounts, OpenTimes {
	/** Sum of the gaps of at most 30 s between successive counted loads, in milliseconds */
	viewTimeMs: number;
	/** Number of runs of counted loads with such gaps */
	sessions: number;
	/** Messages sent to this recipient */
	sent: number;
	firstSentAt: number | null;
	lastSentAt: number | null;
	/** Whether the recipient was added or sent to, as against only seen in a load */
	registered: boolean;
}

/** The counters of a pixel, a campaign or everything; each is a sum over the parts. */
export interface GroupTally extends LoadCounts, OpenTimes {
	viewTimeMs: number;
	sessions: number;
	sent: number;
	/** Recipients (or pixels without recipients) that at least one message was sent to */
	sentRecipients: number;
	/** Those of `sentRecipients` with a counted open: the numerator of the open rate */
	openedOfSent: number;
	/** Recipients that were added or sent to */
	recipients: number;
	/** Recipients with at least one counted open */
	uniqueRecipients: number;
	/** `uniqueRecipients`, and pixels without recipients that were opened */
	uniqueOpens: number;
	/** Pixels made through the store, and those of them that were opened */
	pixels: number;
	openedPixels: number;
	/** Loads with a forged, damaged or expired token: no opens, and nobody's */
	invalidTokens: number;
}

/** A pixel's counters, and what decides whether its anonymous loads are a unique open. */
export interface PixelTally extends GroupTally {
	/** The one campaign the pixel belongs to */
	campaignId: string | null;
	/** The first counted load that named no recipient */
	anonymousFirstOpenAt: number | null;
}

const NO_LOADS: LoadCounts & OpenTimes = {
	human: 0,
	humanViaProxy: 0,
	unknown: 0,
	prefetch: 0,
	scanner: 0,
	bot: 0,
	firstOpenAt: null,
	lastOpenAt: null,
	lastLoadAt: null,
};

export const EMPTY_RECIPIENT: Readonly<RecipientTally> = {
	...NO_LOADS,
	viewTimeMs: 0,
	sessions: 0,
	sent: 0,
	firstSentAt: null,
	lastSentAt: null,
	registered: false,
};

export const EMPTY_GROUP: Readonly<GroupTally> = {
	...NO_LOADS,
	viewTimeMs: 0,
	sessions: 0,
	sent: 0,
	sentRecipients: 0,
	openedOfSent: 0,
	recipients: 0,
	uniqueRecipients: 0,
	uniqueOpens: 0,
	pixels: 0,
	openedPixels: 0,
	invalidTokens: 0,
};

/**
 * The tally after some more loads, in any order and at any time.
 *
 * @param nearby for each counted load that is older than `tally.lastOpenAt`, the counted loads
 *   next to it that the tally holds already, on either side, as far as they are within
 *   {@link VIEW_GAP_MS}; others do no harm
 * @example addLoads(EMPTY_RECIPIENT, [0, 15_000].map((at) => ({ at, actor: 'human' }))).viewTimeMs // 15000
 */
export function addLoads(
	tally: RecipientTally,
	loads: readonly Load[],
	nearby: readonly number[] = [],
): RecipientTally {
	const after = { ...tally };
	const counted: number[] = [];
	for (const { at, actor } of loads) {
		after[COUNTER_OF[actor]] += 1;
		after.lastLoadAt = latest(after.lastLoadAt, at);
		if (!isCounted(actor)) continue;
		counted.push(at);
		after.firstOpenAt = earliest(after.firstOpenAt, at);
		after.lastOpenAt = latest(after.lastOpenAt, at);
	}
	const known = new Set(nearby);
	if (tally.lastOpenAt !== null) known.add(tally.lastOpenAt);
	const links = minus(linksOf([...known, ...counted]), linksOf([...known]));
	after.viewTimeMs += links.length;
	after.sessions += counted.length - links.count;
	return after;
}

/**
 * The tally after one of its loads got another label.
 *
 * @param others the counted loads next to it, without itself: the one before (or at the same
 *   time) and the one after, wherever they are
 * @param ends when the first and last counted load were and are, once the label is changed
 */
export function relabelLoad(
	tally: RecipientTally,
	load: { at: number; from: Actor; to: Actor },
	others: readonly number[],
	ends: Pick<OpenTimes, 'firstOpenAt' | 'lastOpenAt'>,
): RecipientTally {
	const { firstOpenAt, lastOpenAt } = ends;
	const after = { ...tally, firstOpenAt, lastOpenAt };
	after[COUNTER_OF[load.from]] -= 1;
	after[COUNTER_OF[load.to]] += 1;
	const step = Number(isCounted(load.to)) - Number(isCounted(load.from));
	const links = minus(linksOf([...others, load.at]), linksOf([...others]));
	after.viewTimeMs += step * links.length;
	after.sessions += step * (1 - links.count);
	return after;
}

interface Links {
	count: number;
	/** Sum of the gaps, in milliseconds */
	length: number;
}

/**
 * The gaps of at most 30 s between neighbours. Left-out loads that are farther than 30 s from
 * every new one cannot change the difference between two such sums: they touch no new gap, and an
 * old gap that spans one of them is longer than 30 s.
 */
function linksOf(times: number[]): Links {
	const links: Links = { count: 0, length: 0 };
	times.sort((a, b) => a - b);
	for (let index = 1; index < times.length; index++) {
		const gap = (times[index] ?? 0) - (times[index - 1] ?? 0);
		if (gap > VIEW_GAP_MS) continue;
		links.count += 1;
		links.length += gap;
	}
	return links;
}

function minus(a: Links, b: Links): Links {
	return { count: a.count - b.count, length: a.length - b.length };
}

/** The tally after messages were sent to the recipient at these times. */
export function addSent(tally: RecipientTally, sentAt: readonly number[]): RecipientTally {
	return {
		...tally,
		registered: true,
		sent: tally.sent + sentAt.length,
		firstSentAt: sentAt.reduce(earliest, tally.firstSentAt),
		lastSentAt: sentAt.reduce(latest, tally.lastSentAt),
	};
}

/**
 * What one recipient adds to the sums above it.
 *
 * @param anonymous whether this is a pixel's anonymous tally: it names nobody, so it is no
 *   recipient; whether it is a unique open is the pixel's matter ({@link settlePixel})
 */
export function shareOf(tally: RecipientTally, anonymous: boolean): GroupTally {
	const opened = Number(tally.firstOpenAt !== null);
	const sentTo = Number(tally.sent > 0);
	const unique = anonymous ? 0 : opened;
	return {
		human: tally.human,
		humanViaProxy: tally.humanViaProxy,
		unknown: tally.unknown,
		prefetch: tally.prefetch,
		scanner: tally.scanner,
		bot: tally.bot,
		firstOpenAt: tally.firstOpenAt,
		lastOpenAt: tally.lastOpenAt,
		lastLoadAt: tally.lastLoadAt,
		viewTimeMs: tally.viewTimeMs,
		sessions: tally.sessions,
		sent: tally.sent,
		sentRecipients: sentTo,
		openedOfSent: sentTo * opened,
		recipients: anonymous ? 0 : Number(tally.registered),
		uniqueRecipients: unique,
		uniqueOpens: unique,
		pixels: 0,
		openedPixels: 0,
		invalidTokens: 0,
	};
}

/**
 * The pixel with its derived counters set: a pixel without recipients is one unique open as soon
 * as anybody opened it; in a pixel with recipients only they are.
 */
export function settlePixel(pixel: PixelTally): PixelTally {
	const openedByNobodyKnown = Number(pixel.anonymousFirstOpenAt !== null);
	const hasRecipients = pixel.recipients > 0 || pixel.uniqueRecipients > 0;
	const opened = pixel.uniqueRecipients > 0 || pixel.anonymousFirstOpenAt !== null;
	return {
		...pixel,
		uniqueOpens: hasRecipients ? pixel.uniqueRecipients : openedByNobodyKnown,
		openedPixels: opened ? pixel.pixels : 0,
	};
}

/** When the pixel's anonymous loads became a unique open; `null` while they are none. */
export function anonymousUniqueAt(pixel: PixelTally): number | null {
	return pixel.uniqueOpens > pixel.uniqueRecipients ? pixel.anonymousFirstOpenAt : null;
}

const SUMS = [
	'human',
	'humanViaProxy',
	'unknown',
	'prefetch',
	'scanner',
	'bot',
	'viewTimeMs',
	'sessions',
	'sent',
	'sentRecipients',
	'openedOfSent',
	'recipients',
	'uniqueRecipients',
	'uniqueOpens',
	'pixels',
	'openedPixels',
	'invalidTokens',
] as const satisfies ReadonlyArray<keyof GroupTally>;

/**
 * The sum after one of its parts changed. The times only widen: where a part lost its first or
 * last open, ask the log and set them ({@link GroupTally} cannot know the runner-up).
 */
export function moveGroup<T extends GroupTally>(
	group: T,
	before: GroupTally,
	after: GroupTally,
): T {
	const moved = { ...group };
	for (const field of SUMS) moved[field] += after[field] - before[field];
	moved.firstOpenAt = earliest(group.firstOpenAt, after.firstOpenAt);
	moved.lastOpenAt = latest(group.lastOpenAt, after.lastOpenAt);
	moved.lastLoadAt = latest(group.lastLoadAt, after.lastLoadAt);
	return moved;
}

/** Whether nothing at all is counted, so that the row says nothing. */
export function isEmptyGroup(group: GroupTally): boolean {
	return SUMS.every((field) => group[field] === 0);
}

/**
 * What one load that belongs to no recipient adds to the sums.
 *
 * @param timed whether the sums may know when it was; in the modes `aggregate` and `hygiene` they
 *   may not
 */
export function loneLoad({ at, actor }: Load, timed: boolean): GroupTally {
	const share = { ...EMPTY_GROUP, [COUNTER_OF[actor]]: 1 };
	if (!timed) return share;
	const openAt = isCounted(actor) ? at : null;
	return { ...share, firstOpenAt: openAt, lastOpenAt: openAt, lastLoadAt: at };
}

function earliest(a: number | null, b: number | null): number | null {
	if (a === null || b === null) return a ?? b;
	return Math.min(a, b);
}

function latest(a: number | null, b: number | null): number | null {
	if (a === null || b === null) return a ?? b;
	return Math.max(a, b);
}
