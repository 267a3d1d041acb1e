import { sql } from 'kysely';

import type { Actor, ConsentStatus } from '../../tracking/event/open-event';
import type { TrackingMode } from '../../tracking/event/tracking-mode';
import { isoOf } from '../counters/counts-view';
import type { Reader, StoreDatabase } from '../database/store-database';
import { withoutCounters } from '../people/entries-without-counters';
import {
	REQUEST_PARTS,
	type KeptData,
	type KeptOpens,
	type RightsUsed,
} from '../port/privacy-store';

const IN_FORCE: readonly ConsentStatus[] = ['given', 'renewed'];
/** What the records of an erased person are kept under: see `denylistKey`. */
const DENYLIST_KEY_LENGTH = 'd_'.length + 64;

/** Opens counted in one step: the embedded store answers nobody else meanwhile. */
const STEP_ROWS = 20_000;

/**
 * Counts what the store holds, from the rows themselves: what was set when they came in may have
 * changed since. Reads in steps, so that opens get in between.
 */
export async function countKept(
	{ read }: Pick<StoreDatabase, 'read'>,
	{ now, endingBefore }: { now: Date; endingBefore: Date },
): Promise<KeptData> {
	const opens = await countOpens(read);
	const counts = await read(async (db) => ({
		people: await count(
			db
				.selectFrom('recipient_tallies')
				.select(sql<number>`count(distinct recipient_id)`.as('count'))
				.where('recipient_id', '<>', ''),
		),
		lastOpenDays: await count(db.selectFrom('last_open_days').select(allRows)),
		addresses: await count(db.selectFrom('recipients').select(allRows).where(hasAddress)),
		sentMessages: await count(db.selectFrom('sent_messages').select(allRows)),
		segmented: await count(
			db
				.selectFrom('recipient_segments')
				.select(sql<number>`count(distinct recipient_id)`.as('count')),
		),
		erased: await count(db.selectFrom('denylist').select(allRows)),
		keysGivenUp: await count(db.selectFrom('signing_keys').select(allRows).where('lost', '=', 1)),
	}));
	const addressesWithoutEnd = await read(countWithoutEnd);
	const consents = await read((db) => countConsents(db, now.getTime(), endingBefore.getTime()));
	return { opens, ...counts, addressesWithoutEnd, ...consents };
}

const allRows = sql<number>`count(*)`.as('count');
const hasAddress = sql<boolean>`email is not null`;
/** What erased people once said is proof under a hash, and counts as erased. */
const isOfNobodyErased = sql<boolean>`(substr(recipient_key, 1, 2) <> 'd_'
	or length(recipient_key) <> ${DENYLIST_KEY_LENGTH})`;

/**
 * How often people took back their consent or were erased within a span of time. All names of one
 * person come on the list of erased people at one moment, so the moments are counted.
 */
export async function countRightsUsed(
	db: Reader,
	window: { from: Date; to: Date },
): Promise<RightsUsed> {
	const [from, to] = [window.from.getTime(), window.to.getTime()];
	return {
		erasures: await count(
			db
				.selectFrom('denylist')
				.select(sql<number>`count(distinct since)`.as('count'))
				.where('since', '>=', from)
				.where('since', '<', to),
		),
		withdrawals: await count(
			db
				.selectFrom('consent_records')
				.select(sql<number>`count(distinct recipient_key)`.as('count'))
				.where('status', '=', 'withdrawn')
				.where('occurred_at', '>=', from)
				.where('occurred_at', '<', to)
				.where(isOfNobodyErased),
		),
	};
}

async function count(query: {
	executeTakeFirstOrThrow(): Promise<{ count: number }>;
}): Promise<number> {
	return (await query.executeTakeFirstOrThrow()).count;
}

