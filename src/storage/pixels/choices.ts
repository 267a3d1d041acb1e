import { sql, type Expression, type SqlBool } from 'kysely';

import { isWithin, TRACKING_MODES } from '../../tracking/event/tracking-mode';
import { checkLimit } from '../database/cursor';
import type { Reader } from '../database/store-database';
import type { Choice, ChoicePage, ChoiceRequest } from '../port/tracking-store';

/** The modes that call a recipient what the sender calls them. */
const NAMING_MODES = TRACKING_MODES.filter((mode) => isWithin('identified', mode));

/** One page of what a person can choose from, by a part of the name. */
export async function listChoices(db: Reader, request: ChoiceRequest): Promise<ChoicePage> {
	checkLimit(request.limit);
	const found = await QUERIES[request.of](db, request);
	return {
		choices: found.slice(0, request.limit),
		hasMore: found.length > request.limit,
	};
}

type Query = (db: Reader, request: ChoiceRequest) => Promise<Choice[]>;

const QUERIES: Record<ChoiceRequest['of'], Query> = {
	/** Newest first; found by the name, the campaign or the whole id. */
	async pixel(db, { search = '', limit, offset = 0 }) {
		const rows = await db
			.selectFrom('pixels')
			.select(['id', 'name', 'campaign_id'])
			.where((is) =>
				is.or([
					has(is.ref('name'), search),
					has(is.ref('campaign_id'), search),
					is('id', '=', search),
				]),
			)
			.orderBy('created_at', 'desc')
			.orderBy('id', 'desc')
			.limit(limit + 1)
			.offset(offset)
			.execute();
		return rows.map(({ id, name, campaign_id }) => ({
			id,
			name: campaign_id === null ? name : `${name} (${campaign_id})`,
		}));
	},

	/** Most recently loaded first. */
	async campaign(db, { search = '', limit, offset = 0 }) {
		const rows = await db
			.selectFrom('tallies')
			.select('scope_id as id')
			.where('scope', '=', 'campaign')
			.where((is) => has(is.ref('scope_id'), search))
			.orderBy('last_load_at', (order) => order.desc().nullsLast())
			.orderBy('scope_id')
			.limit(limit + 1)
			.offset(offset)
			.execute();
		return rows.map(({ id }) => ({ id, name: id }));
	},

	/**
	 * People who were sent to, opened or answered for a consent, in order of their ids. Left out are
	 * pseudonyms and what stands for somebody deleted or erased, which name nobody, and whom only a
	 * pixel knows whose mode names nobody.
	 */
	async recipient(db, { search = '', limit, offset = 0 }) {
		const rows = await db
			.selectFrom('recipient_tallies')
			.select('recipient_id as id')
			.where('recipient_id', '<>', '')
			.where((is) => has(is.ref('recipient_id'), search))
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
			.union(
				db
					.selectFrom('consent_states')
					.select('recipient_key as id')
					.where((is) => has(is.ref('recipient_key'), search))
					.where(
						sql<SqlBool>`not (recipient_key like 'd!_%' escape '!' and length(recipient_key) = 66)`,
					),
			)
			.orderBy('id')
			.limit(limit + 1)
			.offset(offset)
			.execute();
		return rows.map(({ id }) => ({ id, name: id }));
	},
};

/** Whether a text contains another one. SQLite knows upper and lower case of English letters alone. */
function has(column: Expression<string | null>, search: string): Expression<SqlBool> {
	const pattern = `%${search.replace(/[!%_]/g, '!$&')}%`;
	return sql<SqlBool>`(lower(${column}) like ${pattern.toLowerCase()} escape '!' or ${column} like ${pattern} escape '!')`;
}
