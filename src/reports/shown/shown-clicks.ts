import type { LinkClicks } from '../../storage/port/answers-store';
import type { GroupCounts } from '../../storage/port/counts';
import { ACTOR_NAMES, reasonText, shownCount, shownShare } from './shown-open';
import { intervalText } from './shown-rates';
import type { Cell, Table } from './table';

/** Clicks by people and by machines, as everything that is counted has them. */
interface Clicks {
	clicks: number;
	machineClicks: number;
}

/**
 * Whether a link of one of these was ever followed. Where none was, links are most likely not
 * tracked, and no page speaks of clicks.
 */
export function hasClicks(counts: readonly Clicks[]): boolean {
	return counts.some(({ clicks, machineClicks }) => clicks + machineClicks > 0);
}

/** Clicks and their rates as figures; empty where no link was ever followed. */
export function clickFacts({
	clicks,
	machineClicks,
	clickRates,
}: Pick<GroupCounts, 'clicks' | 'machineClicks' | 'clickRates'>) {
	if (clickRates === null) return [];
	const { clicked, clickToOpen } = clickRates;
	return [
		...(clicked.rate === null
			? []
			: [
					{
						label: 'Click rate',
						value: shownShare(clicked.rate),
						note: `${shownCount(clicked.recipients)} of ${shownCount(clicked.sentRecipients)} recipients clicked`,
					},
				]),
		...(clickToOpen.rate === null
			? []
			: [
					{
						label: 'Click-to-open',
						value: shownShare(clickToOpen.rate),
						note: `${intervalText({ likely: clickToOpen })}, of the ${shownCount(clickToOpen.opened)} with an open`,
					},
				]),
		{ label: 'Clicks', value: shownCount(clicks), note: 'counted' },
		{ label: 'Machine clicks', value: shownCount(machineClicks), note: 'not counted' },
	];
}

/** How often a link was followed, and apart from that, how often by machines. */
export function clicksCell({ clicks, machineClicks }: Clicks): Cell {
	const sub = machineClicks === 0 ? null : `${shownCount(machineClicks)} by machines`;
	return { text: shownCount(clicks), sub };
}

/** The links of an email or a campaign that were followed. */
export function linkTable(links: readonly LinkClicks[]): Table {
	return {
		caption: 'Links that were followed, in the order of the email',
		columns: [
			{ name: 'Link', kind: 'name' },
			{ name: 'Leads to', kind: 'full' },
			{ name: 'Recipients', kind: 'num' },
			{ name: 'Clicks', kind: 'num' },
			{ name: 'Machine clicks', kind: 'full' },
		],
		rows: links.map((link) => [
			{
				text: linkName(link),
				sub: link.label === null || link.position === null ? null : `link ${link.position}`,
			},
			{ text: link.page ?? link.site ?? 'Not known' },
			{ text: link.people === 0 ? '–' : shownCount(link.people) },
			{ text: shownCount(link.clicks) },
			{ text: shownCount(link.machineClicks), sub: reasonsInWords(link.machineReasons) },
		]),
		empty: 'No link was followed.',
	};
}

/** What a link is called: by its label, else by its place. */
export function linkName({ label, position }: Pick<LinkClicks, 'label' | 'position'>): string {
	if (label !== null) return label;
	return position === null ? 'Link without a place' : `Link ${position}`;
}

/** Why clicks were taken for those of machines, each reason with how many. */
export function reasonsInWords(reasons: LinkClicks['machineReasons']): string | null {
	if (reasons.length === 0) return null;
	return reasons
		.map(({ actor, reason, clicks }) => {
			const why = reason === null ? '' : `: ${reasonText(reason)}`;
			return `${shownCount(clicks)} × ${ACTOR_NAMES[actor]}${why}`;
		})
		.join('; ');
}

/** Of how many clicks alone some columns are; `null` where they are of all. */
export function clicksCut(links: readonly LinkClicks[]): string | null {
	const read = links.reduce((sum, { clicksRead }) => sum + clicksRead, 0);
	const all = links.reduce((sum, { clicks, machineClicks }) => sum + clicks + machineClicks, 0);
	if (read >= all) return null;
	return `Recipients, pages and reasons are of ${shownCount(read)} of ${shownCount(all)} clicks: no more of them are kept one by one, or these are the latest.`;
}
