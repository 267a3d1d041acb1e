import type { TrackingStore } from '../../storage/port/tracking-store';
import type { OpenEvent } from '../../tracking/event/open-event';
import { linkTo, type Frame } from './frame';
import { shownTime } from './local-time';
import { linkName } from './shown-clicks';
import { shownActor, shownClient } from './shown-open';
import type { Cell, Table } from './table';

/** What pixels and people are called, by their ids. */
export interface Names {
	pixels: ReadonlyMap<string, string>;
	/** Addresses, by pixel and recipient */
	people: ReadonlyMap<string, string>;
}

const personKey = (pixelId: string, recipientId: string) => `${pixelId} ${recipientId}`;

/** The names of the pixels and people of some opens. */
export async function namesIn(
	store: Pick<TrackingStore, 'findPixels' | 'findRecipients'>,
	opens: ReadonlyArray<Pick<OpenEvent, 'pixelId' | 'recipientId'>>,
): Promise<Names> {
	const byPixel = new Map<string, Set<string>>();
	for (const { pixelId, recipientId } of opens) {
		if (pixelId === null) continue;
		const people = byPixel.get(pixelId) ?? new Set();
		if (recipientId !== null) people.add(recipientId);
		byPixel.set(pixelId, people);
	}
	const pixels = await store.findPixels([...byPixel.keys()]);
	const people = new Map<string, string>();
	for (const [pixelId, ids] of byPixel) {
		if (ids.size === 0) continue;
		for (const { recipientId, email } of await store.findRecipients(pixelId, [...ids])) {
			if (email !== null) people.set(personKey(pixelId, recipientId), email);
		}
	}
	return { pixels: new Map([...pixels].map(([id, { name }]) => [id, name])), people };
}

/** Whom a load was made for: with the way to their page, where they are somebody. */
export function recipientCell(
	{ pixelId, recipientId }: Pick<OpenEvent, 'pixelId' | 'recipientId'>,
	names: Pick<Names, 'people'>,
	frame: Frame,
): Cell {
	if (recipientId === null) return { text: 'Nobody named' };
	if (recipientId.startsWith('deleted-')) return { text: 'Deleted recipient' };
	const address = pixelId === null ? undefined : names.people.get(personKey(pixelId, recipientId));
	return { text: address ?? recipientId, href: linkTo(frame, 'person', { id: recipientId }) };
}

/** Loads and clicks, newest first, each with its recipient and what it was a load of. */
export function openTable(opens: readonly OpenEvent[], names: Names, frame: Frame): Table {
	return {
		caption: opens.some(isClick) ? 'Loads and clicks, newest first' : 'Loads, newest first',
		columns: [
			{ name: 'Recipient', kind: 'name' },
			{ name: 'Pixel or campaign', kind: 'full' },
			{ name: 'Time', kind: 'wide' },
			{ name: 'Loaded with' },
			{ name: 'Loaded by', kind: 'full' },
		],
		rows: opens.map((open) => [
			recipientCell(open, names, frame),
			isClick(open) ? clickCell(open, names, frame) : placeCell(open, names, frame),
			{ time: shownTime(open.occurredAt, frame.timeZone, frame.now) },
			{ text: shownClient(open) },
			{ actor: shownActor(open) },
		]),
		empty: `Nothing was loaded ${frame.period.range === 'all' ? 'yet' : frame.period.words}.`,
	};
}

export function isClick({ event }: Pick<OpenEvent, 'event'>): boolean {
	return event === 'click';
}

/** Which link was followed, in what. */
function clickCell(click: OpenEvent, names: Pick<Names, 'pixels'>, frame: Frame): Cell {
	return { ...placeCell(click, names, frame), tag: 'Click', sub: linkText(click) };
}

/** The link of a click: its name, and where it leads as far as that is kept. */
export function linkText({ link }: Pick<OpenEvent, 'link'>): string {
	return [linkName(link), ...(link.url === null ? [] : [link.url])].join(' · ');
}

/** What was loaded: a pixel, or where none is named the campaign. */
export function placeCell(
	{ pixelId, campaignId }: Pick<OpenEvent, 'pixelId' | 'campaignId'>,
	names: Pick<Names, 'pixels'>,
	frame: Frame,
): Cell {
	const name = pixelId === null ? undefined : names.pixels.get(pixelId);
	const campaign = campaignId === null ? null : linkTo(frame, 'campaign', { id: campaignId });
	if (pixelId === null || name === undefined) {
		return campaignId === null
			? { text: 'Without pixel or campaign' }
			: { text: campaignId, href: campaign, sub: 'without a pixel' };
	}
	return {
		text: name,
		href: linkTo(frame, `logs/${encodeURIComponent(pixelId)}`),
		sub: campaignId === null ? null : `campaign ${campaignId}`,
	};
}
