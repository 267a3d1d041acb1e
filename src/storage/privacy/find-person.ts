import { sql } from 'kysely';
import { domainToUnicode } from 'node:url';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { OpenEvent } from '../../tracking/event/open-event';
import { isAddressId } from '../../tracking/people/address-id';
import { normalId } from '../../tracking/people/normal-id';
import { pixelOfParent, textOfKey } from '../counters/tally-key';
import type { Place, TallyKey } from '../counters/tally-key';
import { chunks } from '../database/chunks';
import { MAX_PAGE } from '../database/cursor';
import type { Reader, StoreDatabase } from '../database/store-database';
import { toOpenEvent } from '../opens/open-row';
import { listEntries } from '../pixels/recipients';
import type { Subject, SubjectData } from '../port/privacy-store';
import { listConsentRecords } from '../people/consent-records';
import { addressesAmong, listNames } from '../people/names';
import type { PersonName } from '../people/names';
import { segmentsOf } from '../people/segments';
import { listPrivacyRequests } from './privacy-requests';

/** Names that one query asks for. */
export const ROWS = 1000;
/** Rows looked at between two turns of the event loop: ten milliseconds of work. */
const SCAN_ROWS = 1000;

/** Where one person has left something. */
export interface SubjectTraces {
	/** Ids, addresses in every spelling, and pseudonyms */
	names: string[];
	keys: TallyKey[];
}

/**
 * Finds a person under all their names and under their pseudonyms, which differ from campaign to
 * campaign: only whoever has the key can find them again. The pseudonyms of everybody are looked
 * through for that, so many at a time that others get in between.
 */
export async function findTraces(
	database: StoreDatabase,
	subject: Subject,
): Promise<SubjectTraces> {
	const known = await database.read((db) => listNames(db, subject.recipientId));
	const pseudonyms = await findPseudonyms(database, subject, known);
	const given = known.map(({ name }) => name);
	const spelled = await database.read((db) => otherSpellings(db, given));
	const names = [...new Set([...given, ...spelled, ...pseudonyms])];
	return { names, keys: await database.read((db) => keysOf(db, names)) };
}

async function keysOf(db: Reader, names: readonly string[]): Promise<TallyKey[]> {
	const keys: TallyKey[] = [];
	for (const part of chunks(names, ROWS)) {
		const rows = await db
			.selectFrom('recipient_tallies')
			.select(['parent', 'recipient_id as recipientId'])
			.where('recipient_id', 'in', part)
			.execute();
		keys.push(...rows);
	}
	return keys;
}

/** How addresses of this person were written before ids were kept in the normal form. */
async function otherSpellings(db: Reader, names: readonly string[]): Promise<string[]> {
	const addresses = addressesAmong(names).flatMap((address) => {
		const at = address.lastIndexOf('@') + 1;
		return [address, address.slice(0, at) + domainToUnicode(address.slice(at))];
	});
	if (addresses.length === 0) return [];
	const rows = await db
		.selectFrom('recipient_tallies')
		.select('recipient_id')
		.distinct()
		.where(sql`lower(trim(recipient_id))`, 'in', addresses)
		.union(
			db
				.selectFrom('last_open_days')
				.select('recipient_id')
				.where(sql`lower(trim(recipient_id))`, 'in', addresses),
		)
		.execute();
	return rows.map((row) => row.recipient_id);
}

async function findPseudonyms(
	database: StoreDatabase,
	subject: Subject,
	names: readonly PersonName[],
): Promise<string[]> {
	const isTheirs = pseudonymTest(subject, names);
	const found: string[] = [];
	let after = { parent: '', recipient_id: '' };
	for (;;) {
		const rows = await database.read((db) =>
			db
				.selectFrom('recipient_tallies')
				.select(['parent', 'campaign_id', 'recipient_id'])
				.where(sql`substr(recipient_id, 1, 2)`, '=', 'p_')
				.where((is) =>
					is(
						is.refTuple('parent', 'recipient_id'),
						'>',
						is.tuple(after.parent, after.recipient_id),
					),
				)
				.orderBy('parent')
				.orderBy('recipient_id')
				.limit(SCAN_ROWS)
				.execute(),
		);
		for (const row of rows) {
			const pixelId = pixelOfParent(row.parent);
			if (isTheirs(row.recipient_id, { pixelId, campaignId: row.campaign_id })) {
				found.push(row.recipient_id);
			}
		}
		if (rows.length < SCAN_ROWS) return found;
		after = rows[rows.length - 1];
		await nextTurn();
	}
}

