import { v7 as uuidV7 } from 'uuid';

import { EMPTY_RECIPIENT, isEmptyGroup } from '../../tracking/counters/tally';
import type { Actor } from '../../tracking/event/open-event';
import { emptyWindows } from '../bursts/burst-windows';
import { CounterBook } from '../counters/counter-book';
import { pixelParent } from '../counters/tally-key';
import { refreshTimes } from '../counters/refresh-times';
import { chunks } from '../database/chunks';
import type { Writer } from '../database/store-database';
import { recipientTombstone } from '../opens/tombstones';
import type { ErasureCounts, Subject } from '../port/privacy-store';
import { refreshState } from './consent-records';
import { findTraces, placeOfKey } from './find-person';
import type { SubjectTraces } from './find-person';

const ROWS = 1000;

/**
 * Erases one person. Sums and hours fall by what the person brought, so every counter still equals
 * a recount of the log. What is left is the denylist key, and under it the proof of consent.
 */
export async function eraseSubject(
	db: Writer,
	subject: Subject,
	now: Date,
): Promise<ErasureCounts> {
	const { recipientId, denylistKeys } = subject;
	const [denylistKey] = denylistKeys;
	await db
		.insertInto('denylist')
		.values({ id: denylistKey, since: now.getTime() })
		.onConflict((conflict) => conflict.column('id').doNothing())
		.execute();
	await emptyWindows(db);
	const traces = await findTraces(db, subject);
	const opens = await eraseOpens(db, traces);
	const sent = await eraseRows(db, 'sent_messages', traces);
	await eraseRows(db, 'recipient_tallies', traces);
	const entries = await deleteOf(db, 'recipients', recipientId);
	const days = await deleteOf(db, 'last_open_days', recipientId);
	const requests = await deleteOf(db, 'privacy_requests', recipientId);
	await eraseEmptyPixels(db, traces);
	await eraseTombstones(db, recipientId);
	return {
		erased: [
			{ dataClass: 'open', records: opens },
			{ dataClass: 'last-open-day', records: days },
			{ dataClass: 'recipient', records: entries },
			{ dataClass: 'sent-message', records: sent },
			{ dataClass: 'request', records: requests },
		],
		keptConsentRecords: await hideConsent(db, recipientId, denylistKey, now),
	};
}

/** Takes the person's loads out of the log and out of every counter. */
async function eraseOpens(db: Writer, { names, keys }: SubjectTraces): Promise<number> {
	const places = keys.map(placeOfKey);
	const book = await CounterBook.load(db, places);
	const gone = keys.map((key) => {
		const { firstOpenAt, lastOpenAt, lastLoadAt } = book.recipient(key);
		book.setRecipient(key, EMPTY_RECIPIENT);
		return [firstOpenAt, lastOpenAt, lastLoadAt];
	});
	let erased = 0;
	for (;;) {
		const rows = await db
			.selectFrom('opens')
			.select(['event_id', 'pixel_id', 'campaign_id', 'recipient_id', 'occurred_at', 'actor'])
			.where('recipient_id', 'in', names)
			.limit(ROWS)
			.execute();
		if (rows.length === 0) break;
		for (const row of rows) {
			const place = {
				pixelId: row.pixel_id,
				campaignId: row.campaign_id,
				recipientId: row.recipient_id,
			};
			book.countHour(place, row.occurred_at, row.actor as Actor, -1);
		}
		const ids = rows.map((row) => row.event_id);
		await db.deleteFrom('label_history').where('event_id', 'in', ids).execute();
		await db.deleteFrom('opens').where('event_id', 'in', ids).execute();
		erased += rows.length;
	}
	await book.save();
	for (const [index, place] of places.entries()) {
		await refreshTimes(db, { ...place, campaignId: book.campaignOf(place) }, gone[index] ?? []);
	}
	return erased;
}

async function eraseRows(
	db: Writer,
	table: 'sent_messages' | 'recipient_tallies',
	{ keys }: SubjectTraces,
): Promise<number> {
	let erased = 0;
	for (const { parent, recipientId } of keys) {
		const { numDeletedRows } = await db
			.deleteFrom(table)
			.where('parent', '=', parent)
			.where('recipient_id', '=', recipientId)
			.executeTakeFirst();
		erased += Number(numDeletedRows);
	}
	return erased;
}

async function deleteOf(
	db: Writer,
	table: 'recipients' | 'last_open_days' | 'privacy_requests',
	recipientId: string,
): Promise<number> {
	const { numDeletedRows } = await db
		.deleteFrom(table)
		.where('recipient_id', '=', recipientId)
		.executeTakeFirst();
	return Number(numDeletedRows);
}

/** A pixel that only ever stood for this person would go on naming them: its counters go as well. */
async function eraseEmptyPixels(db: Writer, { keys }: SubjectTraces): Promise<void> {
	const ids = new Set(keys.flatMap((key) => placeOfKey(key).pixelId ?? []));
	for (const pixelId of ids) {
		const made = await db
			.selectFrom('pixels')
			.select('id')
			.where('id', '=', pixelId)
			.executeTakeFirst();
		const book = await CounterBook.load(db, [{ pixelId, campaignId: null, recipientId: null }]);
		if (made !== undefined || !isEmptyGroup(book.pixel(pixelId))) continue;
		for (const table of ['tallies', 'hourly'] as const) {
			await db
				.deleteFrom(table)
				.where('scope', '=', 'pixel')
				.where('scope_id', '=', pixelId)
				.execute();
		}
		await db.deleteFrom('recipient_tallies').where('parent', '=', pixelParent(pixelId)).execute();
	}
}

/** These hashes could be searched for a guessed recipient id, so they are deleted as well. */
async function eraseTombstones(db: Writer, recipientId: string): Promise<void> {
	const pixels = await db
		.selectFrom('tallies')
		.select('scope_id')
		.where('scope', '=', 'pixel')
		.execute();
	const ids = pixels.map(({ scope_id }) => recipientTombstone(scope_id, recipientId));
	for (const part of chunks(ids, ROWS)) {
		await db.deleteFrom('tombstones').where('id', 'in', part).execute();
	}
}

/**
 * Proof of consent has to outlive the data (GDPR Art. 17(3)(e)), but not under the person's id.
 * Where a consent was in force, the erasure ends it, and the time of keeping the proof begins.
 */
async function hideConsent(
	db: Writer,
	recipientId: string,
	denylistKey: string,
	now: Date,
): Promise<number> {
	const states = await db
		.selectFrom('consent_states')
		.select(['purpose', 'status'])
		.where('recipient_key', '=', recipientId)
		.execute();
	const { numUpdatedRows } = await db
		.updateTable('consent_records')
		.set({ recipient_key: denylistKey, evidence: null })
		.where('recipient_key', '=', recipientId)
		.executeTakeFirst();
	await db.deleteFrom('consent_states').where('recipient_key', '=', recipientId).execute();
	for (const { purpose, status } of states) {
		if (status === 'given' || status === 'renewed') {
			await db
				.insertInto('consent_records')
				.values({
					record_id: uuidV7(),
					recipient_key: denylistKey,
					purpose,
					status: 'withdrawn',
					occurred_at: now.getTime(),
					method: 'erasure',
					jurisdiction: null,
					notice_version: null,
					notice_hash: null,
					language: null,
					evidence: null,
					expires_at: null,
				})
				.execute();
		}
		await refreshState(db, denylistKey, purpose);
	}
	return Number(numUpdatedRows);
}
