import { stricterStatus } from '../../tracking/consent/consent-policy';
import { consentAt, consentRecordSchema, foldConsent } from '../../tracking/consent/consent-record';
import type { ConsentRecord, ConsentState } from '../../tracking/consent/consent-record';
import { firstIssue, IN_PLAIN_WORDS } from '../../tracking/event/plain-issues';
import { APART_FROM_OPENS, type Purpose } from '../../tracking/event/purpose';
import { normalId } from '../../tracking/people/normal-id';
import type { DenylistKeysOf } from '../../tracking/people/subject-keys';
import { requiredPerson, storable } from '../database/checked-input';
import { chunks } from '../database/chunks';
import type { ConsentStatesTable } from '../database/consent-schema';
import { listQuery, type AskedList } from '../database/list-query';
import type { Reader, Writer } from '../database/store-database';
import { deniedAmong } from './denylist';
import { StoreError } from '../port/store-error';
import { namesOf } from './names';

/** A clock a little ahead is no reason to refuse a consent; a date in the future is. */
const CLOCK_LEEWAY_MS = 5 * 60_000;
/** Twelve values each, far below what one statement can take. */
const ROWS = 500;

const NOTHING_KNOWN: ConsentState = { status: 'unknown', record: null };

/**
 * Adds consent records and brings the current row of each person and purpose up to date, in one
 * transaction. A record id that is known already changes nothing. Of people who were erased a record
 * is kept under their key on the list of erased people, and nothing in clear.
 *
 * @throws StoreError `invalid` that names the fields, never a value
 */
export async function recordConsent(
	db: Writer,
	records: readonly ConsentRecord[],
	now: Date,
	keysOf: DenylistKeysOf,
): Promise<{ recorded: number }> {
	const checked = await withoutErased(
		db,
		records.map((record) => check(record, now)),
		keysOf,
	);
	const notices = new Map<string, string>();
	for (const { noticeHash, noticeText } of checked) {
		if (noticeHash !== null && noticeText !== null) notices.set(noticeHash, storable(noticeText));
	}
	for (const part of chunks([...notices].sort(), ROWS)) {
		await db
			.insertInto('consent_notices')
			.values(part.map(([hash, text]) => ({ hash, text })))
			.onConflict((conflict) => conflict.column('hash').doNothing())
			.execute();
	}
	const added = new Set<string>();
	for (const part of chunks(checked, ROWS)) {
		const rows = await db
			.insertInto('consent_records')
			.values(part.map(toRow))
			.onConflict((conflict) => conflict.column('record_id').doNothing())
			.returning('record_id')
			.execute();
		for (const { record_id } of rows) added.add(record_id);
	}
	await refreshStates(
		db,
		checked.filter(({ recordId }) => added.has(recordId)),
	);
	return { recorded: added.size };
}

async function withoutErased(
	db: Reader,
	records: readonly ConsentRecord[],
	keysOf: DenylistKeysOf,
): Promise<ConsentRecord[]> {
	const keys = new Map(records.map(({ recipientKey }) => [recipientKey, keysOf(recipientKey)]));
	const denied = await deniedAmong(db, [...keys.values()].flat());
	return records.map((record) => {
		const key = keys.get(record.recipientKey)?.find((one) => denied.has(one));
		return key === undefined ? record : { ...record, recipientKey: key, evidence: null };
	});
}

/** Where a person stands on one purpose, under any of their names, by one indexed read. */
export async function getConsent(
	db: Reader,
	recipientId: string,
	purpose: Purpose,
	now: Date,
): Promise<ConsentState> {
	const rows = await selectStates(db, [normalId(recipientId)])
		.where('state.purpose', '=', purpose)
		.execute();
	return toStates(rows, now)[0] ?? NOTHING_KNOWN;
}

/**
 * Where several people stand on every purpose that something is known of; in no order. The record of
 * a state has the id that was asked for, in the normal form.
 */
