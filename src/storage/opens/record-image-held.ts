import type { Writer } from '../database/store-database';
import { StoreError } from '../port/store-error';
import type { ImageHeld } from '../port/tracking-store';

import { findById } from './find-by-id';
import { againInStoringOrder } from './storing-order';

/** Adds held times to the opens that are being measured and have none yet. */
export async function recordImageHeld(db: Writer, times: readonly ImageHeld[]): Promise<number> {
	let taken = 0;
	for (const { eventId, imageHeldMs } of times) {
		if (!Number.isInteger(imageHeldMs) || imageHeldMs < 0) {
			throw new StoreError(
				'invalid',
				'The held time was not recorded: it is no whole number of milliseconds from 0.',
			);
		}
		const [open] = await findById(db, [eventId]);
		if (open === undefined) continue;
		const { numUpdatedRows } = await db
			.updateTable('opens')
			.set({ image_held_ms: imageHeldMs, ...(await againInStoringOrder(db)) })
			.where('event_id', '=', eventId)
			.where('occurred_at', '=', open.occurred_at)
			.where('image_held_measurable', '=', 1)
			.where('image_held_ms', 'is', null)
			.executeTakeFirstOrThrow();
		taken += Number(numUpdatedRows);
	}
	return taken;
}
