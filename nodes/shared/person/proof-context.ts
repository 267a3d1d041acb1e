import type { ReportedSink } from '../../../src/reports/privacy-report/privacy-report-config';
import type { ConsentExportContext } from '../../../src/tracking/consent/consent-export';
import { PRIVACY_PATH } from '../../../src/tracking/links/person-link';
import type { RetentionConfig } from '../../../src/tracking/people/retention';

/**
 * What a proof of consent says besides the consent itself, from what the installation knows.
 *
 * @param baseUrl where this n8n serves webhooks
 */
export function proofContext(
	baseUrl: string,
	facts: {
		name: string;
		contact: string;
		id?: string;
		postalAddress?: string;
		storageCountries?: string[];
		sinks: readonly ReportedSink[];
		retention: RetentionConfig;
	},
): ConsentExportContext {
	const withdrawUrl = `${baseUrl}/${PRIVACY_PATH}`;
	const { open } = facts.retention;
	const duration =
		typeof open === 'string' ? 'unlimited' : 'days' in open ? `P${open.days}D` : `P${open.months}M`;
	return {
		controller: {
			id: facts.id || new URL(baseUrl).origin,
			name: facts.name,
			contact: facts.contact,
			postalAddress: facts.postalAddress || null,
		},
		recipients: facts.sinks.map(({ name }) => name),
		withdrawUrl,
		rightsUrl: withdrawUrl,
		storageDuration: duration,
		storageCountries: facts.storageCountries ?? [],
	};
}
