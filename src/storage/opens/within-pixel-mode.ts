import type { OpenEvent } from '../../tracking/event/open-event';
import { isWithin, type TrackingMode } from '../../tracking/event/tracking-mode';
import { applyMode } from '../../tracking/minimise/minimise-mode';
import { chunks } from '../database/chunks';
import type { Reader } from '../database/store-database';
import type { OpenRow } from '../database/store-schema';
import { toOpenEvent, toOpenRow } from './open-row';

const READ_ROWS = 1000;

/**
 * Holds opens to the tracking mode of their pixel, whichever way they came in: an open that was
 * received while the store was away could not be asked about it.
 *
 * @returns one list of rows, without those that must leave nothing
 */
export async function withinPixelMode(db: Reader, rows: readonly OpenRow[]): Promise<OpenRow[]> {
	const limits = await limitsOf(db, [...new Set(rows.flatMap((row) => row.pixel_id ?? []))]);
	return rows.flatMap((row) => {
		const limit = limits.get(row.pixel_id ?? '');
		const asked = row.tracking_mode as OpenEvent['trackingMode'];
		if (limit === undefined || isWithin(asked, limit)) return [row];
		// Made for that mode, the pixel may be named; without the keys there is no pseudonym.
		const reduced = applyMode(toOpenEvent(row), limit, null, limit);
		return reduced === null ? [] : [toOpenRow(reduced)];
	});
}

async function limitsOf(
	db: Reader,
	pixelIds: readonly string[],
): Promise<ReadonlyMap<string, TrackingMode>> {
	const limits = new Map<string, TrackingMode>();
	for (const part of chunks(pixelIds, READ_ROWS)) {
		const found = await db
			.selectFrom('pixels')
			.select(['id', 'tracking_mode'])
			.where('id', 'in', part)
			.where('tracking_mode', 'is not', null)
			.execute();
		for (const row of found) limits.set(row.id, row.tracking_mode as TrackingMode);
	}
	return limits;
}
