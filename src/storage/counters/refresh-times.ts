import { COUNTED_ACTORS } from '../../tracking/event/open-event';
import type { Reader, Writer } from '../database/store-database';
import type { Scope, TalliesTable } from '../database/store-schema';
import { pixelParent } from './tally-key';
import type { Place } from './tally-key';
import { rowsOf } from './sums';

/**
 * Corrects the first and last times of a place's sums after opens stopped counting, or what they
 * stand for was deleted: sums cannot know the runner-up, the log does. Only times in `gone` are looked up again, since the log may
 * no longer hold the opens that the others stand for.
 */
export async function refreshTimes(
	db: Writer,
	place: Pick<Place, 'pixelId' | 'campaignId'>,
	gone: ReadonlyArray<number | null>,
): Promise<void> {
	if (place.pixelId !== null) await refresh(db, 'pixel', place.pixelId, gone);
	if (place.campaignId !== null) await refresh(db, 'campaign', place.campaignId, gone);
	await refresh(db, 'total', '', gone);
}

async function refresh(
	db: Writer,
	scope: Scope,
	id: string,
	gone: ReadonlyArray<number | null>,
): Promise<void> {
	const tally = await db
		.selectFrom('tallies')
		.select(({ fn }) => [
			fn.min('first_open_at').as('first_open_at'),
			fn.max('last_open_at').as('last_open_at'),
			fn.max('last_load_at').as('last_load_at'),
			fn.min('first_sent_at').as('first_sent_at'),
			fn.max('last_sent_at').as('last_sent_at'),
		])
		.where('scope', '=', scope)
		.where('scope_id', 'in', rowsOf(scope, id))
		.executeTakeFirstOrThrow();
	const isGone = (time: number | null) => time !== null && gone.includes(time);
	const times = { ...tally };
	if (isGone(tally.first_open_at)) {
		times.first_open_at = await edge(db, scope, id, { counted: true, order: 'asc' });
	}
	if (isGone(tally.last_open_at)) {
		const last = await edge(db, scope, id, { counted: true, order: 'desc' });
		times.last_open_at = last ?? times.first_open_at;
	}
	if (isGone(tally.last_load_at)) {
		const last = await edge(db, scope, id, { counted: false, order: 'desc' });
		times.last_load_at = last ?? times.last_open_at;
	}
	if (isGone(tally.first_sent_at) || isGone(tally.last_sent_at)) {
		Object.assign(times, await sentTimes(db, scope, id));
	}
	await db
		.updateTable('tallies')
		.set(times)
		.where('scope', '=', scope)
		.where('scope_id', 'in', rowsOf(scope, id))
		.execute();
}

/** When the first and last message of a scope left, of what is still known: recipients, and pixels. */
async function sentTimes(
	db: Reader,
	scope: Scope,
	id: string,
): Promise<Pick<TalliesTable, 'first_sent_at' | 'last_sent_at'>> {
	const ofRecipients = db
		.selectFrom('recipient_tallies')
		.select(['first_sent_at', 'last_sent_at'])
		.$if(scope === 'pixel', (query) => query.where('parent', '=', pixelParent(id)))
		.$if(scope === 'campaign', (query) => query.where('campaign_id', '=', id));
	// Messages whose mode names no recipient are known by their pixel alone.
	const ofPixels = db
		.selectFrom('pixels')
		.innerJoin('tallies', (join) =>
			join.onRef('tallies.scope_id', '=', 'pixels.id').on('tallies.scope', '=', 'pixel'),
		)
		.select(['tallies.first_sent_at', 'tallies.last_sent_at'])
		.$if(scope === 'campaign', (query) => query.where('pixels.campaign_id', '=', id));
	const all = scope === 'pixel' ? ofRecipients : ofRecipients.unionAll(ofPixels);
	return await db
		.selectFrom(all.as('part'))
		.select(({ fn }) => [
			fn.min('first_sent_at').as('first_sent_at'),
			fn.max('last_sent_at').as('last_sent_at'),
		])
		.executeTakeFirstOrThrow();
}

/** The first or last load of a scope in the log. */
async function edge(
	db: Reader,
	scope: Scope,
	id: string,
	{ counted, order }: { counted: boolean; order: 'asc' | 'desc' },
): Promise<number | null> {
	const row = await db
		.selectFrom('opens')
		.select('occurred_at')
		.$if(scope === 'pixel', (query) => query.where('pixel_id', '=', id))
		.$if(scope === 'campaign', (query) => query.where('campaign_id', '=', id))
		.$if(counted, (query) => query.where('event', '=', 'open').where('actor', 'in', COUNTED_ACTORS))
		.orderBy('occurred_at', order)
		.orderBy('event_id', order)
		.limit(1)
		.executeTakeFirst();
	return row?.occurred_at ?? null;
}
