import type { ConsentStatus } from '../event/open-event';
import type { Purpose } from '../event/purpose';
import { consentAt, foldConsent, type ConsentRecord } from './consent-record';

/** Who answers for the processing; what a consent record must name besides the consent itself. */
export interface ConsentExportContext {
	controller: {
		/** An IRI that stands for the controller, for example its home page */
		id: string;
		name: string;
		/** Email address or page where the controller can be reached */
		contact: string;
		postalAddress: string | null;
	};
	/** Names of others who get the data, processors included */
	recipients: readonly string[];
	/** Where a person withdraws, and where other rights are exercised */
	withdrawUrl: string;
	rightsUrl: string;
	/** How long opens are stored, ISO 8601 duration, for example `P90D` */
	storageDuration: string;
	/** Country codes of where they are stored */
	storageCountries: readonly string[];
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

const STATUS_TERMS: Record<ConsentStatus, string> = {
	unknown: 'dpv:ConsentUnknown',
	requested: 'dpv:ConsentRequested',
	given: 'dpv:ConsentGiven',
	refused: 'dpv:ConsentRefused',
	withdrawn: 'dpv:ConsentWithdrawn',
	expired: 'dpv:ConsentExpired',
	renewed: 'dpv:RenewedConsentGiven',
};

/** The DPV purposes that each of ours is a kind of (DPV 2.0, module purposes). */
const PURPOSE_TERMS: Record<Purpose, { broader: readonly string[]; description: string }> = {
	performance: {
		broader: ['dpv:DirectMarketing', 'dpv:OptimisationForController'],
		description: 'Measuring who opened which email, to improve campaigns',
	},
	personalisation: {
		broader: ['dpv:Personalisation'],
		description: 'Choosing content by what a recipient opened before',
	},
	profiling: { broader: ['dpv:Marketing'], description: 'Profiles that are used outside email' },
	frequency: {
		broader: ['dpv:CommunicationManagement', 'dpv:OptimisationForConsumer'],
		description: 'Adjusting how often a recipient is emailed',
	},
	deliverability: {
		broader: ['dpv:CommunicationManagement'],
		description: 'Keeping the list clean by the day of the last open',
	},
	security: { broader: ['dpv:EnforceSecurity'], description: 'Protecting a sign-in or an account' },
	'legal-notice': {
		broader: ['dpv:LegalCompliance'],
		description: 'Proving that a notice the law asks for was delivered',
	},
	'image-held': {
		broader: ['dpv:ServiceUsageAnalytics'],
		description: 'Measuring how long an image connection stayed open',
	},
	clicks: {
		broader: ['dpv:ServiceUsageAnalytics'],
		description: 'Seeing which links of an email were followed',
	},
};

const SAID_BY_THE_PERSON: readonly ConsentStatus[] = ['given', 'refused', 'withdrawn', 'renewed'];

const CONTEXT = {
	dpv: 'https://w3id.org/dpv#',
	pd: 'https://w3id.org/dpv/pd#',
	loc: 'https://w3id.org/dpv/loc#',
	'eu-gdpr': 'https://w3id.org/dpv/legal/eu/gdpr#',
	dct: 'http://purl.org/dc/terms/',
	rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
	schema: 'https://schema.org/',
	skos: 'http://www.w3.org/2004/02/skos/core#',
	spdx: 'http://spdx.org/rdf/terms#',
	xsd: 'http://www.w3.org/2001/XMLSchema#',
};

/** Countries whose consent falls under the EU GDPR: the EU itself and the European Economic Area. */
const GDPR_COUNTRIES = new Set(
	'EU AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(
		' ',
	),
);

/**
 * Proof of consent for other systems and for authorities: one `dpv:ConsentRecord` per person and
 * purpose with its whole history, in the structure of ISO/IEC TS 27560:2023 and the words of the
 * W3C Data Privacy Vocabulary 2.0 (https://w3id.org/dpv/guides/consent-27560, §9).
 *
 * @param now an expiry that has come is added to the history as an event
 * @returns a JSON-LD document
 */
export function consentRecordsToJsonLd(
	records: readonly ConsentRecord[],
	context: ConsentExportContext,
	now: Date,
): { '@context': typeof CONTEXT; '@graph': Json[] } {
	const groups = new Map<string, ConsentRecord[]>();
	for (const record of records) {
		const key = JSON.stringify([record.recipientKey, record.purpose]);
		groups.set(key, [...(groups.get(key) ?? []), record]);
	}
	return {
		'@context': CONTEXT,
		'@graph': [...groups.values()].map((group) => oneRecord(group, context, now)),
	};
}

function oneRecord(records: ConsentRecord[], context: ConsentExportContext, now: Date): Json {
	const history = [...records].sort((a, b) =>
		`${a.occurredAt}${a.recordId}` < `${b.occurredAt}${b.recordId}` ? -1 : 1,
	);
	const [first] = history;
	const last = history[history.length - 1];
	const jurisdiction = last.jurisdiction;
	const underGdpr = jurisdiction !== null && GDPR_COUNTRIES.has(jurisdiction.slice(0, 2));

	return {
		'@id': `urn:uuid:${first.recordId}`,
		'@type': 'dpv:ConsentRecord',
		'dct:identifier': first.recordId,
		'dct:conformsTo': iri('https://w3id.org/dpv/schema/dpv-27560#record'),
		'dct:created': time(first.occurredAt),
		'dct:modified': time(last.occurredAt),
		'dpv:hasDataSubject': { '@type': 'dpv:DataSubject', 'dct:identifier': first.recipientKey },
		'dpv:hasDataController': iri(context.controller.id),
		'dpv:hasEntity': controller(context),
		...(jurisdiction === null ? {} : { 'dpv:hasJurisdiction': iri(`loc:${jurisdiction}`) }),
		...(underGdpr ? { 'dpv:hasApplicableLaw': iri('eu-gdpr:GDPR') } : {}),
		'dpv:hasLegalBasis': iri('dpv:ExpressedConsent'),
		'dpv:hasProcess': process(first.purpose, context),
		'dpv:hasConsentControl': {
			'@type': ['dpv:ProvideConsent', 'dpv:WithdrawConsent'],
			'dpv:isExercisedAt': iri(context.withdrawUrl),
		},
		'dpv:hasRight': {
			'@type': ['dpv:DataSubjectRight', 'eu-gdpr:A7-3'],
			'dct:title': 'Right to withdraw consent',
			'dpv:isExercisedAt': iri(context.rightsUrl),
		},
		'dpv:hasNotice': notices(history),
		'dpv:hasConsentStatus': [
			...history.map((record) => event(record, context)),
			...expiry(history, now),
		],
	};
}