export async function listConsentsOf(
	db: Reader,
	recipientIds: readonly string[],
	now: Date,
): Promise<ConsentState[]> {
	return toStates(await statesOf(db, recipientIds.map(normalId)), now);
}

/** Where a person stands on every purpose that something is known of. */
export async function listConsents(
	db: Reader,
	recipientId: string,
	now: Date,
): Promise<ConsentState[]> {
	const rows = await selectStates(db, [normalId(recipientId)])
		.orderBy('state.purpose')
		.execute();
	return toStates(rows, now);
}

/**
 * What counts for a purpose. A link may state none: such an open may be used for anything that opens
 * are used for, so the strictest answer to any of that does. A no to clicks alone is none to opens.
 */
export function strictestConsent(
	states: readonly ConsentState[],
	purpose: Purpose | null,
): ConsentState {
	const counts = (asked: Purpose) =>
		purpose === null ? !APART_FROM_OPENS.includes(asked) : asked === purpose;
	return states
		.filter(({ record }) => record === null || counts(record.purpose))
		.reduce(
			(strictest, state) =>
				strictest.record !== null &&
				stricterStatus(strictest.status, state.status) === strictest.status
					? strictest
					: state,
			NOTHING_KNOWN,
		);
}

/** Every record of one person, oldest first, with the text of the notices. */
export async function listConsentRecords(
	db: Reader,
	recipientId: string,
): Promise<ConsentRecord[]> {
	const asked = normalId(recipientId);
	const rows = await selectRecords(db)
		.where('record.recipient_key', 'in', (is) =>
			is.selectFrom(namesOf(db, [asked]).as('person')).select('person.name'),
		)
		.orderBy('record.purpose')
		.orderBy('record.occurred_at')
		.orderBy('record.record_id')
		.execute();
	return rows.map((row) => ({ ...toRecord(row), recipientKey: asked }));
}

/**
 * Works the current row of each person and purpose out anew from all records; the records are the
 * truth.
 */
export async function refreshStates(
	db: Writer,
	touched: ReadonlyArray<Pick<ConsentRecord, 'recipientKey' | 'purpose'>>,
): Promise<void> {
	const keys = new Map(touched.map((one) => [keyOf(one), one]));
	// In one order, so that no two transactions wait for each other in a circle.
	const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
	for (const part of chunks(sorted, ROWS)) {
		const people = new Set(part.map(({ recipientKey }) => recipientKey));
		const rows = await selectRecords(db)
			.where('record.recipient_key', 'in', [...people])
			.execute();
		const all = new Map<string, ConsentRecord[]>();
		for (const record of rows.map(toRecord)) {
			const known = all.get(keyOf(record));
			if (known) known.push(record);
			else all.set(keyOf(record), [record]);
		}
		const states = part.flatMap((one) => stateRow(all.get(keyOf(one)) ?? []) ?? []);
		if (states.length > 0) await saveStates(db, states);
		for (const { recipientKey, purpose } of part.filter((one) => !all.has(keyOf(one)))) {
			await db
				.deleteFrom('consent_states')
				.where('recipient_key', '=', recipientKey)
				.where('purpose', '=', purpose)
				.execute();
		}
	}
}

function keyOf({ recipientKey, purpose }: Pick<ConsentRecord, 'recipientKey' | 'purpose'>): string {
	return `${purpose} ${recipientKey}`;
}

/** The row for the records of one person and purpose; `null` where there are none. */
function stateRow(records: readonly ConsentRecord[]): ConsentStatesTable | null {
	const { status, record } = foldConsent(records);
	if (record === null) return null;
	const inForce = status === 'given' || status === 'renewed';
	const endsAt = inForce ? record.expiresAt : record.occurredAt;
	return {
		recipient_key: record.recipientKey,
		purpose: record.purpose,
		status,
		record_id: record.recordId,
		ended_at: endsAt === null ? null : Date.parse(endsAt),
	};
}