/** Says whether a pseudonym of a place is one of this person's. */
function pseudonymTest(
	subject: Subject,
	names: readonly PersonName[],
): (pseudonym: string, place: Pick<Place, 'pixelId' | 'campaignId'>) => boolean {
	// A name of one pixel alone makes pseudonyms nowhere else.
	const ofPixel = new Map<string, string[]>();
	const everywhere: string[] = [];
	for (const { name, pixelIds } of names) {
		if (!isAddressId(name) || pixelIds.length === 0) everywhere.push(name);
		else for (const id of pixelIds) ofPixel.set(id, [...(ofPixel.get(id) ?? []), name]);
	}
	const inScope = new Map<string, ReadonlySet<string>>();
	const pseudonyms = (some: readonly string[], scope: string) =>
		some.flatMap((name) => subject.pseudonymsOf(name, scope));
	const shared = (scope: string) => {
		const known = inScope.get(scope) ?? new Set(pseudonyms(everywhere, scope));
		inScope.set(scope, known);
		return known;
	};
	return (pseudonym, { pixelId, campaignId }) => {
		const own = ofPixel.get(pixelId ?? '') ?? [];
		// Pixel ids come once, so what is found in their scope is not worth keeping.
		const inPixel = () => pseudonyms([...everywhere, ...own], pixelId ?? '').includes(pseudonym);
		return (
			shared('').has(pseudonym) ||
			(campaignId !== null &&
				(shared(campaignId).has(pseudonym) || pseudonyms(own, campaignId).includes(pseudonym))) ||
			(pixelId !== null && inPixel())
		);
	};
}

/** The place that a tally key stands for. */
export function placeOfKey({ parent, recipientId }: TallyKey): Place {
	const campaignId = parent.startsWith('c:') ? parent.slice(2) : null;
	return { pixelId: pixelOfParent(parent), campaignId, recipientId };
}

/**
 * Says whether an open that is not in the store is one person's, under a name or a pseudonym.
 *
 * @param names all names of the person, in the normal form
 */
export function isOpenOf(
	{ recipientId, campaignId, pixelId, trackingMode }: OpenEvent,
	subject: Subject,
	names: readonly string[],
): boolean {
	if (recipientId === null) return false;
	if (trackingMode !== 'pseudonymous') return names.includes(normalId(recipientId));
	const scopes = new Set([campaignId ?? '', pixelId ?? '', '']);
	return [...scopes].some((scope) =>
		names.some((name) => subject.pseudonymsOf(name, scope).includes(recipientId)),
	);
}

/** Everything held about one person (GDPR Art. 15). */
export async function exportSubject(
	database: StoreDatabase,
	subject: Subject,
): Promise<SubjectData> {
	const { names, keys } = await findTraces(database, subject);
	return await database.read(async (db) => {
		const day = await db
			.selectFrom('last_open_days')
			.select((is) => is.fn.max('day').as('day'))
			.where('recipient_id', 'in', names)
			.executeTakeFirst();
		return {
			recipients: await listEntries(db, names),
			opens: await opensOf(db, names),
			lastOpenDay: day?.day ?? null,
			sent: await sentTo(db, keys),
			consent: await listConsentRecords(db, subject.recipientId),
			segments: [...new Set([...(await segmentsOf(db, names)).values()].flat())].sort(),
			requests: (await listPrivacyRequests(db, names)).map(({ kind, askedAt }) => ({
				kind,
				askedAt,
			})),
		};
	});
}

async function opensOf(db: Reader, names: readonly string[]): Promise<SubjectData['opens']> {
	const opens: SubjectData['opens'] = [];
	for (const part of chunks(names, ROWS)) {
		for (let offset = 0; ; offset += MAX_PAGE) {
			const rows = await db
				.selectFrom('opens')
				.selectAll()
				.where('recipient_id', 'in', part)
				.orderBy('occurred_at', 'desc')
				.orderBy('event_id', 'desc')
				.limit(MAX_PAGE)
				.offset(offset)
				.execute();
			opens.push(...rows.map(toOpenEvent));
			if (rows.length < MAX_PAGE) break;
		}
	}
	return opens;
}

async function sentTo(db: Reader, keys: readonly TallyKey[]): Promise<SubjectData['sent']> {
	const sent = new Map<string, SubjectData['sent'][number]>();
	for (const part of chunks(keys, ROWS)) {
		const rows = await db
			.selectFrom('recipient_tallies')
			.select(['parent', 'recipient_id', 'sent', 'campaign_id'])
			.where('recipient_id', 'in', [...new Set(part.map((key) => key.recipientId))])
			.where('parent', 'in', [...new Set(part.map((key) => key.parent))])
			.where('sent', '>', 0)
			.execute();
		for (const row of rows) {
			const pixelId = pixelOfParent(row.parent);
			const key = textOfKey({ parent: row.parent, recipientId: row.recipient_id });
			sent.set(key, { pixelId, campaignId: row.campaign_id, messages: row.sent });
		}
	}
	return [...sent.values()];
}
