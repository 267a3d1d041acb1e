import { sql } from 'kysely';

import type { ConsentState } from '../../tracking/consent/consent-record';
import { COUNTED_ACTORS } from '../../tracking/event/open-event';
import type { ConsentStatus } from '../../tracking/event/open-event';
import type { Purpose } from '../../tracking/event/purpose';
import { StoreError } from '../port/store-error';
import type { Reader } from '../database/store-database';
import { listOpens } from '../opens/list-opens';
import { listConsentRecords, listConsents } from '../people/consent-records';
import { listNames } from '../people/names';
import { segmentsOf } from '../people/segments';
import type { PersonMessage, PersonReport, PersonRequest } from '../port/answers-store';
import { toMessage } from './campaign-recipients';

const OPENS_SHOWN = 100;
const MESSAGES_SHOWN = 500;
const HOURS_OF = 1000;

/** An open of such a purpose says nothing of when somebody likes to read. */
const NOT_FOR_HOURS: readonly Purpose[] = ['deliverability', 'security', 'legal-notice'];
/** Whoever said no to one of these did not allow to look at when they read. */
const ASKED_FOR_HOURS: readonly Purpose[] = ['performance', 'personalisation', 'frequency'];
const SAYS_NO: readonly ConsentStatus[] = ['refused', 'withdrawn', 'expired'];

/** What is known of one person by name; `null` where that is nothing. */
export async function personReport(
	db: Reader,
	{ recipientId, timeZone = 'UTC', now }: PersonRequest,
): Promise<PersonReport | null> {
	const names = (await listNames(db, recipientId)).map(({ name }) => name);
	const { messages, allMessagesRead } = await listMessages(db, names);
	const { opens } = await listOpens(db, { recipientId, event: 'any', limit: OPENS_SHOWN });
	const consents = await listConsents(db, recipientId, now);
	const consentRecords = await listConsentRecords(db, recipientId);
	const segments = [...new Set([...(await segmentsOf(db, names)).values()].flat())].sort();
	const lastOpenDay = await lastDay(db, names);
	const emails = await listEmails(db, names);
	const known = [messages, opens, consentRecords, segments, emails];
	if (known.every(({ length }) => length === 0) && lastOpenDay === null) return null;
	return {
		names,
		emails,
		messages,
		allMessagesRead,
		opens,
		lastOpenDay,
		consents,
		consentRecords,
		segments,
		bestHours: mayLookAtHours(consents) ? await openHours(db, names, timeZone) : null,
	};
}

async function listMessages(
	db: Reader,
	names: readonly string[],
): Promise<{ messages: PersonMessage[]; allMessagesRead: boolean }> {
	const rows = await db
		.selectFrom('recipient_tallies as tally')
		.leftJoin('pixels', (join) => join.on('pixels.id', '=', sql<string>`substr(tally.parent, 3)`))
		.selectAll('tally')
		.select('pixels.name as pixel_name')
		.where('tally.recipient_id', 'in', names)
		.orderBy(sql`coalesce(tally.last_load_at, tally.last_sent_at, 0) desc`)
		.orderBy('tally.parent')
		.limit(MESSAGES_SHOWN + 1)
		.execute();
	const messages = rows.slice(0, MESSAGES_SHOWN).map((row) => ({
		...toMessage(row),
		campaignId: row.campaign_id,
		pixelName: row.parent.startsWith('p:') ? row.pixel_name : null,
	}));
	return { messages, allMessagesRead: rows.length <= MESSAGES_SHOWN };
}

async function listEmails(db: Reader, names: readonly string[]): Promise<string[]> {
	const rows = await db
		.selectFrom('recipients')
		.select((is) => is.ref('address').$notNull().as('address'))
		.distinct()
		.where('recipient_id', 'in', names)
		.where('address', 'is not', null)
		.orderBy('address')
		.execute();
	return rows.map(({ address }) => address);
}

async function lastDay(db: Reader, names: readonly string[]): Promise<string | null> {
	const row = await db
		.selectFrom('last_open_days')
		.select((is) => is.fn.max('day').as('day'))
		.where('recipient_id', 'in', names)
		.executeTakeFirst();
	return row?.day ?? null;
}

function mayLookAtHours(consents: readonly ConsentState[]): boolean {
	return !consents.some(
		({ status, record }) =>
			record !== null && ASKED_FOR_HOURS.includes(record.purpose) && SAYS_NO.includes(status),
	);
}

/** Counted opens by hour of the day; `null` where there are none. */
async function openHours(
	db: Reader,
	names: readonly string[],
	timeZone: string,
): Promise<number[] | null> {
	const rows = await db
		.selectFrom('opens')
		.select('occurred_at')
		.where('recipient_id', 'in', names)
		.where('event', '=', 'open')
		.where('actor', 'in', COUNTED_ACTORS)
		.where((is) => is.or([is('purpose', 'is', null), is('purpose', 'not in', NOT_FOR_HOURS)]))
		.orderBy('occurred_at', 'desc')
		.limit(HOURS_OF)
		.execute();
	if (rows.length === 0) return null;
	const hours = Array.from({ length: 24 }, () => 0);
	const hourIn = hourIn24(timeZone);
	for (const { occurred_at } of rows) hours[hourIn(occurred_at)] += 1;
	return hours;
}

function hourIn24(timeZone: string): (at: number) => number {
	try {
		const format = new Intl.DateTimeFormat('en-US', {
			hour: 'numeric',
			hourCycle: 'h23',
			timeZone,
		});
		return (at) => Number(format.format(at));
	} catch {
		throw new StoreError('invalid', 'The time zone is unknown. Use a name such as Europe/Paris.');
	}
}