async function saveStates(db: Writer, states: readonly ConsentStatesTable[]): Promise<void> {
	await db
		.insertInto('consent_states')
		.values(states)
		.onConflict((conflict) =>
			conflict.columns(['recipient_key', 'purpose']).doUpdateSet((is) => ({
				status: is.ref('excluded.status'),
				record_id: is.ref('excluded.record_id'),
				ended_at: is.ref('excluded.ended_at'),
			})),
		)
		.execute();
}

function check(record: ConsentRecord, now: Date): ConsentRecord {
	const checked = consentRecordSchema.safeParse(record, IN_PLAIN_WORDS);
	if (!checked.success) {
		const issue = firstIssue(checked.error, 'it');
		throw new StoreError(
			'invalid',
			`The consent was not recorded: ${issue}.`,
			'Correct this field and record the consent again',
		);
	}
	if (Date.parse(checked.data.occurredAt) > now.getTime() + CLOCK_LEEWAY_MS) {
		throw new StoreError(
			'invalid',
			'The consent was not recorded: occurredAt lies in the future. Pass when it happened.',
		);
	}
	return {
		...checked.data,
		recipientKey: requiredPerson(checked.data.recipientKey),
	};
}

function toRow(record: ConsentRecord) {
	return {
		record_id: record.recordId,
		recipient_key: record.recipientKey,
		purpose: record.purpose,
		status: record.status,
		occurred_at: Date.parse(record.occurredAt),
		method: storable(record.method) ?? '',
		jurisdiction: record.jurisdiction,
		notice_version: storable(record.noticeVersion),
		notice_hash: record.noticeHash,
		language: record.language,
		evidence: storable(record.evidence),
		expires_at: record.expiresAt === null ? null : Date.parse(record.expiresAt),
	};
}

function selectRecords(db: Reader) {
	return db
		.selectFrom('consent_records as record')
		.leftJoin('consent_notices as notice', 'notice.hash', 'record.notice_hash')
		.selectAll('record')
		.select('notice.text as notice_text');
}

const statesOf = listQuery(selectStates);

/** @param asked ids in the normal form */
function selectStates(db: Reader, asked: AskedList) {
	return db
		.selectFrom(namesOf(db, asked).as('person'))
		.innerJoin('consent_states as state', 'state.recipient_key', 'person.name')
		.innerJoin('consent_records as record', 'record.record_id', 'state.record_id')
		.leftJoin('consent_notices as notice', 'notice.hash', 'record.notice_hash')
		.selectAll('record')
		.select(['notice.text as notice_text', 'person.asked']);
}

type RecordRow = Awaited<ReturnType<ReturnType<typeof selectRecords>['execute']>>[number];

function toRecord(row: RecordRow): ConsentRecord {
	return {
		recordId: row.record_id,
		recipientKey: row.recipient_key,
		purpose: row.purpose as Purpose,
		status: row.status as ConsentRecord['status'],
		occurredAt: new Date(row.occurred_at).toISOString(),
		method: row.method,
		jurisdiction: row.jurisdiction,
		noticeVersion: row.notice_version,
		noticeHash: row.notice_hash,
		noticeText: row.notice_text,
		language: row.language,
		evidence: row.evidence,
		expiresAt: row.expires_at === null ? null : new Date(row.expires_at).toISOString(),
	};
}

/** One state per person and purpose: what the person said last, under whichever name, counts. */
function toStates(rows: ReadonlyArray<RecordRow & { asked: string }>, now: Date): ConsentState[] {
	const byPurpose = new Map<string, ConsentRecord[]>();
	for (const row of rows) {
		const record = { ...toRecord(row), recipientKey: row.asked };
		const key = JSON.stringify([row.asked, row.purpose]);
		byPurpose.set(key, [...(byPurpose.get(key) ?? []), record]);
	}
	return [...byPurpose.values()].map((records) => consentAt(foldConsent(records), now));
}
