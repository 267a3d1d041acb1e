import { isCounted } from '../event/open-event';
import type { Actor } from '../event/open-event';

/**
 * The arithmetic of every counter on screen. Counters are kept at three heights: one
 * {@link RecipientTally} per recipient, one {@link PixelTally} per pixel that sums its recipients,
 * and one {@link GroupTally} per campaign and for everything. All of it is plain addition, so a
 * counter moves by the difference between what its part was and what it is.
 */

/** Two successive counted loads this close, or closer, are one look at the email. */
export const VIEW_GAP_MS = 30_000;

/** One image load: when (milliseconds since 1970) and by whom. */
export interface Load {
	at: number;
	actor: Actor;
}

/** A counter that recipients have. */
interface RecipientLine {
	column: string;
	/** What one load adds to it */
	of: (load: Load) => number;
	/** Whose loads it counts; shown as `loads[actor]` instead of by its own name */
	actor?: Actor;
}

/** A counter that only sums have. */
interface GroupLine {
	column: string;
	/** What one recipient adds; `anonymous` are the loads of a pixel that name nobody */
	share: (tally: RecipientTally, anonymous: boolean) => number;
	/** Whether it stands among the counts of a pixel, a campaign and everything */
	shown: boolean;
}

const none = () => 0;
const loadsBy = <Who extends Actor>(actor: Who) => ({
	actor,
	of: (load: Load): number => Number(load.actor === actor),
});

/**
 * Every counter that recipients have, and so the sums above them. Rows, schema, sums and what is
 * shown follow from the lines; a new counter is one more line and a migration that adds its column
 * to `recipient_tallies` and `tallies`.
 */
export const RECIPIENT_COUNTERS = {
	human: { column: 'human', ...loadsBy('human') },
	humanViaProxy: { column: 'human_via_proxy', ...loadsBy('human-via-proxy') },
	prefetch: { column: 'prefetch', ...loadsBy('prefetch') },
	scanner: { column: 'scanner', ...loadsBy('scanner') },
	bot: { column: 'bot', ...loadsBy('bot') },
	unknown: { column: 'unknown', ...loadsBy('unknown') },
	/** Sum of the gaps of at most 30 s between successive counted loads, in milliseconds */
	viewTimeMs: { column: 'view_time_ms', of: none },
	/** Number of runs of counted loads with such gaps */
	sessions: { column: 'sessions', of: none },
	/** Messages registered as sent */
	sent: { column: 'sent', of: none },
	/** Tracked links that were followed, by people and by machines; see {@link addClicks} */
	clicks: { column: 'clicks', of: none },
	machineClicks: { column: 'machine_clicks', of: none },
} as const satisfies Record<string, RecipientLine>;

/**
 * The counters that only sums have. The loads of a pixel that name nobody are no recipient, and a
 * unique open only as {@link settlePixel} says. A new counter is one more line and a migration that
 * adds its column to `tallies`.
 */
export const GROUP_COUNTERS = {
	/** Recipients, and pixels without recipients, that a message was sent to */
	sentRecipients: {
		column: 'sent_recipients',
		share: (tally) => Number(tally.sent > 0),
		shown: true,
	},
	/** Those of `sentRecipients` with a counted open or click: the numerator of the open rate */
	openedOfSent: {
		column: 'opened_of_sent',
		share: (tally) => Number(tally.sent > 0 && isConfirmed(tally)),
		shown: true,
	},
	/** Those of `sentRecipients` that are hidden: see {@link isHidden} */
	hiddenOfSent: {
		column: 'hidden_of_sent',
		share: (tally) => Number(tally.sent > 0 && isHidden(tally)),
		shown: true,
	},
	/** Those of `sentRecipients` with a counted click: the numerator of the click rate */
	clickedOfSent: {
		column: 'clicked_of_sent',
		share: (tally) => Number(tally.sent > 0 && isClicked(tally)),
		shown: true,
	},
	/** Recipients that were added or sent to */
	recipients: {
		column: 'recipients',
		share: (tally, anonymous) => Number(!anonymous && tally.registered),
		shown: true,
	},
	/** Recipients with at least one counted open */
	uniqueRecipients: {
		column: 'unique_recipients',
		share: (tally, anonymous) => Number(!anonymous && isOpened(tally)),
		shown: false,
	},
	/** Recipients, and pixels without recipients, with at least one counted open */
	uniqueOpens: {
		column: 'unique_opens',
		share: (tally, anonymous) => Number(!anonymous && isOpened(tally)),
		shown: true,
	},
	/** Recipients with at least one counted click, and those of them with a counted open as well */
	uniqueClicks: {
		column: 'unique_clicks',
		share: (tally, anonymous) => Number(!anonymous && isClicked(tally)),
		shown: true,
	},
	openedAndClicked: {
		column: 'opened_and_clicked',
		share: (tally, anonymous) => Number(!anonymous && isOpened(tally) && isClicked(tally)),
		shown: true,
	},
	/** Pixels made through the store, and those of them that were opened */
	pixels: { column: 'pixels', share: none, shown: false },
	openedPixels: { column: 'opened_pixels', share: none, shown: false },
	/** Loads with a forged, damaged or expired token: no opens, nobody's, in no other counter */
	invalidTokens: { column: 'invalid_tokens', share: none, shown: true },
} as const satisfies Record<string, GroupLine>;

