import { randomUUID } from 'node:crypto';

import type { TrackingMode } from '../../tracking/event/tracking-mode';
import { CounterBook } from '../counters/counter-book';
import { isoOf, toGroupCounts } from '../counters/counts-view';
import { toPixelTally } from '../counters/tally-rows';
import { requiredId, requiredText, storable, storableId } from '../database/checked-input';
import { chunks } from '../database/chunks';
import { checkLimit, readCursor, toPage } from '../database/cursor';
import type { Reader, Writer } from '../database/store-database';
import type { PixelsTable, TalliesTable } from '../database/store-schema';
import { pixelTombstone } from '../opens/tombstones';
import { StoreError } from '../port/store-error';
import type { Pixel } from '../port/counts';
import type { NewPixel, PageRequest, PixelImage, PixelPage } from '../port/tracking-store';

const READ_ROWS = 1000;
const WRITE_ROWS = 1000;

export interface PixelListRequest extends PageRequest {
	campaignId?: string;
	sample?: boolean;
	offset?: number;
}

/** Makes pixels and counts them: all of them, or none. Returns them in the order of `inputs`. */
export async function createPixels(db: Writer, inputs: readonly NewPixel[]): Promise<Pixel[]> {
	const rows = inputs.map(newRow);
	const ids = rows.map(({ id }) => id);
	await refuseTakenIds(db, ids);
	const places = rows.map(({ id, campaign_id }) => ({
		pixelId: id,
		campaignId: campaign_id,
		recipientId: null,
	}));
	const book = await CounterBook.load(db, places);
	for (const { id, campaign_id } of rows) {
		const tally = book.pixel(id);
		if (tally.campaignId !== campaign_id) {
			throw new StoreError(
				'invalid',
				'Opens of this pixel are counted in another campaign already. Use that campaign, or another pixel id.',
			);
		}
		book.setPixel(id, { ...tally, pixels: 1 });
	}
	for (const part of chunks(rows, WRITE_ROWS)) await db.insertInto('pixels').values(part).execute();
	await book.save();
	const made = await findPixels(db, ids);
	return ids.flatMap((id) => made.get(id) ?? []);
}

function newRow(input: NewPixel): PixelsTable {
	return {
		id: input.id === undefined ? randomUUID() : requiredId(input.id, 'pixel id'),
		name: requiredText(input.name, 'pixel name'),
		created_at: Date.now(),
		campaign_id: storableId(input.campaignId, 'campaign id'),
		tracking_mode: input.trackingMode ?? null,
		sample: input.sample === true ? 1 : 0,
		image_type: null,
	};
}

async function refuseTakenIds(db: Reader, ids: readonly string[]): Promise<void> {
	const taken = (await findPixels(db, ids)).size > 0 || new Set(ids).size < ids.length;
	if (taken) throw new StoreError('invalid', 'A pixel with this id exists. Use another id.');
	for (const part of chunks(ids, READ_ROWS)) {
		const deleted = await db
			.selectFrom('tombstones')
			.select('id')
			.where(
				'id',
				'in',
				part.map((id) => pixelTombstone(id)),
			)
			.executeTakeFirst();
		if (deleted) {
			throw new StoreError('invalid', 'A pixel with this id was deleted. Use another id.');
		}
	}
}

/** A pixel with its counters; `null` for an unknown id. */
export async function getPixel(db: Reader, id: string): Promise<Pixel | null> {
	const row = await selectPixels(db).where('pixels.id', '=', id).executeTakeFirst();
	return row === undefined ? null : toPixel(row);
}

/** The pixels among these ids, by the id as it was given. */
export async function findPixels(db: Reader, ids: readonly string[]): Promise<Map<string, Pixel>> {
	const stored = new Map<string, Pixel>();
	for (const part of chunks([...new Set(ids.map((id) => storable(id)))], READ_ROWS)) {
		const rows = await selectPixels(db).where('pixels.id', 'in', part).execute();
		for (const row of rows) stored.set(row.id, toPixel(row));
	}
	const found = new Map<string, Pixel>();
	for (const id of ids) {
		const pixel = stored.get(storable(id));
		if (pixel !== undefined) found.set(id, pixel);
	}
	return found;
}

/** Throws `not-found` for an unknown id. */
export async function requirePixel(db: Reader, id: string): Promise<Pixel> {
	const pixel = await getPixel(db, id);
	if (pixel === null) {
		throw new StoreError('not-found', 'The store has no pixel with this id. Create it first.');
	}
	return pixel;
}

/** One page of pixels, newest first. */
export async function listPixels(db: Reader, request: PixelListRequest): Promise<PixelPage> {
	const { limit, cursor, offset = 0, campaignId, sample } = request;
	checkLimit(limit);
	let query = selectPixels(db);
	if (campaignId !== undefined) query = query.where('pixels.campaign_id', '=', campaignId);
	if (sample !== undefined) query = query.where('pixels.sample', '=', sample ? 1 : 0);
	if (cursor !== undefined) {
		const [createdAt, id] = readCursor(cursor, 'number');
		query = query.where((is) =>
			is(is.refTuple('pixels.created_at', 'pixels.id'), '<', is.tuple(createdAt, id)),
		);
	}
	const rows = await query
		.orderBy('pixels.created_at', 'desc')
		.orderBy('pixels.id', 'desc')
		.limit(limit + 1)
		.offset(offset)
		.execute();
	const { page, nextCursor } = toPage(rows, limit, (row) => [row.created_at, row.id]);
	return { pixels: page.map(toPixel), nextCursor };
}

/** Gives a pixel an image of its own, in place of an earlier one. */
export async function setPixelImage(db: Writer, id: string, image: PixelImage): Promise<void> {
	const contentType = requiredText(image.contentType, 'content type of the image');
	const { numUpdatedRows } = await db
		.updateTable('pixels')
		.set({ image_type: contentType })
		.where('id', '=', id)
		.executeTakeFirst();
	if (numUpdatedRows === 0n) await requirePixel(db, id);
	await db
		.insertInto('pixel_images')
		.values({ pixel_id: id, bytes: image.bytes })
		.onConflict((conflict) =>
			conflict.column('pixel_id').doUpdateSet((is) => ({ bytes: is.ref('excluded.bytes') })),
		)
		.execute();
}

/** The pixel's own image, `null` where it has none. */
export async function getPixelImage(db: Reader, id: string): Promise<PixelImage | null> {
	const row = await db
		.selectFrom('pixel_images')
		.innerJoin('pixels', 'pixels.id', 'pixel_images.pixel_id')
		.select(['pixels.image_type', 'pixel_images.bytes'])
		.where('pixels.id', '=', id)
		.executeTakeFirst();
	if (row === undefined || row.image_type === null) return null;
	return { contentType: row.image_type, bytes: Buffer.from(row.bytes) };
}

export function selectPixels(db: Reader) {
	return db
		.selectFrom('pixels')
		.innerJoin('tallies as tally', (join) =>
			join.onRef('tally.scope_id', '=', 'pixels.id').on('tally.scope', '=', 'pixel'),
		)
		.selectAll(['tally', 'pixels']);
}

export function toPixel(row: PixelsTable & Omit<TalliesTable, 'scope' | 'scope_id'>): Pixel {
	return {
		id: row.id,
		name: row.name,
		createdAt: isoOf(row.created_at),
		campaignId: row.campaign_id,
		trackingMode: row.tracking_mode as TrackingMode | null,
		sample: row.sample === 1,
		imageType: row.image_type,
		counts: toGroupCounts(toPixelTally(row)),
	};
}
