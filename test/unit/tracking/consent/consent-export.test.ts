import { consentRecordsToJsonLd } from '../../../../src/tracking/consent/consent-export';
import { noticeHash, type ConsentRecord } from '../../../../src/tracking/consent/consent-record';

const text = 'Pouvons-nous savoir si vous ouvrez nos courriels ?';
const base: ConsentRecord = {
	recordId: '019aa6b5-7c8b-7def-8123-000000000001',
	recipientKey: 'anna',
	purpose: 'performance',
	status: 'given',
	occurredAt: '2026-01-01T10:00:00Z',
	method: 'checkbox in sign-up form',
	jurisdiction: 'FR',
	noticeVersion: '3',
	noticeHash: noticeHash(text),
	noticeText: text,
	language: 'fr',
	evidence: 'form 17',
	expiresAt: '2026-10-01T00:00:00Z',
};
const context = {
	controller: {
		id: 'https://sender.example/',
		name: 'Sender Ltd',
		contact: 'privacy@sender.example',
		postalAddress: null,
	},
	recipients: ['Analytics Inc'],
	withdrawUrl: 'https://sender.example/preferences',
	rightsUrl: 'https://sender.example/rights',
	storageDuration: 'P90D',
	storageCountries: ['DE'],
};
const now = new Date('2026-11-21T00:00:00Z');

interface Exported {
	[term: string]: unknown;
	'dpv:hasConsentStatus': Array<Record<string, unknown>>;
}
const exported = (records: ConsentRecord[]) =>
	consentRecordsToJsonLd(records, context, now)['@graph'] as unknown as Exported[];

it('holds every field that ISO/IEC TS 27560 makes mandatory, in the terms of the DPV guide', () => {
	const [record] = exported([base]);
	for (const term of [
		'dct:identifier',
		'dct:conformsTo',
		'dpv:hasDataSubject',
		'dpv:hasDataController',
		'dpv:hasEntity',
		'dpv:hasJurisdiction',
		'dpv:hasApplicableLaw',
		'dpv:hasLegalBasis',
		'dpv:hasProcess',
		'dpv:hasConsentControl',
		'dpv:hasRight',
		'dpv:hasNotice',
		'dpv:hasConsentStatus',
	]) {
		expect(record).toHaveProperty([term]);
	}
	expect(record).toMatchObject({
		'@type': 'dpv:ConsentRecord',
		'dct:conformsTo': { '@id': 'https://w3id.org/dpv/schema/dpv-27560#record' },
		'dpv:hasProcess': { 'dpv:hasPurpose': { 'dct:identifier': 'performance' } },
		'dpv:hasNotice': [
			{
				'@type': 'dpv:ConsentNotice',
				'dct:language': 'fr',
				'dct:hasVersion': '3',
				'dct:description': text,
				'spdx:checksum': { 'spdx:checksumValue': noticeHash(text) },
			},
		],
	});
	expect(record['dpv:hasConsentStatus'][0]).toMatchObject({
		'@type': 'dpv:ConsentGiven',
		'dpv:isIndicatedAtTime': { '@value': '2026-01-01T10:00:00Z' },
		'dpv:isIndicatedBy': { '@id': 'dpv:DataSubject' },
		'dpv:hasIndicationMethod': 'checkbox in sign-up form',
		'dpv:hasDuration': { '@type': 'dpv:UntilTimeDuration' },
	});
});

it('tells the whole history in order, with the expiry that came by itself', () => {
	const requested: ConsentRecord = {
		...base,
		recordId: '019aa6b5-7c8b-7def-8123-000000000000',
		status: 'requested',
		occurredAt: '2025-12-31T00:00:00Z',
		expiresAt: null,
	};
	const [record] = exported([base, requested]);
	expect(record['dpv:hasConsentStatus'].map((event) => event['@type'])).toEqual([
		'dpv:ConsentRequested',
		'dpv:ConsentGiven',
		'dpv:ConsentExpired',
	]);
	expect(record['dpv:hasConsentStatus'][0]['dpv:isIndicatedBy']).toEqual({
		'@id': 'https://sender.example/',
	});
	expect(record['dct:identifier']).toBe(requested.recordId);
});

it('keeps people and purposes apart', () => {
	const records = [
		base,
		{ ...base, purpose: 'profiling' as const },
		{ ...base, recipientKey: 'bert' },
	];
	expect(exported(records)).toHaveLength(3);
});

it('names the EU law only where it applies', () => {
	const [record] = exported([{ ...base, jurisdiction: 'US-CA' }]);
	expect(record).not.toHaveProperty(['dpv:hasApplicableLaw']);
	expect(record['dpv:hasJurisdiction']).toEqual({ '@id': 'loc:US-CA' });
});

it('uses no prefix that its context does not explain', () => {
	const document = consentRecordsToJsonLd([base], context, now);
	const known = new Set(Object.keys(document['@context']));
	const visit = (value: unknown): void => {
		if (Array.isArray(value)) return value.forEach(visit);
		if (typeof value !== 'object' || value === null) return;
		for (const [term, child] of Object.entries(value)) {
			if (!term.startsWith('@')) expect(known).toContain(term.split(':')[0]);
			if (term === '@type' || term === '@id') {
				for (const name of [child].flat() as string[]) {
					if (/^(https|urn|ni):/.test(name)) continue;
					expect(known).toContain(name.split(':')[0]);
				}
			}
			visit(child);
		}
	};
	visit(document['@graph']);
});
