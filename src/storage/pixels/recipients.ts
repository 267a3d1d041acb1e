import { sql } from 'kysely';
import { v7 as uuidV7 } from 'uuid';

import { EMPTY_RECIPIENT } from '../../tracking/counters/tally';
import { lowestMode } from '../../tracking/event/tracking-mode';
import { normalId } from '../../tracking/people/normal-id';
import type { DenylistKeysOf, PseudonymsOf } from '../../tracking/people/subject-keys';
import { emptyWindows } from '../bursts/burst-windows';
import { CounterBook } from '../counters/counter-book';
import { isoOf, toOpenCounts } from '../counters/counts-view';
import { refreshLastOpens } from '../counters/last-opens';
import { pixelParent } from '../counters/tally-key';
import { toRecipientTally } from '../counters/tally-rows';
import { requiredPerson, storable } from '../database/checked-input';
import { chunks } from '../database/chunks';
import { checkLimit, MAX_PAGE, readCursor, toPage } from '../database/cursor';
import type { Reader, StoreDatabase, Writer } from '../database/store-database';
import type { RecipientsTable, RecipientTallyRow } from '../database/store-schema';
import { countedNames } from '../people/counted-name';
import { deniedAmong } from '../people/denylist';
import { addSegments, checkedSegments, dropLostSegments } from '../people/segments';
import { againInStoringOrder } from '../opens/storing-order';
import {
	NOBODYS,
	nameOfDeleted,
	recipientTombstone,
	recipientTombstones,
} from '../opens/tombstones';
import type { Recipient, RecipientWithCounts } from '../port/recipient';
import type {
	AddRecipientsResult,
	CountedUnder,
	NewRecipient,
	PageRequest,
	RecipientPage,
} from '../port/tracking-store';
import { getPixel, requirePixel } from './pixels';

const WRITE_ROWS = 1000;

/**
 * Adds recipients to a pixel; those it has already stay as they are. People who were erased are left
 * out, by their id and by their address.
 */
export async function addRecipients(
	db: Writer,
	pixelId: string,
	recipients: readonly NewRecipient[],
	keysOf: DenylistKeysOf,
	{ trackingMode, pseudonymsOf }: CountedUnder = {},
): Promise<AddRecipientsResult> {
	const { campaignId, trackingMode: ofPixel } = await requirePixel(db, pixelId);
	const given = recipients.map((recipient) => ({
		...recipient,
		recipientId: requiredPerson(recipient.recipientId),
	}));
	const isErased = await erasedAmong(db, given, keysOf);
	const wanted = new Map<string, NewRecipient>();
	for (const recipient of given) {
		const { recipientId } = recipient;
		if (!isErased(recipient) && !wanted.has(recipientId)) wanted.set(recipientId, recipient);
	}
	const rows = await findRows(db, pixelId, [...wanted.keys()]);
	const missing = [...wanted].filter(([id]) => !rows.has(id));
	const created_at = Date.now();
	const fresh = missing.map(
		([recipientId, { email, token }]): RecipientsTable => ({
			id: uuidV7(),
			pixel_id: pixelId,
			recipient_id: recipientId,
			email: storable(email ?? null),
			address: addressOf(email ?? null),
			token: storable(token ?? null),
			created_at,
		}),
	);
	for (const part of chunks(fresh, WRITE_ROWS)) {
		await db.insertInto('recipients').values(part).execute();
		const tombstones = part.flatMap((row) =>
			recipientTombstones(pixelId, row.recipient_id, keysOf),
		);
		await db.deleteFrom('tombstones').where('id', 'in', tombstones).execute();
		for (const row of part) rows.set(row.recipient_id, row);
	}
	const counted = { pixelId, campaignId, trackingMode: lowestMode([ofPixel, trackingMode]) };
	const names = fresh.flatMap(({ recipient_id }) =>
		countedNames(recipient_id, counted, pseudonymsOf).slice(0, 1),
	);
	await countRegistered(db, pixelId, campaignId, names);
	await labelRecipients(
		db,
		given.filter((one) => !isErased(one)),
	);
	return {
		added: fresh.length,
		recipients: given.map((recipient) => {
			const row = isErased(recipient) ? undefined : rows.get(recipient.recipientId);
			return row === undefined ? null : toRecipient(row);
		}),
	};
}

/** Gives recipients the segments that they came with. */
async function labelRecipients(db: Writer, recipients: readonly NewRecipient[]): Promise<void> {
	const byLabels = new Map<string, string[]>();
	for (const { recipientId, segments = [] } of recipients) {
		if (segments.length === 0) continue;
		const labels = JSON.stringify(checkedSegments(segments));
		byLabels.set(labels, [...(byLabels.get(labels) ?? []), recipientId]);
	}
	for (const [labels, ids] of byLabels) await addSegments(db, ids, JSON.parse(labels) as string[]);
}

