import { createHash, randomUUID } from 'node:crypto';

import type { Place } from '../counters/tally-key';
import { chunks } from '../database/chunks';
import type { Reader } from '../database/store-database';
import type { OpenRow } from '../database/store-schema';

const READ_ROWS = 1000;

/** Id of the tombstone of a deleted pixel. */
export function pixelTombstone(pixelId: string): string {
	return `p:${pixelId}`;
}

const DELETED_NAME = 'deleted-';

/** A name that leads to nobody, for the opens of a deleted recipient. */
export function nameOfDeleted(): string {
	return `${DELETED_NAME}${randomUUID()}`;
}

/** Whether a recipient's id is such a name. */
export function isDeletedName(recipientId: string): boolean {
	return recipientId.startsWith(DELETED_NAME);
}

/**
 * Id of the tombstone of a deleted recipient: a hash of their key on the list of erased people, so
 * that nobody without the signing keys can find out who was deleted.
 */
export function recipientTombstone(pixelId: string, denylistKey: string): string {
	const hash = createHash('sha256').update(JSON.stringify([pixelId, denylistKey]));
	return `r:${hash.digest('base64url')}`;
}

/** Every id that the tombstone of a recipient may have: one per signing key. */
export function recipientTombstones(
	pixelId: string,
	recipientId: string,
	keysOf: (recipientId: string) => readonly string[],
): string[] {
	// Those of version 0.1.0 were made of the bare id.
	return [recipientId, ...keysOf(recipientId)].map((key) => recipientTombstone(pixelId, key));
}

export type DeletionState = 'alive' | 'pixel-deleted' | 'recipient-deleted';

/** Whether the pixel and recipient of each place still may leave traces, in the same order. */
export async function deletionStatesOf(
	db: Reader,
	places: readonly Place[],
	keysOf: (recipientId: string) => readonly string[],
): Promise<DeletionState[]> {
	const ids = places.map(({ pixelId, recipientId }) => {
		if (pixelId === null) return { pixel: '', recipient: [] };
		const recipient = recipientId === null ? [] : recipientTombstones(pixelId, recipientId, keysOf);
		return { pixel: pixelTombstone(pixelId), recipient };
	});
	const deleted = await tombstonesAmong(
		db,
		ids.flatMap(({ pixel, recipient }) => [pixel, ...recipient]),
	);
	return ids.map(({ pixel, recipient }) => {
		if (deleted.has(pixel)) return 'pixel-deleted';
		return recipient.some((id) => deleted.has(id)) ? 'recipient-deleted' : 'alive';
	});
}

/** Those of these pixels that were deleted. */
export async function deletedPixelsAmong(
	db: Reader,
	pixelIds: readonly string[],
): Promise<Set<string>> {
	const deleted = await tombstonesAmong(db, pixelIds.map(pixelTombstone));
	return new Set(pixelIds.filter((id) => deleted.has(pixelTombstone(id))));
}

async function tombstonesAmong(db: Reader, ids: readonly string[]): Promise<Set<string>> {
	const found = new Set<string>();
	for (const part of chunks([...new Set(ids)], READ_ROWS)) {
		const rows = await db.selectFrom('tombstones').select('id').where('id', 'in', part).execute();
		for (const { id } of rows) found.add(id);
	}
	return found;
}

/** What an open of a deleted recipient loses: all that leads, or could be joined, to a person. */
export const NOBODYS = {
	message_id: null,
	consent_record_id: null,
	request_ip: null,
	request_user_agent: null,
	request_referer: null,
	request_accept_language: null,
	link_url: null,
	first_open: null,
	quiet_days: null,
	image_held_ms: null,
	image_held_measurable: null,
} as const satisfies Partial<OpenRow>;