/** The times that recipients and sums have: the column, and which of two times they keep. */
export const OPEN_TIMES = {
	/** When the first and last counted load were */
	firstOpenAt: { column: 'first_open_at', keeps: 'earliest' },
	lastOpenAt: { column: 'last_open_at', keeps: 'latest' },
	/** The last load or click of any kind */
	lastLoadAt: { column: 'last_load_at', keeps: 'latest' },
	/** When the first and last message that was registered left */
	firstSentAt: { column: 'first_sent_at', keeps: 'earliest' },
	lastSentAt: { column: 'last_sent_at', keeps: 'latest' },
} as const satisfies Record<string, { column: string; keeps: 'earliest' | 'latest' }>;

type RecipientCounter = keyof typeof RECIPIENT_COUNTERS;
type GroupCounter = RecipientCounter | keyof typeof GROUP_COUNTERS;

export type OpenTimes = Record<keyof typeof OPEN_TIMES, number | null>;

/** The counters and times that recipients and sums have in common. */
export type LoadTally = Record<RecipientCounter, number> & OpenTimes;

/**
 * What is known of one recipient. The loads of a pixel that name no recipient have one as well,
 * the pixel's anonymous tally.
 */
export interface RecipientTally extends LoadTally {
	/** Whether the recipient was added or sent to, as against only seen in a load */
	registered: boolean;
}

/** The counters of a pixel, a campaign or everything; each is a sum over the parts. */
export type GroupTally = Record<GroupCounter, number> & OpenTimes;

/** A pixel's counters, and what decides whether its anonymous loads are a unique open. */
export type PixelTally = GroupTally & {
	/** The one campaign the pixel belongs to */
	campaignId: string | null;
	/** The first counted load that named no recipient */
	anonymousFirstOpenAt: number | null;
};

const RECIPIENT_LINES = Object.entries(RECIPIENT_COUNTERS) as Array<
	[RecipientCounter, RecipientLine]
>;
const GROUP_LINES = Object.entries(GROUP_COUNTERS) as Array<
	[keyof typeof GROUP_COUNTERS, GroupLine]
>;
const TIMES = Object.entries(OPEN_TIMES) as Array<
	[keyof OpenTimes, (typeof OPEN_TIMES)[keyof OpenTimes]]
>;
/** Every counter of a sum. */
export const SUMS = Object.keys({ ...RECIPIENT_COUNTERS, ...GROUP_COUNTERS }) as GroupCounter[];

const NO_LOADS: LoadTally = {
	...zeros(RECIPIENT_COUNTERS),
	firstOpenAt: null,
	lastOpenAt: null,
	lastLoadAt: null,
	firstSentAt: null,
	lastSentAt: null,
};

export const EMPTY_RECIPIENT: Readonly<RecipientTally> = { ...NO_LOADS, registered: false };

export const EMPTY_GROUP: Readonly<GroupTally> = { ...NO_LOADS, ...zeros(GROUP_COUNTERS) };

function zeros<Name extends string>(lines: Record<Name, unknown>): Record<Name, number> {
	return Object.fromEntries(Object.keys(lines).map((name) => [name, 0])) as Record<Name, number>;
}

/** All loads, by actor. */
export function loadsOf(counts: LoadTally): Record<Actor, number> {
	const loads = RECIPIENT_LINES.flatMap(([name, { actor }]) =>
		actor === undefined ? [] : [[actor, counts[name]]],
	);
	return Object.fromEntries(loads) as Record<Actor, number>;
}

/** Loads that count as opens. */
export function opensOf(counts: LoadTally): number {
	return sumOf(counts, isCounted);
}

/** Loads by machines, which are kept and shown apart. */
export function machineOpensOf(counts: LoadTally): number {
	return sumOf(counts, (actor) => !isCounted(actor));
}

function sumOf(counts: LoadTally, isMeant: (actor: Actor) => boolean): number {
	return RECIPIENT_LINES.reduce(
		(sum, [name, { actor }]) => (actor !== undefined && isMeant(actor) ? sum + counts[name] : sum),
		0,
	);
}

/** The counters of recipients and sums that are shown by their own names. */
export type ShownCounters = {
	[Name in RecipientCounter as (typeof RECIPIENT_COUNTERS)[Name] extends { actor: Actor }
		? never
		: Name]: number;
};

