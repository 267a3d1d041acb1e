import { createHash } from 'node:crypto';

import type { Place } from '../counters/tally-key';
import { chunks } from '../database/chunks';
import type { Reader } from '../database/store-database';

const READ_ROWS = 1000;

/** Id of the tombstone of a deleted pixel. */
export function pixelTombstone(pixelId: string): string {
	return `p:${pixelId}`;
}

/**
 * Id of the tombstone of a deleted recipient: a hash, so that the store does not keep the id,
 * which may be an address, of somebody who was deleted.
 */
export function recipientTombstone(pixelId: string, recipientId: string): string {
	const hash = createHash('sha256').update(JSON.stringify([pixelId, recipientId]));
	return `r:${hash.digest('base64url')}`;
}

export type DeletionState = 'alive' | 'pixel-deleted' | 'recipient-deleted';

/** Whether the pixel and recipient of each place still may leave traces, in the same order. */
export async function deletionStatesOf(
	db: Reader,
	places: readonly Place[],
): Promise<DeletionState[]> {
	const ids = places.map(({ pixelId, recipientId }) => {
		if (pixelId === null) return [];
		const pixel = pixelTombstone(pixelId);
		return recipientId === null ? [pixel] : [pixel, recipientTombstone(pixelId, recipientId)];
	});
	const deleted = new Set<string>();
	for (const part of chunks([...new Set(ids.flat())], READ_ROWS)) {
		const rows = await db.selectFrom('tombstones').select('id').where('id', 'in', part).execute();
		for (const { id } of rows) deleted.add(id);
	}
	return ids.map(([pixel = '', recipient = '']) => {
		if (deleted.has(pixel)) return 'pixel-deleted';
		return deleted.has(recipient) ? 'recipient-deleted' : 'alive';
	});
}
