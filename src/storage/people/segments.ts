import { sql } from 'kysely';

import { normalId } from '../../tracking/people/normal-id';
import type { DenylistKeysOf } from '../../tracking/people/subject-keys';
import { requiredPerson, storable } from '../database/checked-input';
import { chunks } from '../database/chunks';
import type { Reader, Writer } from '../database/store-database';
import { StoreError } from '../port/store-error';
import type { SegmentChange } from '../port/answers-store';
import { deniedAmong } from './denylist';
import { namesOfEach } from './names';

const ROWS = 1000;
const MAX_LABEL = 100;
const MAX_LABELS = 50;

/** Labels as they are kept: trimmed, each once. Throws a {@link StoreError} for what is none. */
export function checkedSegments(segments: readonly string[]): string[] {
	const labels = [...new Set(segments.map((segment) => storable(segment.trim())))];
	if (labels.length > MAX_LABELS) {
		throw new StoreError('invalid', `A recipient can carry at most ${MAX_LABELS} segments.`);
	}
	if (labels.some((label) => label === '' || label.length > MAX_LABEL)) {
		throw new StoreError('invalid', `A segment must have 1 to ${MAX_LABEL} characters.`);
	}
	return labels;
}

/**
 * Changes the segments of people, under every name that they go by, but of those who were erased.
 *
 * @returns for each change, in their order, whether it was done
 */
export async function changeSegments(
	db: Writer,
	changes: readonly SegmentChange[],
	keysOf: DenylistKeysOf,
): Promise<boolean[]> {
	const checked = changes.map((change) => ({
		...change,
		recipientId: requiredPerson(change.recipientId),
		segments: checkedSegments(change.segments),
	}));
	const ids = [...new Set(checked.map(({ recipientId }) => recipientId))];
	const names = await namesOfEach(db, ids);
	const keys = new Map(ids.map((id) => [id, [...(names.get(id) ?? [id])].flatMap(keysOf)]));
	const denied = await deniedAmong(db, [...keys.values()].flat());
	const seen = await seenAmong(db, [...names.values()].flat());
	const done: boolean[] = [];
	for (const { recipientId, segments, how } of checked) {
		const isErased = keys.get(recipientId)?.some((key) => denied.has(key)) ?? false;
		done.push(!isErased);
		if (isErased) continue;
		const known = names.get(normalId(recipientId))?.filter((name) => seen.has(name)) ?? [];
		// An address that only emails go to is no recipient; its segments would never end.
		const own = known.length > 0 ? known : [recipientId];
		if (how !== 'add') {
			await db
				.deleteFrom('recipient_segments')
				.where('recipient_id', 'in', own)
				.$if(how === 'remove', (query) => query.where('segment', 'in', segments))
				.execute();
		}
		if (how !== 'remove') await addSegments(db, own, segments);
	}
	return done;
}

/** Those of these names that something was sent to, loaded by, or added under. */
async function seenAmong(db: Reader, names: readonly string[]): Promise<ReadonlySet<string>> {
	const seen = new Set<string>();
	for (const part of chunks(names, ROWS)) {
		const rows = await db
			.selectFrom('recipient_tallies')
			.select('recipient_id')
			.distinct()
			.where('recipient_id', 'in', part)
			.execute();
		for (const { recipient_id } of rows) seen.add(recipient_id);
	}
	return seen;
}

/** Gives labels to recipients; those they carry already stay. */
export async function addSegments(
	db: Writer,
	recipientIds: readonly string[],
	segments: readonly string[],
): Promise<void> {
	const rows = recipientIds.flatMap((recipient_id) =>
		segments.map((segment) => ({ recipient_id, segment })),
	);
	for (const part of chunks(rows, ROWS)) {
		await db
			.insertInto('recipient_segments')
			.values(part)
			.onConflict((conflict) => conflict.columns(['recipient_id', 'segment']).doNothing())
			.execute();
	}
}

/** Removes the segments of those among these recipients of whom nothing else is left. */
export async function dropLostSegments(db: Writer, recipientIds: readonly string[]): Promise<void> {
	for (const part of chunks([...new Set(recipientIds)], ROWS)) {
		await db
			.deleteFrom('recipient_segments')
			.where('recipient_id', 'in', part)
			.where((is) =>
				is.not(
					is.exists(
						is
							.selectFrom('recipient_tallies as tally')
							.select('tally.parent')
							.whereRef('tally.recipient_id', '=', 'recipient_segments.recipient_id'),
					),
				),
			)
			.execute();
	}
}

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
