import { sql } from 'kysely';

import { COUNTED_ACTORS } from '../../tracking/event/open-event';
import type { CountTable } from '../../tracking/minimise/k-anonymity';
import { isoOf } from '../counters/counts-view';
import type { Reader, Writer } from '../database/store-database';
import type { InstalledPart, PeopleColumn, PolicyCount } from '../port/privacy-store';

const COLUMNS = {
	family: 'client_family',
	os: 'client_os',
	device: 'client_device',
	actor: 'actor',
} as const satisfies Record<PeopleColumn, string>;
const NOT_KNOWN = 'not known';

/**
 * How many people opened, per campaign and one more question. Each person counts once in each
 * campaign, under what their first counted open said, so that the cells of a row add up.
 */
export async function countPeople(db: Reader, by: PeopleColumn): Promise<CountTable> {
	const first = db
		.selectFrom('opens')
		.select(['campaign_id', `${COLUMNS[by]} as answer`])
		.select(
			sql<number>`row_number() over (
				partition by campaign_id, recipient_id order by occurred_at, event_id)`.as('place'),
		)
		.where('recipient_id', 'is not', null)
		.where('actor', 'in', COUNTED_ACTORS);
	const cells = await db
		.selectFrom(first.as('first'))
		.select(['campaign_id', 'answer'])
		.select(sql<number>`count(*)`.as('people'))
		.where('place', '=', 1)
		.groupBy(['campaign_id', 'answer'])
		.execute();
	const rows = [...new Set(cells.map((cell) => cell.campaign_id ?? NOT_KNOWN))].sort();
	const columns = [...new Set(cells.map((cell) => cell.answer ?? NOT_KNOWN))].sort();
	const counts = rows.map(() => columns.map(() => 0));
	for (const { campaign_id, answer, people } of cells) {
		const row = rows.indexOf(campaign_id ?? NOT_KNOWN);
		counts[row][columns.indexOf(answer ?? NOT_KNOWN)] += people;
	}
	return { rows, columns, counts };
}

/** How many stored opens came in under which policy. */
export async function countPolicies(db: Reader): Promise<PolicyCount[]> {
	const rows = await db
		.selectFrom('opens')
		.select('consent_policy as label')
		.select((is) => [
			sql<number>`count(*)`.as('opens'),
			is.fn.min('occurred_at').as('first'),
			is.fn.max('occurred_at').as('last'),
		])
		.groupBy('consent_policy')
		.orderBy('consent_policy')
		.execute();
	return rows.map(({ label, opens, first, last }) => ({
		label,
		opens,
		firstAt: isoOf(first),
		lastAt: isoOf(last),
	}));
}

/** Notes how a part of the installation is set up. */
export async function savePart(db: Writer, part: InstalledPart): Promise<void> {
	const now = { name: part.name, settings: JSON.stringify(part.settings), updated_at: Date.now() };
	await db
		.insertInto('installed_parts')
		.values({ kind: part.kind, id: part.id, ...now })
		.onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet(now))
		.execute();
}

export async function removePart(
	db: Writer,
	kind: InstalledPart['kind'],
	id: string,
): Promise<void> {
	await db.deleteFrom('installed_parts').where('kind', '=', kind).where('id', '=', id).execute();
}

export async function listParts(db: Reader): Promise<InstalledPart[]> {
	const rows = await db
		.selectFrom('installed_parts')
		.selectAll()
		.orderBy('kind')
		.orderBy('name')
		.orderBy('id')
		.execute();
	return rows.map(({ kind, id, name, settings }) => ({
		kind: kind as InstalledPart['kind'],
		id,
		name,
		settings: JSON.parse(settings) as Record<string, unknown>,
	}));
}
