import { v7 as uuidV7 } from 'uuid';

import { EMPTY_RECIPIENT, isEmptyGroup, timesOf } from '../../tracking/counters/tally';
import type { Actor } from '../../tracking/event/open-event';
import type { Purpose } from '../../tracking/event/purpose';
import { emptyWindows } from '../bursts/burst-windows';
import { CounterBook } from '../counters/counter-book';
import { linkOf } from '../counters/link-counts';
import { pixelParent } from '../counters/tally-key';
import { refreshTimes } from '../counters/refresh-times';
import { chunks } from '../database/chunks';
import type { StoreDatabase, Writer } from '../database/store-database';
import { deleteRows } from '../opens/find-by-id';
import type { ErasureCounts, Subject } from '../port/privacy-store';
import { refreshStates } from '../people/consent-records';
import { findTraces, placeOfKey, ROWS } from './find-person';
import type { SubjectTraces } from './find-person';
import { listNames } from '../people/names';

/**
 * Erases one person. Sums and hours fall by what the person brought, so every counter still equals
 * a recount of the log. What is left is the denylist key, and under it the proof of consent.
 */
export async function eraseSubject(
	database: StoreDatabase,
	subject: Subject,
	now: Date,
): Promise<ErasureCounts> {
	// First of all, so that nothing of this person comes in any more while it is looked for.
	await database.write(async (db) => {
		const names = await listNames(db, subject.recipientId);
		await deny(
			db,
			names.map(({ name }) => subject.denylistKeysOf(name)[0]),
			now,
		);
	});
	const traces = await findTraces(database, subject);
	return await database.write((db) => eraseTraces(db, subject, traces, now));
}

async function deny(db: Writer, keys: readonly string[], now: Date): Promise<void> {
	for (const part of chunks(keys, ROWS)) {
		await db
			.insertInto('denylist')
			.values(part.map((id) => ({ id, since: now.getTime() })))
			.onConflict((conflict) => conflict.column('id').doNothing())
			.execute();
	}
}

async function eraseTraces(
	db: Writer,
	{ recipientId, denylistKeysOf }: Subject,
	traces: SubjectTraces,
	now: Date,
): Promise<ErasureCounts> {
	const { names } = traces;
	const [denylistKey] = denylistKeysOf(recipientId);
	await emptyWindows(db);
	const eventIds = await eraseOpens(db, traces);
	const sent = await eraseRows(db, 'sent_messages', traces);
	await eraseRows(db, 'recipient_tallies', traces);
	const days = await deleteOf(db, 'last_open_days', names);
	const requests = await deleteOf(db, 'privacy_requests', names);
	const segments = await deleteOf(db, 'recipient_segments', names);
	const keptConsentRecords = await hideConsent(db, names, denylistKey, now);
	const entries = await deleteOf(db, 'recipients', names);
	await eraseEmptyPixels(db, traces);
	return {
		erased: [
			{ dataClass: 'open', records: eventIds.length },
			{ dataClass: 'last-open-day', records: days },
			{ dataClass: 'recipient', records: entries },
			{ dataClass: 'sent-message', records: sent },
			{ dataClass: 'request', records: requests },
			{ dataClass: 'segment', records: segments },
		],
		eventIds,
		keptConsentRecords,
	};
}

/** Takes the person's loads out of the log and out of every counter. Returns their ids. */
async function eraseOpens(db: Writer, { names, keys }: SubjectTraces): Promise<string[]> {
	const places = keys.map(placeOfKey);
	const book = await CounterBook.load(db, places);
	const gone = keys.map((key) => {
		const times = timesOf(book.recipient(key));
		book.setRecipient(key, EMPTY_RECIPIENT);
		return times;
	});
	const erased: string[] = [];
	for (const part of chunks(names, ROWS)) {
		for (;;) {
			const ids = await eraseSome(db, part, book);
			if (ids.length === 0) break;
			erased.push(...ids);
		}
	}
	await book.save();
	for (const [index, place] of places.entries()) {
		await refreshTimes(db, { ...place, campaignId: book.campaignOf(place) }, gone[index] ?? []);
	}
	return erased;
}

