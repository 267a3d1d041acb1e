import { sql, type SqlBool } from 'kysely';

import { isWithin, TRACKING_MODES } from '../../tracking/event/tracking-mode';
import type { Reader, StoreDatabase } from '../database/store-database';
import type { Choice, ChoiceRequest, ListPage } from '../port/answers-store';
import { pageOf, toListPage } from './list-page';
import { searchCampaigns, searchPixels } from './search';
import { contains } from './search-text';

/** The modes that call a recipient what the sender calls them. */
const NAMING_MODES = TRACKING_MODES.filter((mode) => isWithin('identified', mode));

/** One page of what a person can choose from, by a part of the name. */
export async function listChoices(
	db: Reader,
	engine: StoreDatabase['engine'],
	request: ChoiceRequest,
): Promise<ListPage<Choice>> {
	if (request.of === 'recipient') return await listPeople(db, request);
	if (request.of === 'campaign') {
		const { rows, hasMore } = await searchCampaigns(db, request);
		return { rows: rows.map(({ campaignId: id }) => ({ id, name: id })), hasMore };
	}
	const { rows, hasMore } = await searchPixels(db, engine, request);
	const choices = rows.map(({ id, name, campaignId }) => ({
		id,
		name: campaignId === null ? name : `${name} (${campaignId})`,
	}));
	return { rows: choices, hasMore };
}

/**
 * People who were sent to, opened or answered for a consent, in order of their ids. Left out are
 * pseudonyms and what stands for somebody deleted or erased, which name nobody, and whom only a
 * pixel knows whose mode names nobody.
 */
async function listPeople(db: Reader, request: ChoiceRequest): Promise<ListPage<Choice>> {
	const { take, skip } = pageOf(request);
	const { search = '' } = request;
	// Each part in the order of the whole, so that none of them is read further than that.
	const seen = db
		.selectFrom('recipient_tallies')
		.select('recipient_id as id')
		.distinct()
		.where('recipient_id', '<>', '')
		.where(contains('recipient_id', search))
		.where(sql<SqlBool>`not (recipient_id like 'p!_%' escape '!' and length(recipient_id) = 34)`)
		.where('recipient_id', 'not like', 'deleted-%')
		.where((is) =>
			is.not(
				is.exists(
					is
						.selectFrom('pixels')
						.select('pixels.id')
						.where('recipient_tallies.parent', 'like', 'p:%')
						.where('pixels.id', '=', sql<string>`substr(recipient_tallies.parent, 3)`)
						.where('pixels.tracking_mode', 'not in', NAMING_MODES),
				),
			),
		)
		.orderBy('id')
		.limit(take + skip);
	const asked = db
		.selectFrom('consent_states')
		.select('recipient_key as id')
		.distinct()
		.where(contains('recipient_key', search))
		.where(sql<SqlBool>`not (recipient_key like 'd!_%' escape '!' and length(recipient_key) = 66)`)
		.orderBy('id')
		.limit(take + skip);
	const rows = await db
		.selectFrom(seen.as('seen'))
		.selectAll()
		.union(db.selectFrom(asked.as('asked')).selectAll())
		.orderBy('id')
		.limit(take)
		.offset(skip)
		.execute();
	return toListPage(rows, request, ({ id }) => ({ id, name: id }));
}
