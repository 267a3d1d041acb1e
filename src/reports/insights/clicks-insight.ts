import type { LinkClicks } from '../../storage/port/answers-store';
import type { GroupCounts } from '../../storage/port/counts';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { clicksInWords } from '../../tracking/counters/click-rates';
import { DEFAULT_K } from '../../tracking/minimise/k-anonymity';
import { linkName, reasonsInWords } from '../shown/shown-clicks';
import { rounded } from './uncertainty';

/** How many links an answer has room for. */
const MOST_LINKS = 10;

/** What a click is and is not. */
const CLICK_CAUTION =
	'A click says that a link was followed. Security software follows links too, and some of it passes as a person; whoever refused to have clicks measured is in no click.';

/** Click rates, flat; shares are from 0 to 1. */
export interface InsightClickRates {
	clicks: number;
	/** Recipients with a counted click, of those that a message was sent to */
	clicked: number;
	clickRate: number | null;
	/** Of those with a counted open, the part that clicked as well, and its 95 % interval */
	clickToOpenRate: number | null;
	clickToOpenLow: number | null;
	clickToOpenHigh: number | null;
	/** Clicks by scanners and bots; in no rate */
	machineClicks: number;
}

/** One link. `withheld` where its numbers would tell of fewer than ten people. */
interface InsightLink {
	link: string;
	leadsTo: string | null;
	withheld: boolean;
	/** `null`: withheld, or nobody is named */
	people: number | null;
	clicks: number | null;
	machineClicks: number;
	machineReasons: string | null;
}

/** What the clicks of a campaign say. */
export interface ClicksInsight extends InsightClickRates {
	/** The most followed first */
	links: InsightLink[];
}

/** The click rates of a campaign; `null` where no link of it was ever followed. */
export function insightClickRates(counts: GroupCounts): InsightClickRates | null {
	if (counts.clickRates === null) return null;
	const { clicked, clickToOpen } = counts.clickRates;
	return {
		clicks: counts.clicks,
		clicked: clicked.recipients,
		clickRate: rounded(clicked.rate),
		clickToOpenRate: rounded(clickToOpen.rate),
		clickToOpenLow: rounded(clickToOpen.low),
		clickToOpenHigh: rounded(clickToOpen.high),
		machineClicks: counts.machineClicks,
	};
}

/**
 * The clicks of a campaign with its links, and the same in sentences; `null` where no link of it was
 * ever followed.
 */
export async function clicksInsight(
	store: TrackingStore,
	campaignId: string,
	counts: GroupCounts,
): Promise<{ answer: string[]; clicks: ClicksInsight } | null> {
	const rates = insightClickRates(counts);
	if (rates === null) return null;
	const all = await store.listLinkClicks({ campaignId });
	const links = all
		.toSorted((one, other) => other.clicks - one.clicks)
		.slice(0, MOST_LINKS)
		.map(toLink);
	return {
		answer: [
			`Clicks: ${clicksInWords(counts.clickRates)}.`,
			...(links.some(({ withheld }) => withheld)
				? [`Links that fewer than ${DEFAULT_K} people followed are withheld.`]
				: []),
			...(all.length > MOST_LINKS
				? [`The ${MOST_LINKS} most followed of ${all.length} links are listed.`]
				: []),
			CLICK_CAUTION,
		],
		clicks: { ...rates, links },
	};
}

function toLink(link: LinkClicks): InsightLink {
	// Where nobody is named, each click may be one person's.
	const followers = link.people > 0 ? link.people : link.clicks;
	const withheld = followers > 0 && followers < DEFAULT_K;
	return {
		link: linkName(link),
		leadsTo: link.page ?? link.site,
		withheld,
		people: withheld || link.people === 0 ? null : link.people,
		clicks: withheld ? null : link.clicks,
		machineClicks: link.machineClicks,
		machineReasons: reasonsInWords(link.machineReasons),
	};
}
