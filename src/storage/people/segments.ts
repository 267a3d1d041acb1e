import { sql } from 'kysely';

import { chunks } from '../database/chunks';
import type { Reader } from '../database/store-database';

const ROWS = 1000;

/** The segments of each of these recipients, from A to Z; those without any are left out. */
export async function segmentsOf(
	db: Reader,
	recipientIds: readonly string[],
): Promise<Map<string, string[]>> {
	const segments = new Map<string, string[]>();
	for (const part of chunks([...new Set(recipientIds)], ROWS)) {
		const rows = await db
			.selectFrom('recipient_segments')
			.selectAll()
			.where('recipient_id', 'in', part)
			.orderBy('segment')
			.execute();
		for (const { recipient_id, segment } of rows) {
			segments.set(recipient_id, [...(segments.get(recipient_id) ?? []), segment]);
		}
	}
	return segments;
}

/** Every segment, from A to Z, with how many recipients carry it. */
export async function listSegments(
	db: Reader,
): Promise<Array<{ segment: string; recipients: number }>> {
	return await db
		.selectFrom('recipient_segments')
		.select('segment')
		.select(sql<number>`count(*)`.as('recipients'))
		.groupBy('segment')
		.orderBy('segment')
		.execute();
}
