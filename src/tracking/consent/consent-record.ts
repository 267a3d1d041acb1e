import { createHash } from 'node:crypto';

import { DateTime } from 'luxon';
import { z } from 'zod4';

import { CONSENT_STATUSES } from '../event/event-fields';
import type { ConsentStatus } from '../event/open-event';
import { PURPOSES } from '../event/purpose';
import { stricterStatus } from './consent-policy';

/**
 * Fingerprint of the notice a person saw, so that its exact text can be proven later.
 *
 * @returns SHA-256 in 64 hex digits, over the UTF-8 text in Unicode form NFC with LF line ends
 */
export function noticeHash(noticeText: string): string {
	const text = noticeText.normalize('NFC').replace(/\r\n?/g, '\n');
	return createHash('sha256').update(text, 'utf8').digest('hex');
}

const needsNotice = (status: ConsentStatus) => status === 'given' || status === 'renewed';

/**
 * One thing that happened to one person's consent for one purpose. Records are only ever added;
 * a change of mind is a new record. The fields are those of ISO/IEC TS 27560:2023 that an email
 * sender can know.
 */
export const consentRecordSchema = z
	.object({
		recordId: z.uuid({ version: 'v7' }).describe('UUIDv7 of this record'),
		recipientKey: z.string().min(1).max(256).describe('The recipient id the links carry'),
		purpose: z.enum(PURPOSES).describe('The one purpose this record is about'),
		status: z.enum(CONSENT_STATUSES).describe('What happened'),
		occurredAt: z.iso.datetime().describe('When it happened, ISO 8601 in UTC'),
		method: z.string().min(1).max(256).describe('How, for example "checkbox in sign-up form"'),
		jurisdiction: z
			.string()
			.regex(
				/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/,
				'must be EU or an ISO 3166 code, for example FR or US-CA',
			)
			.nullable()
			.describe('Whose law applies: EU or an ISO 3166 code'),
		noticeVersion: z.string().min(1).max(64).nullable().describe('Version of the notice shown'),
		noticeHash: z
			.string()
			.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 lower-case hex digits')
			.nullable()
			.describe('SHA-256 of the notice text, see noticeHash()'),
		noticeText: z.string().max(65_536).nullable().describe('The notice itself, if it is kept here'),
		language: z
			.string()
			.regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag, for example fr or pt-BR')
			.nullable()
			.describe('Language of the notice, as a BCP 47 tag'),
		evidence: z
			.string()
			.max(4_096)
			.nullable()
			.describe('Where the proof lies, for example a form id'),
		expiresAt: z.iso.datetime().nullable().describe('When a consent that was given ends'),
	})
	.superRefine((record, issues) => {
		const complain = (path: string, message: string) =>
			issues.addIssue({ code: 'custom', path: [path], message });
		if (needsNotice(record.status) && record.noticeHash === null) {
			complain('noticeHash', 'is needed: a consent without the notice it answers proves nothing');
		}
		if (needsNotice(record.status) && record.noticeVersion === null) {
			complain(
				'noticeVersion',
				'is needed: a consent without the notice it answers proves nothing',
			);
		}
		if (record.noticeText !== null && noticeHash(record.noticeText) !== record.noticeHash) {
			complain('noticeHash', 'does not fit noticeText');
		}
		if (record.expiresAt !== null && record.expiresAt <= record.occurredAt) {
			complain('expiresAt', 'must be after occurredAt');
		}
	});

export type ConsentRecord = z.infer<typeof consentRecordSchema>;

/** Where one person stands on one purpose. */
export interface ConsentState {
	status: ConsentStatus;
	/** The record that decides; `null` when there is none */
	record: ConsentRecord | null;
}

const NOTHING_KNOWN: ConsentState = { status: 'unknown', record: null };

/**
 * Works out where a person stands on a purpose from all records about it, in whatever order they
 * come. The newest answer counts; at the same instant the stricter one does. Asking again, an
 * expiry or a loss of knowledge never undoes a refusal or a withdrawal, and asking again leaves
 * a consent in force as it is.
 *
 * @param records all about the same recipient and purpose
 * @param now later records and the expiry of a consent are judged by it
 * @throws when the records are about different recipients or purposes
 */
export function currentConsent(records: readonly ConsentRecord[], now: Date): ConsentState {
	return consentAt(
		foldConsent(records.filter((r) => Date.parse(r.occurredAt) <= now.getTime())),
		now,
	);
}

/**
 * As `currentConsent`, without a clock: what a store may keep as one row, to be read through
 * `consentAt`.
 */
export function foldConsent(records: readonly ConsentRecord[]): ConsentState {
	const [first] = records;
	if (!first) return NOTHING_KNOWN;
	const stray = records.some(
		(r) => r.recipientKey !== first.recipientKey || r.purpose !== first.purpose,
	);
	if (stray) {
		throw new Error(
			'These consent records are not about one person and purpose. Group them first.',
		);
	}
	return [...records].sort(inOrder).reduce(next, NOTHING_KNOWN);
}

/** The state at a moment: a consent whose time is up has expired. */
export function consentAt(state: ConsentState, now: Date): ConsentState {
	const expiresAt = state.record?.expiresAt;
	const inForce = state.status === 'given' || state.status === 'renewed';
	if (!inForce || !expiresAt || Date.parse(expiresAt) > now.getTime()) return state;
	return { status: 'expired', record: state.record };
}

/**
 * When a consent given at a moment ends.
 *
 * @param months calendar months; `null` for no end, which no regulator here recommends
 */
export function consentExpiry(givenAt: Date, months: number | null): Date | null {
	if (months === null) return null;
	return DateTime.fromJSDate(givenAt, { zone: 'utc' }).plus({ months }).toJSDate();
}

function inOrder(a: ConsentRecord, b: ConsentRecord): number {
	const time = Date.parse(a.occurredAt) - Date.parse(b.occurredAt);
	if (time !== 0) return time;
	if (a.status !== b.status) return stricterStatus(a.status, b.status) === a.status ? 1 : -1;
	return a.recordId < b.recordId ? -1 : 1;
}

function next(state: ConsentState, record: ConsentRecord): ConsentState {
	const { status } = record;
	const objected = state.status === 'refused' || state.status === 'withdrawn';
	const inForce = state.status === 'given' || state.status === 'renewed';
	if (objected && (status === 'requested' || status === 'expired' || status === 'unknown'))
		return state;
	if (inForce && status === 'requested') {
		const over = state.record?.expiresAt && state.record.expiresAt <= record.occurredAt;
		return over ? { status, record } : state;
	}
	return { status, record };
}
