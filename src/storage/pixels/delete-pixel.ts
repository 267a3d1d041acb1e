import { EMPTY_GROUP, isEmptyGroup, timesOf } from '../../tracking/counters/tally';
import { emptyWindows } from '../bursts/burst-windows';
import { CounterBook } from '../counters/counter-book';
import { HourCounts } from '../counters/hour-counts';
import { LinkCounts } from '../counters/link-counts';
import { refreshLastOpens } from '../counters/last-opens';
import { pixelParent } from '../counters/tally-key';
import { refreshTimes } from '../counters/refresh-times';
import { readSums, totalPart } from '../counters/sums';
import type { StoreDatabase, Writer } from '../database/store-database';
import { dropLostSegments } from '../people/segments';
import { deleteRows } from '../opens/find-by-id';
import { pixelTombstone } from '../opens/tombstones';

/** Rows removed in one transaction, few enough to let others in between. */
const DELETE_ROWS = 1000;

/**
 * Removes a pixel and everything under it, in steps: first the pixel itself with a tombstone, so
 * that it is gone for everybody and its later loads leave nothing; then its rows, some at a time;
 * at last its counters. What a crash leaves over is removed at the next start
 * ({@link finishDeletions}).
 *
 * @returns whether the store knew the pixel
 */
export async function deletePixel(database: StoreDatabase, id: string): Promise<boolean> {
	const found = await database.write((db) => writeTombstone(db, id));
	if (found) await removeRows(database, id);
	return found;
}

/** Finishes the deletions that a crash interrupted. */
export async function finishDeletions(database: StoreDatabase): Promise<void> {
	const pending = await database.read((db) =>
		db.selectFrom('tombstones').select('id').where('pending', '=', 1).execute(),
	);
	for (const { id } of pending) await removeRows(database, id.slice(pixelTombstone('').length));
}

async function writeTombstone(db: Writer, id: string): Promise<boolean> {
	const tally = await db
		.selectFrom('tallies')
		.select('scope_id')
		.where('scope', '=', 'pixel')
		.where('scope_id', '=', id)
		.executeTakeFirst();
	if (tally === undefined) return false;
	await db
		.insertInto('tombstones')
		.values({ id: pixelTombstone(id), deleted_at: Date.now(), pending: 1 })
		.onConflict((conflict) => conflict.column('id').doNothing())
		.execute();
	await db.deleteFrom('pixels').where('id', '=', id).execute();
	await emptyWindows(db);
	return true;
}

async function removeRows(database: StoreDatabase, id: string): Promise<void> {
	const parent = pixelParent(id);
	await inSteps(database, async (db) => {
		const rows = await db
			.selectFrom('opens')
			.select(['event_id', 'occurred_at'])
			.where('pixel_id', '=', id)
			.limit(DELETE_ROWS)
			.execute();
		await deleteRows(db, rows);
		return rows.length;
	});
	await inSteps(database, async (db) => {
		const rows = await db
			.selectFrom('recipients')
			.select('id')
			.where('pixel_id', '=', id)
			.limit(DELETE_ROWS)
			.execute();
		const ids = rows.map((row) => row.id);
		if (ids.length > 0) await db.deleteFrom('recipients').where('id', 'in', ids).execute();
		return ids.length;
	});
	for (const table of ['recipient_tallies', 'sent_messages'] as const) {
		await inSteps(database, async (db) => {
			const rows = await db
				.selectFrom(table)
				.select('recipient_id')
				.where('parent', '=', parent)
				.limit(DELETE_ROWS)
				.execute();
			const ids = rows.map((row) => row.recipient_id);
			if (ids.length === 0) return 0;
			await db
				.deleteFrom(table)
				.where('parent', '=', parent)
				.where('recipient_id', 'in', ids)
				.execute();
			if (table === 'recipient_tallies') {
				await dropLostSegments(db, ids);
				await refreshLastOpens(db, ids);
			}
			return ids.length;
		});
	}
	await database.write((db) => removeCounters(db, id));
}

async function inSteps(
	database: StoreDatabase,
	step: (db: Writer) => Promise<number>,
): Promise<void> {
	while ((await database.write(step)) === DELETE_ROWS) await new Promise(setImmediate);
}

/** Takes the pixel out of all sums and closes its tombstone. */
async function removeCounters(db: Writer, pixelId: string): Promise<void> {
	const book = await CounterBook.load(db, [{ pixelId, campaignId: null, recipientId: null }]);
	const pixel = book.pixel(pixelId);
	const campaignId = book.campaignOf({ pixelId, campaignId: null });
	const above = await CounterBook.load(db, [{ pixelId: null, campaignId, recipientId: null }]);
	above.moveSums({ pixelId: null, campaignId }, { ...pixel }, EMPTY_GROUP);
	await above.save();
	await removeHours(db, pixelId, campaignId);
	await removeLinks(db, pixelId, campaignId);
	await db
		.deleteFrom('tallies')
		.where('scope', '=', 'pixel')
		.where('scope_id', '=', pixelId)
		.execute();
	await refreshTimes(db, { pixelId: null, campaignId }, timesOf(pixel));
	if (campaignId !== null) await removeEmptyCampaign(db, campaignId);
	await db
		.updateTable('tombstones')
		.set({ pending: 0 })
		.where('id', '=', pixelTombstone(pixelId))
		.execute();
}

async function removeHours(db: Writer, pixelId: string, campaignId: string | null): Promise<void> {
	const rows = await db
		.selectFrom('hourly')
		.selectAll()
		.where('scope', '=', 'pixel')
		.where('scope_id', '=', pixelId)
		.execute();
	const hours = new HourCounts();
	const part = totalPart();
	for (const row of rows) {
		const less = {
			opens: -row.opens,
			unique_opens: -row.unique_opens,
			machine_opens: -row.machine_opens,
		};
		hours.add('pixel', pixelId, row.hour, less);
		hours.add('total', part, row.hour, less);
		if (campaignId !== null) hours.add('campaign', campaignId, row.hour, less);
	}
	await hours.save(db);
}

async function removeLinks(db: Writer, pixelId: string, campaignId: string | null): Promise<void> {
	const rows = await db
		.selectFrom('link_clicks')
		.selectAll()
		.where('scope', '=', 'pixel')
		.where('scope_id', '=', pixelId)
		.execute();
	const links = new LinkCounts();
	for (const row of rows) {
		const less = { ...row, clicks: -row.clicks, machine_clicks: -row.machine_clicks };
		links.addCounts(less);
		if (campaignId !== null) links.addCounts({ ...less, scope: 'campaign', scope_id: campaignId });
	}
	await links.save(db);
}

async function removeEmptyCampaign(db: Writer, campaignId: string): Promise<void> {
	const sums = await readSums(db, 'campaign', campaignId);
	if (sums === null || !isEmptyGroup(sums)) return;
	await db
		.deleteFrom('tallies')
		.where('scope', '=', 'campaign')
		.where('scope_id', '=', campaignId)
		.execute();
}
