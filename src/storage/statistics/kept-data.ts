import { sql } from 'kysely';

import type { Actor, ConsentStatus } from '../../tracking/event/open-event';
import type { TrackingMode } from '../../tracking/event/tracking-mode';
import { isoOf } from '../counters/counts-view';
import type { Reader } from '../database/store-database';
import type { KeptData, KeptOpens } from '../port/privacy-store';

const IN_FORCE: readonly ConsentStatus[] = ['given', 'renewed'];
/** What the records of an erased person are kept under: see `denylistKey`. */
const DENYLIST_KEY_LENGTH = 'd_'.length + 64;

/**
 * Counts what the store holds, from the rows themselves: what was set when they came in may have
 * changed since.
 */
export async function countKept(
	db: Reader,
	{ now, endingBefore }: { now: Date; endingBefore: Date },
): Promise<KeptData> {
	return {
		opens: await countOpens(db),
		people: await count(
			db
				.selectFrom('recipient_tallies')
				.select(sql<number>`count(distinct recipient_id)`.as('count'))
				.where('recipient_id', '<>', ''),
		),
		lastOpenDays: await count(db.selectFrom('last_open_days').select(allRows)),
		addresses: await count(db.selectFrom('recipients').select(allRows).where(hasAddress)),
		addressesWithoutEnd: await countWithoutEnd(db),
		sentMessages: await count(db.selectFrom('sent_messages').select(allRows)),
		...(await countConsents(db, now.getTime(), endingBefore.getTime())),
		erased: await count(db.selectFrom('denylist').select(allRows)),
		keysGivenUp: await count(db.selectFrom('signing_keys').select(allRows).where('lost', '=', 1)),
	};
}

const allRows = sql<number>`count(*)`.as('count');
const hasAddress = sql<boolean>`email is not null`;

async function count(query: {
	executeTakeFirstOrThrow(): Promise<{ count: number }>;
}): Promise<number> {
	return (await query.executeTakeFirstOrThrow()).count;
}

/** One pass over all opens. */
async function countOpens(db: Reader): Promise<KeptOpens[]> {
	const rows = await db
		.selectFrom('opens')
		.select(['tracking_mode', 'actor', 'consent_policy'])
		.select((is) => [
			is.fn.min('occurred_at').as('first'),
			is.fn.max('occurred_at').as('last'),
			sql<number>`count(*)`.as('opens'),
			sql<number>`count(request_ip)`.as('ip'),
			sql<number>`count(request_user_agent)`.as('userAgent'),
			sql<number>`count(request_referer)`.as('referer'),
			sql<number>`count(request_accept_language)`.as('acceptLanguage'),
			sql<number>`count(case when coalesce(consent_status, '') not in (${sql.join(IN_FORCE)})
				then request_ip end)`.as('ipWithoutConsent'),
		])
		.groupBy(['tracking_mode', 'actor', 'consent_policy'])
		.orderBy('tracking_mode')
		.orderBy('actor')
		.orderBy('consent_policy')
		.execute();
	return rows.map(({ ip, userAgent, referer, acceptLanguage, ...row }) => ({
		trackingMode: row.tracking_mode as TrackingMode,
		actor: row.actor as Actor,
		policy: row.consent_policy,
		opens: row.opens,
		firstAt: isoOf(row.first),
		lastAt: isoOf(row.last),
		request: { ip, userAgent, referer, acceptLanguage },
		ipWithoutConsent: row.ipWithoutConsent,
	}));
}

/** Retention counts from what was sent and loaded, so it never comes to these. */
async function countWithoutEnd(db: Reader): Promise<number> {
	return await count(
		db
			.selectFrom('recipients as entry')
			.select(allRows)
			.where('entry.email', 'is not', null)
			.where((is) =>
				is.not(
					is.exists(
						is
							.selectFrom('recipient_tallies as tally')
							.select('tally.parent')
							.where('tally.parent', '=', sql<string>`'p:' || entry.pixel_id`)
							.whereRef('tally.recipient_id', '=', 'entry.recipient_id')
							.where((of) =>
								of.or([
									of('tally.last_load_at', 'is not', null),
									of('tally.last_sent_at', 'is not', null),
								]),
							),
					),
				),
			),
	);
}

async function countConsents(
	db: Reader,
	now: number,
	endingBefore: number,
): Promise<Pick<KeptData, 'consents' | 'consentsEnding'>> {
	// What erased people once said is proof under a hash, and counts as erased.
	const states = db
		.selectFrom('consent_states')
		.where((is) =>
			is.or([
				is(sql<string>`substr(recipient_key, 1, 2)`, '<>', 'd_'),
				is(sql<number>`length(recipient_key)`, '<>', DENYLIST_KEY_LENGTH),
			]),
		);
	const people = sql<number>`count(distinct recipient_key)`;
	const current = sql<string>`case when status in (${sql.join(IN_FORCE)}) and ended_at <= ${now}
		then 'expired' else status end`;
	const consents = await db
		.selectFrom(states.select(['recipient_key', current.as('status')]).as('state'))
		.select('status')
		.select(people.as('people'))
		.groupBy('status')
		.orderBy('status')
		.execute();
	const consentsEnding = await count(
		states
			.select(people.as('count'))
			.where('status', 'in', IN_FORCE)
			.where('ended_at', '>', now)
			.where('ended_at', '<', endingBefore),
	);
	return {
		consents: consents.map((row) => ({
			status: row.status as ConsentStatus,
			people: row.people,
		})),
		consentsEnding,
	};
}
