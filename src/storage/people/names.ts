import { isAddress, normalId } from '../../tracking/people/normal-id';
import { chunks } from '../database/chunks';
import { isOneOf, type AskedList } from '../database/list-query';
import type { Reader } from '../database/store-database';

const ROWS = 500;

/** A name that a person goes by. */
export interface PersonName {
	name: string;
	/** Pixels that have a recipient under this name; none of an address that only emails go to */
	pixelIds: string[];
}

/**
 * Under which names the people stand who are asked for by their ids or addresses: each with the ids
 * of all recipients that were registered with the same address, and with that address. One row per
 * name; somebody of whom no address is known has no row but through their own id.
 */
export function namesOf(db: Reader, asked: AskedList) {
	return db
		.selectFrom('consent_states')
		.select(['recipient_key as asked', 'recipient_key as name'])
		.where(isOneOf(db, 'recipient_key', asked))
		.union(
			db
				.selectFrom('recipients')
				.select((is) => ['recipient_id as asked', is.ref('address').$notNull().as('name')])
				.where(isOneOf(db, 'recipient_id', asked))
				.where('address', 'is not', null),
		)
		.union(
			db
				.selectFrom('recipients as own')
				.innerJoin('recipients as other', 'other.address', 'own.address')
				.select(['own.recipient_id as asked', 'other.recipient_id as name'])
				.where(isOneOf(db, 'own.recipient_id', asked)),
		)
		.union(
			db
				.selectFrom('recipients')
				.select((is) => [is.ref('address').$notNull().as('asked'), 'recipient_id as name'])
				.where(isOneOf(db, 'address', asked)),
		);
}

/** Every name that one person goes by, the one that was asked for first. */
export async function listNames(db: Reader, recipientId: string): Promise<PersonName[]> {
	const asked = normalId(recipientId);
	const found = await namesOf(db, [asked]).execute();
	const names = [...new Set([asked, ...found.map(({ name }) => name)])];
	const registered = await db
		.selectFrom('recipients')
		.select(['recipient_id', 'pixel_id'])
		.where('recipient_id', 'in', names)
		.execute();
	const pixelIds = new Map<string, string[]>(names.map((name) => [name, []]));
	for (const row of registered) pixelIds.get(row.recipient_id)?.push(row.pixel_id);
	return [...pixelIds].map(([name, ids]) => ({ name, pixelIds: ids }));
}

/** The names of many people, each under the normal form of what was asked, which comes first. */
export async function namesOfEach(
	db: Reader,
	recipientIds: readonly string[],
): Promise<Map<string, string[]>> {
	const names = new Map(recipientIds.map((id) => [normalId(id), new Set([normalId(id)])]));
	for (const part of chunks([...names.keys()], ROWS)) {
		for (const { asked, name } of await namesOf(db, part).execute()) names.get(asked)?.add(name);
	}
	return new Map([...names].map(([asked, all]) => [asked, [...all]]));
}

/** The addresses among some names. */
export function addressesAmong(names: readonly string[]): string[] {
	return names.filter(isAddress);
}