async function eraseSome(
	db: Writer,
	names: readonly string[],
	book: CounterBook,
): Promise<string[]> {
	const rows = await db
		.selectFrom('opens')
		.select(['event_id', 'pixel_id', 'campaign_id', 'recipient_id', 'occurred_at', 'actor'])
		.select(['event', 'link_url', 'link_position', 'link_label'])
		.where('recipient_id', 'in', names)
		.limit(ROWS)
		.execute();
	if (rows.length === 0) return [];
	for (const row of rows) {
		const place = {
			pixelId: row.pixel_id,
			campaignId: row.campaign_id,
			recipientId: row.recipient_id,
		};
		const actor = row.actor as Actor;
		if (row.event === 'click') book.countLink(place, linkOf(row), actor, -1);
		else book.countHour(place, row.occurred_at, actor, -1);
	}
	await deleteRows(db, rows);
	return rows.map((row) => row.event_id);
}

async function eraseRows(
	db: Writer,
	table: 'sent_messages' | 'recipient_tallies',
	{ keys }: SubjectTraces,
): Promise<number> {
	let erased = 0;
	for (const part of chunks(keys, ROWS)) {
		// No name of a person is another's, whatever it is a recipient of.
		const { numDeletedRows } = await db
			.deleteFrom(table)
			.where('parent', 'in', [...new Set(part.map(({ parent }) => parent))])
			.where('recipient_id', 'in', [...new Set(part.map((key) => key.recipientId))])
			.executeTakeFirst();
		erased += Number(numDeletedRows);
	}
	return erased;
}

async function deleteOf(
	db: Writer,
	table: 'recipients' | 'last_open_days' | 'privacy_requests' | 'recipient_segments',
	names: readonly string[],
): Promise<number> {
	let deleted = 0;
	for (const part of chunks(names, ROWS)) {
		const { numDeletedRows } = await db
			.deleteFrom(table)
			.where('recipient_id', 'in', part)
			.executeTakeFirst();
		deleted += Number(numDeletedRows);
	}
	return deleted;
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
		for (const table of ['tallies', 'hourly', 'link_clicks'] as const) {
			await db
				.deleteFrom(table)
				.where('scope', '=', 'pixel')
				.where('scope_id', '=', pixelId)
				.execute();
		}
		await db.deleteFrom('recipient_tallies').where('parent', '=', pixelParent(pixelId)).execute();
	}
}

/**
 * Proof of consent has to outlive the data (GDPR Art. 17(3)(e)), but not under the person's id.
 * Where a consent was in force, the erasure ends it, and the time of keeping the proof begins.
 */
async function hideConsent(
	db: Writer,
	names: readonly string[],
	denylistKey: string,
	now: Date,
): Promise<number> {
	let hidden = 0;
	const purposes = new Map<string, boolean>();
	for (const part of chunks(names, ROWS)) {
		const states = await db
			.selectFrom('consent_states')
			.select(['purpose', 'status'])
			.where('recipient_key', 'in', part)
			.execute();
		for (const { purpose, status } of states) {
			const inForce = status === 'given' || status === 'renewed';
			purposes.set(purpose, (purposes.get(purpose) ?? false) || inForce);
		}
		const { numUpdatedRows } = await db
			.updateTable('consent_records')
			.set({ recipient_key: denylistKey, evidence: null })
			.where('recipient_key', 'in', part)
			.executeTakeFirst();
		hidden += Number(numUpdatedRows);
		await db.deleteFrom('consent_states').where('recipient_key', 'in', part).execute();
	}
	for (const [purpose, inForce] of purposes) {
		if (inForce) {
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
		await refreshStates(db, [{ recipientKey: denylistKey, purpose: purpose as Purpose }]);
	}
	return hidden;
}