/** The counters of sums that are shown. */
export type ShownSums = {
	[Name in keyof typeof GROUP_COUNTERS as (typeof GROUP_COUNTERS)[Name]['shown'] extends true
		? Name
		: never]: number;
};

const SHOWN_COUNTERS = RECIPIENT_LINES.filter(([, { actor }]) => actor === undefined);
const SHOWN_SUMS = GROUP_LINES.filter(([, { shown }]) => shown);

/** Those counters of a tally. */
export function shownCounters(tally: LoadTally): ShownCounters {
	return Object.fromEntries(SHOWN_COUNTERS.map(([name]) => [name, tally[name]])) as ShownCounters;
}

/** Those counters of a sum. */
export function shownSums(tally: GroupTally): ShownSums {
	return Object.fromEntries(SHOWN_SUMS.map(([name]) => [name, tally[name]])) as ShownSums;
}

/** All times of a tally. */
export function timesOf(tally: OpenTimes): Array<number | null> {
	return TIMES.map(([name]) => tally[name]);
}

function isClicked({ clicks }: Pick<RecipientTally, 'clicks'>): boolean {
	return clicks > 0;
}

function isOpened(tally: OpenTimes): boolean {
	return tally.firstOpenAt !== null;
}

/** Whether somebody read the email for certain: a click shows it as well as an open. */
export function isConfirmed(tally: LoadTally): boolean {
	return isOpened(tally) || isClicked(tally);
}

/**
 * Whether nothing but a prefetch ever loaded the image, as Apple Mail Privacy Protection does for
 * every email: whether that person read it cannot be seen.
 */
export function isHidden(tally: LoadTally): boolean {
	return !isConfirmed(tally) && tally.prefetch > 0 && machineOpensOf(tally) === tally.prefetch;
}

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
	for (const load of loads) {
		const { at, actor } = load;
		for (const [name, { of }] of RECIPIENT_LINES) after[name] += of(load);
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
	const { at } = load;
	for (const [name, { of }] of RECIPIENT_LINES) {
		after[name] += of({ at, actor: load.to }) - of({ at, actor: load.from });
	}
	const step = Number(isCounted(load.to)) - Number(isCounted(load.from));
	const links = minus(linksOf([...others, load.at]), linksOf([...others]));
	after.viewTimeMs += step * links.length;
	after.sessions += step * (1 - links.count);
	return after;
}

/** The tally after tracked links were followed. Clicks are no loads and make no open. */
export function addClicks(tally: RecipientTally, clicks: readonly Load[]): RecipientTally {
	const after = { ...tally };
	for (const { at, actor } of clicks) {
		after[clicksBy(actor)] += 1;
		after.lastLoadAt = latest(after.lastLoadAt, at);
	}
	return after;
}

/** The tally after one of its clicks got another label. */
export function relabelClick<T extends LoadTally>(tally: T, from: Actor, to: Actor): T {
	const after = { ...tally };
	after[clicksBy(from)] -= 1;
	after[clicksBy(to)] += 1;
	return after;
}

function clicksBy(actor: Actor): 'clicks' | 'machineClicks' {
	return isCounted(actor) ? 'clicks' : 'machineClicks';
}

interface Links {
	count: number;
	/** Sum of the gaps, in milliseconds */
	length: number;
}

/**
 * The gaps of at most 30 s between neighbors. Left-out loads that are farther than 30 s from
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
	const share: GroupTally = { ...EMPTY_GROUP };
	for (const [name] of TIMES) share[name] = tally[name];
	for (const [name] of RECIPIENT_LINES) share[name] = tally[name];
	for (const [name, line] of GROUP_LINES) share[name] = line.share(tally, anonymous);
	return share;
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
	for (const [name, { keeps }] of TIMES) {
		moved[name] = (keeps === 'earliest' ? earliest : latest)(group[name], after[name]);
	}
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
export function loneLoad(load: Load, timed: boolean): GroupTally {
	const share: GroupTally = { ...EMPTY_GROUP };
	for (const [name, { of }] of RECIPIENT_LINES) share[name] = of(load);
	if (!timed) return share;
	const openAt = isCounted(load.actor) ? load.at : null;
	return { ...share, firstOpenAt: openAt, lastOpenAt: openAt, lastLoadAt: load.at };
}

/** The same of one click. */
export function loneClick({ at, actor }: Load, timed: boolean): GroupTally {
	return { ...EMPTY_GROUP, [clicksBy(actor)]: 1, lastLoadAt: timed ? at : null };
}

function earliest(a: number | null, b: number | null): number | null {
	if (a === null || b === null) return a ?? b;
	return Math.min(a, b);
}

function latest(a: number | null, b: number | null): number | null {
	if (a === null || b === null) return a ?? b;
	return Math.max(a, b);
}
