import type { PersonMessage, PersonReport } from '../../storage/port/answers-store';
import type { TrackingStore } from '../../storage/port/tracking-store';
import type { ConsentRecord, ConsentState } from '../../tracking/consent/consent-record';
import type { ConsentStatus, OpenEvent } from '../../tracking/event/open-event';
import type { Purpose } from '../../tracking/event/purpose';
import { pageData } from '../pages/page-data';
import { render } from '../render';
import { stateWords } from '../campaigns/recipients-table';
import { linkTo, type Frame } from '../shown/frame';
import { hoursChart } from '../charts/hours-chart';
import { shownTime } from '../shown/local-time';
import { isClick, namesIn, openTable, placeCell } from '../shown/open-table';
import { clicksCell, hasClicks } from '../shown/shown-clicks';
import { shownCount } from '../shown/shown-open';
import type { Table } from '../shown/table';
import { PURPOSE_WORDS, STATUS_WORDS } from './consent-words';

const MESSAGES = 25;

export interface PersonView extends Frame {
	recipientId: string;
	/** What the forms carry */
	token: string;
	/** Whether erasing was asked for and is to be confirmed */
	erasing: boolean;
	/** Something that was just done */
	notice: string | null;
}

const SAYS_NO: readonly ConsentStatus[] = ['refused', 'withdrawn', 'expired'];

/**
 * One person: messages, opens and clicks with reasons, consents, and what an officer does for them. Opens whose
 * purpose the person said no to are left out.
 *
 * @returns `null` where nothing is known of the person
 */
export async function personPage(store: TrackingStore, view: PersonView): Promise<string | null> {
	const { recipientId, timeZone, now } = view;
	const report = await store.personReport({ recipientId, timeZone, now });
	if (report === null) return null;
	const refused = refusedPurposes(report.consents);
	const opens = report.opens.filter(({ purpose }) => mayShow(purpose, refused));
	const messages = refused.size === 0 ? report.messages : [];
	const names = await namesIn(store, opens);
	const pixels = new Map(
		messages.flatMap(({ pixelId, pixelName }) =>
			pixelId !== null && pixelName !== null ? [[pixelId, pixelName] as const] : [],
		),
	);
	const known = [...new Set([...report.emails, ...report.names])];
	return render('templates/person', {
		...pageData(view, { title: 'Person', here: 'person' }),
		name: known[0],
		otherNames: known.slice(1),
		segments: report.segments,
		lastOpenDay: report.lastOpenDay,
		refused: [...refused].map((purpose) => PURPOSE_WORDS[purpose]),
		facts: personFacts(report, refused.size > 0),
		messages: messageTable(messages.slice(0, MESSAGES), { pixels }, view),
		moreMessages:
			messages.length > MESSAGES || !report.allMessagesRead
				? `The latest ${MESSAGES} messages.`
				: null,
		opens: withoutFirst(openTable(opens, names, view)),
		withClicks: opens.some(isClick),
		hours: report.bestHours === null || refused.size > 0 ? null : hoursChart(report.bestHours),
		consents: consentTable(report.consentRecords, view),
		self: linkTo(view, 'person', { id: recipientId }),
		erase: linkTo(view, 'person', { id: recipientId, erase: '' }),
	});
}

function refusedPurposes(consents: readonly ConsentState[]): Set<Purpose> {
	return new Set(
		consents.flatMap(({ status, record }) =>
			record !== null && SAYS_NO.includes(status) ? [record.purpose] : [],
		),
	);
}

/** An open without a purpose may be of any, so one no is enough. */
function mayShow(purpose: OpenEvent['purpose'], refused: ReadonlySet<Purpose>): boolean {
	return purpose === null ? refused.size === 0 : !refused.has(purpose);
}

function personFacts({ messages, allMessagesRead }: PersonReport, isRefused: boolean) {
	if (isRefused) return [];
	const sum = (name: 'sent' | 'opens' | 'machineOpens' | 'clicks' | 'machineClicks') =>
		`${allMessagesRead ? '' : 'at least '}${shownCount(messages.reduce((all, one) => all + one[name], 0))}`;
	const opened = messages.filter(({ state }) => state === 'opened').length;
	return [
		{ label: 'Sent', value: sum('sent'), note: 'registered messages' },
		{ label: 'Emails opened', value: shownCount(opened), note: 'pixels and campaigns' },
		{ label: 'Opens', value: sum('opens'), note: 'counted loads' },
		{ label: 'Machine loads', value: sum('machineOpens'), note: 'not counted' },
		...(hasClicks(messages)
			? [
					{ label: 'Clicks', value: sum('clicks'), note: 'counted' },
					{ label: 'Machine clicks', value: sum('machineClicks'), note: 'not counted' },
				]
			: []),
	];
}

function messageTable(
	messages: readonly PersonMessage[],
	names: { pixels: ReadonlyMap<string, string> },
	frame: Frame,
): Table {
	const { timeZone, now } = frame;
	const withClicks = hasClicks(messages);
	return {
		caption: 'Messages, latest first',
		columns: [
			{ name: 'Pixel or campaign', kind: 'name' },
			{ name: 'State' },
			{ name: 'Sent', kind: 'num' },
			{ name: 'Last sent', kind: 'wide' },
			{ name: 'Opens', kind: 'num' },
			...(withClicks ? [{ name: 'Clicks', kind: 'num' as const }] : []),
			{ name: 'First open', kind: 'wide' },
			{ name: 'Last open', kind: 'wide' },
		],
		rows: messages.map((message) => [
			placeCell(message, names, frame),
			{ text: stateWords(message) },
			{ text: shownCount(message.sent) },
			{ time: shownTime(message.lastSentAt, timeZone, now) },
			{ text: shownCount(message.opens) },
			...(withClicks ? [clicksCell(message)] : []),
			{ time: shownTime(message.firstOpenAt, timeZone, now) },
			{ time: shownTime(message.lastOpenAt, timeZone, now) },
		]),
		empty: 'No message is shown.',
	};
}

function consentTable(records: readonly ConsentRecord[], { timeZone, now }: Frame): Table {
	return {
		caption: 'Consent history, latest first',
		columns: [
			{ name: 'Purpose', kind: 'name' },
			{ name: 'Answer' },
			{ name: 'Time', kind: 'wide' },
			{ name: 'Method', kind: 'wide' },
			{ name: 'Ends', kind: 'wide' },
		],
		rows: records
			.toSorted((a, b) => (a.occurredAt < b.occurredAt ? 1 : -1))
			.map(({ purpose, status, occurredAt, method, expiresAt }) => [
				{ text: PURPOSE_WORDS[purpose] },
				{ text: STATUS_WORDS[status] },
				{ time: shownTime(occurredAt, timeZone, now) },
				{ text: method },
				{ time: shownTime(expiresAt, timeZone, now) },
			]),
		empty: 'No answer is recorded.',
	};
}

/** The loads of one person need no column that names the person. */
function withoutFirst({ caption, columns, rows }: Table): Table {
	return {
		caption,
		columns: [{ ...columns[1], kind: 'name' }, ...columns.slice(2)],
		rows: rows.map((row) => row.slice(1)),
		empty: 'No load is kept with this name.',
	};
}
