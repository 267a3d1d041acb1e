import type { CampaignRecipient } from '../../storage/port/answers-store';
import { linkTo, type Frame } from '../shown/frame';
import type { Sorting } from '../shown/list-tables';
import { shownTime } from '../shown/local-time';
import { clicksCell } from '../shown/shown-clicks';
import { shownCount } from '../shown/shown-open';
import type { Column, Table } from '../shown/table';

export const RECIPIENT_SORTS = ['recipient', 'firstOpen', 'lastOpen'] as const;

/** What is said of a recipient in each state. */
const STATE_WORDS: Record<NonNullable<CampaignRecipient['state']>, string> = {
	opened: 'Opened',
	notOpened: 'Not opened',
	hidden: 'Hidden',
};

/** A click shows a read without an open: whoever clicked alone is not called an opener. */
export function stateWords({
	state,
	opens,
	clicks,
}: Pick<CampaignRecipient, 'state' | 'opens' | 'clicks'>): string {
	if (state === 'opened' && opens === 0 && clicks > 0) return 'Clicked';
	return state === null ? 'Not sent' : STATE_WORDS[state];
}

/**
 * The recipients of a campaign, each with what is known of it.
 *
 * @param withClicks whether links of the campaign were followed
 * @param pixels names of the campaign's pixels, where it has several: somebody has a row for each
 */
export function recipientsTable(
	recipients: readonly CampaignRecipient[],
	frame: Frame,
	{ withClicks, ...sorting }: Sorting & { withClicks: boolean },
	pixels: ReadonlyMap<string, string>,
): Table {
	const column = (name: string, sort: (typeof RECIPIENT_SORTS)[number], more: Partial<Column>) => ({
		name,
		...more,
		sortHref: sorting.href(sort),
		...(sort === sorting.sort
			? { sorted: sort === 'recipient' ? ('ascending' as const) : ('descending' as const) }
			: {}),
	});
	return {
		caption: 'Recipients of the campaign',
		columns: [
			column('Recipient', 'recipient', { kind: 'name' }),
			{ name: 'State' },
			{ name: 'Opens', kind: 'num' },
			{ name: 'Machine loads', kind: 'num' },
			...(withClicks ? [{ name: 'Clicks', kind: 'num' as const }] : []),
			column('First open', 'firstOpen', { kind: 'wide' }),
			column('Last open', 'lastOpen', { kind: 'wide' }),
			{ name: 'Segments' },
		],
		rows: recipients.map((recipient) => [
			{ ...nameCell(recipient, frame), sub: pixels.get(recipient.pixelId ?? '') ?? null },
			{ text: stateWords(recipient) },
			{ text: shownCount(recipient.opens) },
			{ text: shownCount(recipient.machineOpens) },
			...(withClicks ? [clicksCell(recipient)] : []),
			{ time: shownTime(recipient.firstOpenAt, frame.timeZone, frame.now) },
			{ time: shownTime(recipient.lastOpenAt, frame.timeZone, frame.now) },
			{ text: recipient.segments.join(', ') || '–' },
		]),
		empty: 'Nobody here.',
	};
}

function nameCell({ recipientId, email }: CampaignRecipient, frame: Frame) {
	if (recipientId === null) return { text: 'Nobody named' };
	if (recipientId.startsWith('deleted-')) return { text: 'Deleted recipient' };
	return {
		text: email ?? recipientId,
		href: linkTo(frame, 'person', { id: recipientId }),
	};
}