/** One pass over all opens, in the order of their times. */
async function countOpens(read: StoreDatabase['read']): Promise<KeptOpens[]> {
	const groups = new Map<string, KeptOpens>();
	for (let from = Number.MIN_SAFE_INTEGER; ; ) {
		const until = await read((db) => endOfStep(db, from));
		const step = await read((db) => countStep(db, from, until));
		for (const part of step) {
			const name = JSON.stringify([part.trackingMode, part.actor, part.policy]);
			const known = groups.get(name);
			groups.set(name, known === undefined ? part : merged(known, part));
		}
		if (until === null) break;
		from = until;
		await new Promise(setImmediate);
	}
	const order = (group: KeptOpens) => `${group.trackingMode} ${group.actor} ${group.policy ?? ''}`;
	return [...groups.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** The time before which a step ends; `null` for the last one. Opens of one moment stay together. */
async function endOfStep(db: Reader, from: number): Promise<number | null> {
	const row = await db
		.selectFrom('opens')
		.select('occurred_at')
		.where('occurred_at', '>=', from)
		.orderBy('occurred_at')
		.limit(1)
		.offset(STEP_ROWS)
		.executeTakeFirst();
	if (row === undefined) return null;
	return row.occurred_at === from ? from + 1 : row.occurred_at;
}

async function countStep(db: Reader, from: number, until: number | null): Promise<KeptOpens[]> {
	let opens = db.selectFrom('opens').where('occurred_at', '>=', from);
	if (until !== null) opens = opens.where('occurred_at', '<', until);
	const rows = await opens
		.select(['tracking_mode', 'actor', 'consent_policy'])
		.select((is) => [
			is.fn.min('occurred_at').as('first'),
			is.fn.max('occurred_at').as('last'),
			sql<number>`count(case when event = 'open' then 1 end)`.as('opens'),
			sql<number>`count(case when event = 'click' then 1 end)`.as('clicks'),
			sql<number>`count(link_url)`.as('destinations'),
			sql<number>`count(request_ip)`.as('ip'),
			sql<number>`count(request_user_agent)`.as('userAgent'),
			sql<number>`count(request_referer)`.as('referer'),
			sql<number>`count(request_accept_language)`.as('acceptLanguage'),
			sql<number>`count(case when coalesce(consent_status, '') not in (${sql.join(IN_FORCE)})
				then request_ip end)`.as('ipWithoutConsent'),
		])
		.groupBy(['tracking_mode', 'actor', 'consent_policy'])
		.execute();
	return rows.map(({ ip, userAgent, referer, acceptLanguage, ...row }) => ({
		trackingMode: row.tracking_mode as TrackingMode,
		actor: row.actor as Actor,
		policy: row.consent_policy,
		opens: row.opens,
		clicks: row.clicks,
		destinations: row.destinations,
		firstAt: isoOf(row.first),
		lastAt: isoOf(row.last),
		request: { ip, userAgent, referer, acceptLanguage },
		ipWithoutConsent: row.ipWithoutConsent,
	}));
}

/** Two steps of one group, the earlier one first. */
function merged(a: KeptOpens, b: KeptOpens): KeptOpens {
	const request = { ...a.request };
	for (const part of REQUEST_PARTS) request[part] += b.request[part];
	return {
		...a,
		opens: a.opens + b.opens,
		clicks: a.clicks + b.clicks,
		destinations: a.destinations + b.destinations,
		lastAt: b.lastAt,
		request,
		ipWithoutConsent: a.ipWithoutConsent + b.ipWithoutConsent,
	};
}

/** Retention counts from what was sent and loaded, so it never comes to these. */
async function countWithoutEnd(db: Reader): Promise<number> {
	// Those of pseudonyms end with their pixel.
	const ending = await count(
		withoutCounters(db).select(allRows).where('entry.email', 'is not', null),
	);
	const without = await count(
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
	return without - ending;
}

async function countConsents(
	db: Reader,
	now: number,
	endingBefore: number,
): Promise<Pick<KeptData, 'consents' | 'consentsEnding'>> {
	const states = db.selectFrom('consent_states').where(isOfNobodyErased);
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
