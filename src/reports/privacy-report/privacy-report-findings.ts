import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import { doorFindings } from './door-findings';
import type { Finding } from './finding';
import { keptFindings, requestFindings } from './kept-findings';
import type { PrivacyReportConfig } from './privacy-report-config';

/** Compares the configuration with its own presets, with the law it is said to be under, and with what is kept. */
export function privacyFindings(config: PrivacyReportConfig): Finding[] {
	return [
		...requestFindings(config),
		...doorFindings(config),
		...keptFindings(config),
		...ofSinks(config),
		...ofRetention(config),
		...ofRoles(config),
	];
}

function ofSinks({ sinks, trackers }: PrivacyReportConfig): Finding[] {
	const stored = new Set(trackers.flatMap((tracker) => [...MODE_STORES[tracker.mode].fields]));
	return sinks.flatMap((sink) => {
		const findings: Finding[] = [];
		const empty = sink.fields.filter((field) => !stored.has(field));
		if (empty.length > 0 && trackers.length > 0) {
			findings.push({
				about: sink.name,
				finding: `It is set up to receive fields that no tracker keeps: ${empty.join(', ')}`,
				todo: 'Take them out of its mapping; they arrive empty',
			});
		}
		if (sink.country === null) {
			findings.push({
				about: sink.name,
				finding: 'Nobody stated the country of this destination',
				todo: 'State it; a transfer outside the EEA needs a basis (GDPR Art. 44 to 49)',
			});
		}
		return findings;
	});
}

function ofRetention({ retention }: PrivacyReportConfig): Finding[] {
	return (['open', 'last-open-day'] as const).flatMap((dataClass) =>
		retention[dataClass] === 'keep'
			? [
					{
						about: 'Retention',
						finding: `"${dataClass}" is kept without end`,
						todo: 'Set a period (GDPR Art. 5(1)(e))',
					},
				]
			: [],
	);
}

/** Addresses that RFC 2606 sets aside, so that nobody reads email there. */
const EXAMPLE_ADDRESS = /@example\.(com|net|org)$/i;

function ofRoles({ controller, processors }: PrivacyReportConfig): Finding[] {
	const findings: Finding[] = [];
	if (EXAMPLE_ADDRESS.test(controller.contact)) {
		findings.push({
			about: 'Roles',
			finding: `The contact ${controller.contact} is an example`,
			todo: 'Put the address under Contact where people reach you (GDPR Art. 13(1)(a))',
		});
	}
	if (controller.dataProtectionOfficer === null) {
		findings.push({
			about: 'Roles',
			finding: 'No data protection officer is named',
			todo: 'Name one, or note why none is needed (GDPR Art. 37)',
		});
	}
	for (const processor of processors.filter((p) => p.country === null)) {
		findings.push({
			about: processor.name,
			finding: 'Nobody stated the country of this processor',
			todo: 'State it; a transfer outside the EEA needs a basis (GDPR Art. 44 to 49)',
		});
	}
	return findings;
}