async function erasedAmong(
	db: Reader,
	recipients: readonly NewRecipient[],
	keysOf: DenylistKeysOf,
): Promise<(recipient: NewRecipient) => boolean> {
	const keysOfAll = ({ recipientId, email }: NewRecipient) =>
		[recipientId, email ?? ''].flatMap((name) => (name === '' ? [] : keysOf(name)));
	const denied = await deniedAmong(db, recipients.flatMap(keysOfAll));
	return (recipient) => denied.size > 0 && keysOfAll(recipient).some((key) => denied.has(key));
}

/** What a person is found by under every pixel. */
export function addressOf(email: string | null): string | null {
	return email === null ? null : storable(normalId(email));
}

async function findRows(
	db: Reader,
	pixelId: string,
	recipientIds: readonly string[],
): Promise<Map<string, RecipientsTable>> {
	const rows = new Map<string, RecipientsTable>();
	for (const part of chunks(recipientIds, WRITE_ROWS)) {
		const found = await db
			.selectFrom('recipients')
			.selectAll()
			.where('pixel_id', '=', pixelId)
			.where('recipient_id', 'in', part)
			.execute();
		for (const row of found) rows.set(row.recipient_id, row);
	}
	return rows;
}

async function countRegistered(
	db: Writer,
	pixelId: string,
	campaignId: string | null,
	names: readonly string[],
): Promise<void> {
	const places = names.map((recipientId) => ({ pixelId, campaignId, recipientId }));
	const book = await CounterBook.load(db, places);
	for (const { recipientId } of places) {
		const key = { parent: pixelParent(pixelId), recipientId };
		book.setRecipient(key, { ...book.recipient(key), registered: true });
	}
	await book.save();
}

/** The recipients of a pixel among the given ids. */
export async function findRecipients(
	db: Reader,
	pixelId: string,
	recipientIds: readonly string[],
): Promise<Recipient[]> {
	const rows = await findRows(db, pixelId, recipientIds.map(normalId));
	return [...rows.values()].map(toRecipient);
}

/** Whom a plain token stands for; `null` for an unknown one and for signed ones, which are longer. */
export async function findRecipientByToken(
	db: Reader,
	pixelId: string,
	token: string,
): Promise<Recipient | null> {
	const row = await db
		.selectFrom('recipients')
		.selectAll()
		.where('pixel_id', '=', pixelId)
		.where('token', '=', token)
		// Names the partial index; signed tokens would fill it for nothing.
		.where(sql<boolean>`length(token) <= 64`)
		.executeTakeFirst();
	return row === undefined ? null : toRecipient(row);
}

/** A recipient by the id of its row, `null` for an unknown one. */
export async function getRecipient(db: Reader, id: string): Promise<RecipientWithCounts | null> {
	const row = await selectRecipients(db).where('recipients.id', '=', id).executeTakeFirst();
	return row === undefined ? null : toRecipientWithCounts(row);
}

/** Every entry under these recipient ids, whatever pixel it is of. */
export async function listEntries(
	db: Reader,
	recipientIds: readonly string[],
): Promise<RecipientWithCounts[]> {
	const entries: RecipientWithCounts[] = [];
	for (const part of chunks(recipientIds, WRITE_ROWS)) {
		const rows = await selectRecipients(db)
			.where('recipients.recipient_id', 'in', part)
			.orderBy('recipients.id')
			.execute();
		entries.push(...rows.map(toRecipientWithCounts));
	}
	return entries;
}

/** One page of a pixel's recipients, in the order they were added. */
export async function listRecipients(
	db: Reader,
	request: PageRequest & { pixelId: string },
): Promise<RecipientPage> {
	const { limit, cursor, pixelId } = request;
	checkLimit(limit);
	let query = selectRecipients(db).where('recipients.pixel_id', '=', pixelId);
	if (cursor !== undefined)
		query = query.where('recipients.id', '>', readCursor(cursor, 'string')[1]);
	const rows = await query
		.orderBy('recipients.id')
		.limit(limit + 1)
		.execute();
	const { page, nextCursor } = toPage(rows, limit, (row) => [pixelId, row.id]);
	return { recipients: page.map(toRecipientWithCounts), nextCursor };
}

