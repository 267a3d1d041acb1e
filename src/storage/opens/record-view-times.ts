import type { Writer } from '../database/store-database';
import { StoreError } from '../port/store-error';
import type { ViewTime } from '../port/tracking-store';

/** Adds view times to the opens that are being measured and have none yet. */
export async function recordViewTimes(db: Writer, times: readonly ViewTime[]): Promise<number> {
	let taken = 0;
	for (const { eventId, viewTimeMs } of times) {
		if (!Number.isInteger(viewTimeMs) || viewTimeMs < 0) {
			throw new StoreError(
				'invalid',
				'The view time was not recorded: it is no whole number of milliseconds from 0.',
			);
		}
		const { numUpdatedRows } = await db
			.updateTable('opens')
			.set({ view_time_ms: viewTimeMs })
			.where('event_id', '=', eventId)
			.where('view_time_measurable', '=', 1)
			.where('view_time_ms', 'is', null)
			.executeTakeFirstOrThrow();
		taken += Number(numUpdatedRows);
	}
	return taken;
}
