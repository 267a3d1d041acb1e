import { dropOldWindows } from '../bursts/burst-windows';
import { storable } from '../database/checked-input';
import type { StoreDatabase } from '../database/store-database';
import type { StoreSchema } from '../database/store-schema';
import { deniedAmong, deny } from '../people/denylist';
import type { PrivacyStore } from '../port/privacy-store';
import { countKept, countRightsUsed } from '../statistics/kept-data';
import { countPeople } from '../statistics/people-counts';
import { applyRetention } from './apply-retention';
import {
	getConsent,
	listConsentRecords,
	listConsents,
	listConsentsOf,
	recordConsent,
	strictestConsent,
} from '../people/consent-records';
import { dailyKey, destroyOldKeys } from './daily-keys';
import { eraseSubject } from './erase-subject';
import { findErased } from './find-erased';
import { exportSubject } from './find-person';
import { listNames } from '../people/names';
import {
	lastProbe,
	listParts,
	noteProbeLoad,
	removePart,
	savePart,
	startProbe,
} from './installed-parts';
import { getPrivacyReportBefore, savePrivacyReport } from './privacy-reports';
import { closePrivacyRequest, listPrivacyRequests, openPrivacyRequest } from './privacy-requests';
import { giveUpKey, noteKeys } from './signing-keys';

/** The tables that erasure and retention delete from. */
const PERSONAL_TABLES = [
	'opens',
	'label_history',
	'last_open_days',
	'recipients',
	'recipient_segments',
	'recipient_tallies',
	'last_opens',
	'sent_messages',
	'tallies',
	'hourly',
	'link_clicks',
	'consent_records',
	'consent_states',
	'burst_windows',
	'privacy_requests',
] as const satisfies ReadonlyArray<keyof StoreSchema>;

/** The part of the store that consent, rights and retention are about. */
export function createPrivacyStore(database: StoreDatabase): PrivacyStore {
	const { read, write } = database;
	return {
		recordConsent: (records, now, keysOf) => write((db) => recordConsent(db, records, now, keysOf)),
		getConsent: (recipientId, purpose, now) =>
			read(async (db) =>
				purpose === null
					? strictestConsent(await listConsents(db, storable(recipientId), now), null)
					: await getConsent(db, storable(recipientId), purpose, now),
			),
		listConsents: (recipientId, now) => read((db) => listConsents(db, storable(recipientId), now)),
		listConsentsOf: (recipientIds, now) =>
			read((db) =>
				listConsentsOf(
					db,
					recipientIds.map((id) => storable(id)),
					now,
				),
			),
		listConsentRecords: (recipientId) =>
			read((db) => listConsentRecords(db, storable(recipientId))),

		isDenied: (keys) => read(async (db) => (await deniedAmong(db, keys)).size > 0),
		deniedAmong: (keys) => read((db) => deniedAmong(db, keys)),
		deny: (keys, now) => write((db) => deny(db, keys, now)),
		findErased: (denylistKeysOf) => findErased(database, denylistKeysOf),
		namesOf: (recipientId) =>
			read(async (db) => (await listNames(db, recipientId)).map(({ name }) => name)),
		exportSubject: (subject) => exportSubject(database, subject),
		eraseSubject: async (subject, now) => {
			const counts = await eraseSubject(database, subject, now);
			await database.scrub(PERSONAL_TABLES);
			return counts;
		},

		openPrivacyRequest: (request, now) => write((db) => openPrivacyRequest(db, request, now)),
		listPrivacyRequests: () => read((db) => listPrivacyRequests(db)),
		closePrivacyRequest: (request) => write((db) => closePrivacyRequest(db, request)),

		applyRetention: async (plan, options) => {
			const counts = await applyRetention(database, plan, options);
			if (options.dryRun) return counts;
			await write((db) => dropOldWindows(db, new Date()));
			// Also where nothing was old enough: a deleted pixel or recipient left its rows in the files.
			await database.scrub(PERSONAL_TABLES, { thorough: true });
			return counts;
		},
		noteKeys: (keys) => write((db) => noteKeys(db, keys)),
		giveUpKey: (id) => write((db) => giveUpKey(db, id)),
		dailyKey: (now) => dailyKey(database, now),
		destroyOldKeys: (now) => destroyOldKeys(database, now),

		countPeople: (by) => read((db) => countPeople(db, by)),
		countKept: (options) => countKept(database, options),
		countRightsUsed: (window) => read((db) => countRightsUsed(db, window)),
		savePrivacyReport: (version) => write((db) => savePrivacyReport(db, version)),
		getPrivacyReportBefore: (month) => read((db) => getPrivacyReportBefore(db, month)),
		savePart: (part) => write((db) => savePart(db, part)),
		removePart: (kind, id) => write((db) => removePart(db, kind, id)),
		listParts: () => read((db) => listParts(db)),
		startProbe: (probe) => write((db) => startProbe(db, probe)),
		noteProbeLoad: (load) => write((db) => noteProbeLoad(db, load)),
		lastProbe: () => read((db) => lastProbe(db)),
	};
}