/** All recipients of a pixel in the order they were added, a page in memory at a time. */
export async function* streamRecipients(
	database: StoreDatabase,
	pixelId: string,
): AsyncGenerator<Recipient, void, undefined> {
	let last = '';
	for (;;) {
		const after = last;
		const rows = await database.read((db) =>
			db
				.selectFrom('recipients')
				.selectAll()
				.where('pixel_id', '=', pixelId)
				.where('id', '>', after)
				.orderBy('id')
				.limit(MAX_PAGE)
				.execute(),
		);
		for (const row of rows) yield toRecipient(row);
		last = rows.at(-1)?.id ?? '';
		if (rows.length < MAX_PAGE) return;
	}
}

/**
 * Removes a recipient with its address. Its opens stay under a random name; a tombstone sees to
 * it that later loads name nobody.
 */
export async function deleteRecipient(
	db: Writer,
	id: string,
	keysOf: DenylistKeysOf,
	pseudonymsOf?: PseudonymsOf,
): Promise<boolean> {
	const row = await db.selectFrom('recipients').selectAll().where('id', '=', id).executeTakeFirst();
	if (row === undefined) return false;
	const { pixel_id: pixelId, recipient_id: recipientId } = row;
	const campaignId = (await getPixel(db, pixelId))?.campaignId ?? null;
	const counted = { pixelId, campaignId, trackingMode: 'pseudonymous' } as const;
	const pseudonyms = countedNames(recipientId, counted, pseudonymsOf);
	await db.deleteFrom('recipients').where('id', '=', id).execute();
	await emptyWindows(db);
	const tombstones = [keysOf(recipientId)[0], ...pseudonyms];
	await db
		.insertInto('tombstones')
		.values(
			tombstones.map((key) => ({
				id: recipientTombstone(pixelId, key),
				deleted_at: Date.now(),
				pending: 0,
			})),
		)
		.onConflict((conflict) => conflict.column('id').doNothing())
		.execute();
	for (const name of [recipientId, ...pseudonyms]) await forgetName(db, pixelId, name);
	await dropLostSegments(db, [recipientId]);
	return true;
}

/** Puts a random name in the place of one that leads to a person. */
async function forgetName(db: Writer, pixelId: string, recipientId: string): Promise<void> {
	const parent = pixelParent(pixelId);
	const key = { parent, recipientId };
	const book = await CounterBook.load(db, [{ pixelId, campaignId: null, recipientId }]);
	// What nothing was counted under must not begin to be.
	if (book.recipient(key).registered) {
		book.setRecipient(key, { ...book.recipient(key), registered: false });
		await book.save();
	}
	const nobody = nameOfDeleted();
	await db
		.updateTable('recipient_tallies')
		.set({ recipient_id: nobody })
		.where('parent', '=', parent)
		.where('recipient_id', '=', recipientId)
		.execute();
	await refreshLastOpens(db, [recipientId, nobody]);
	const opens = await db
		.selectFrom('opens')
		.select(['event_id', 'occurred_at'])
		.where('pixel_id', '=', pixelId)
		.where('recipient_id', '=', recipientId)
		.execute();
	for (const { event_id: eventId, occurred_at: at } of opens) {
		await db
			.updateTable('opens')
			.set({ ...NOBODYS, recipient_id: nobody })
			// Each with a number of its own, so that copies elsewhere forget the name as well.
			.set(await againInStoringOrder(db))
			.where('event_id', '=', eventId)
			.where('occurred_at', '=', at)
			.execute();
	}
	await db
		.deleteFrom('sent_messages')
		.where('parent', '=', parent)
		.where('recipient_id', '=', recipientId)
		.execute();
	await db.deleteFrom('last_open_days').where('recipient_id', '=', recipientId).execute();
}

function selectRecipients(db: Reader) {
	return (
		db
			.selectFrom('recipients')
			// None under this name in mode `pseudonymous`.
			.leftJoin('recipient_tallies as tally', (join) =>
				join
					.on('tally.parent', '=', sql<string>`'p:' || recipients.pixel_id`)
					.onRef('tally.recipient_id', '=', 'recipients.recipient_id'),
			)
			.selectAll('tally')
			.selectAll('recipients')
	);
}

type RecipientRow = Awaited<ReturnType<ReturnType<typeof selectRecipients>['execute']>>[number];

function toRecipient(row: RecipientsTable): Recipient {
	return {
		id: row.id,
		pixelId: row.pixel_id,
		recipientId: row.recipient_id,
		email: row.email,
		token: row.token,
		createdAt: isoOf(row.created_at),
	};
}

function toRecipientWithCounts(row: RecipientRow): RecipientWithCounts {
	const tally = isCounted(row) ? toRecipientTally(row) : EMPTY_RECIPIENT;
	return { ...toRecipient(row), counts: toOpenCounts(tally) };
}

function isCounted(row: RecipientRow): row is RecipientRow & RecipientTallyRow {
	return row.parent !== null;
}