function controller({ controller: c }: ConsentExportContext): Json {
	return {
		'@id': c.id,
		'@type': ['dpv:Organisation', 'dpv:DataController'],
		'dpv:hasIdentifier': c.id,
		'dpv:hasName': c.name,
		'schema:contactPoint': { '@type': 'schema:ContactPoint', 'schema:email': c.contact },
		...(c.postalAddress === null ? {} : { 'schema:address': c.postalAddress }),
	};
}

function process(purpose: Purpose, context: ConsentExportContext): Json {
	const { broader, description } = PURPOSE_TERMS[purpose];
	return {
		'@type': 'dpv:Process',
		'dpv:hasPurpose': {
			'@type': 'dpv:Purpose',
			'dct:identifier': purpose,
			'skos:broader': broader.map(iri),
			'dct:description': description,
		},
		'dpv:hasPersonalData': [
			{
				'@type': 'dpv:PersonalData',
				'skos:broader': iri('pd:Behavioral'),
				'dct:title': 'When an email was opened',
			},
			{
				'@type': 'dpv:PersonalData',
				'skos:broader': iri('pd:DeviceSoftware'),
				'dct:title': 'Family of the reading program',
			},
		],
		...(purpose === 'profiling' ? { 'dpv:hasProcessing': iri('dpv:Profiling') } : {}),
		'dpv:hasRecipient': context.recipients.map((name) => ({
			'@type': 'dpv:Recipient',
			'dpv:hasName': name,
		})),
		'dpv:hasStorageCondition': [
			{
				'@type': 'dpv:StorageDuration',
				'dpv:hasDuration': {
					'@type': 'dpv:TemporalDuration',
					'rdf:value': context.storageDuration,
				},
			},
			{
				'@type': 'dpv:StorageLocation',
				'dpv:hasLocation': context.storageCountries.map((code) => iri(`loc:${code}`)),
			},
		],
	};
}

function notices(history: readonly ConsentRecord[]): Json[] {
	const seen = new Map<string, Json>();
	for (const record of history) {
		if (record.noticeHash === null || seen.has(record.noticeHash)) continue;
		seen.set(record.noticeHash, {
			'@id': noticeIri(record.noticeHash),
			'@type': 'dpv:ConsentNotice',
			...(record.noticeVersion === null ? {} : { 'dct:hasVersion': record.noticeVersion }),
			...(record.language === null ? {} : { 'dct:language': record.language }),
			...(record.noticeText === null ? {} : { 'dct:description': record.noticeText }),
			'spdx:checksum': {
				'@type': 'spdx:Checksum',
				'spdx:algorithm': iri('spdx:checksumAlgorithm_sha256'),
				'spdx:checksumValue': record.noticeHash,
			},
		});
	}
	return [...seen.values()];
}

function event(record: ConsentRecord, context: ConsentExportContext): Json {
	const bySender = !SAID_BY_THE_PERSON.includes(record.status);
	return {
		'@id': `urn:uuid:${record.recordId}#event`,
		'@type': STATUS_TERMS[record.status],
		'dpv:isIndicatedAtTime': time(record.occurredAt),
		'dpv:isIndicatedBy': iri(bySender ? context.controller.id : 'dpv:DataSubject'),
		'dpv:hasIndicationMethod': record.method,
		...(record.noticeHash === null ? {} : { 'dpv:hasNotice': iri(noticeIri(record.noticeHash)) }),
		...(record.evidence === null ? {} : { 'dct:source': record.evidence }),
		'dpv:hasDuration':
			record.expiresAt === null
				? { '@type': 'dpv:UntilEventDuration', 'rdf:value': 'Until the person decides otherwise' }
				: { '@type': 'dpv:UntilTimeDuration', 'rdf:value': time(record.expiresAt) },
	};
}

/** A consent that ran out leaves no record of its own, but the export says so. */
function expiry(history: ConsentRecord[], now: Date): Json[] {
	const state = foldConsent(history);
	const expired = consentAt(state, now);
	if (expired.status === state.status || !expired.record?.expiresAt) return [];
	return [
		{
			'@type': STATUS_TERMS.expired,
			'dpv:isIndicatedAtTime': time(expired.record.expiresAt),
			'dpv:hasIndicationMethod': 'The time the consent was given for ended',
		},
	];
}

function iri(id: string): { '@id': string } {
	return { '@id': id };
}

function time(iso: string): { '@type': string; '@value': string } {
	return { '@type': 'xsd:dateTime', '@value': iso };
}

/** A name that is the hash itself (RFC 6920), so no notice needs a page of its own. */
function noticeIri(hash: string): string {
	return `ni:///sha-256;${Buffer.from(hash, 'hex').toString('base64url')}`;
}
