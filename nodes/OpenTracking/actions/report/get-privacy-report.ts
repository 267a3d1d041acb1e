import type { INodeProperties } from 'n8n-workflow';

import { packageVersion } from '../../../../src/collector/command/package-version';
import { privacyReport } from '../../../../src/reports/privacy-report/privacy-report';
import {
	CONSENT_ENDS_SOON_DAYS,
	LEGAL_BASES,
	type LegalBasis,
	type PrivacyReportConfig,
} from '../../../../src/reports/privacy-report/privacy-report-config';
import { privacyFindings } from '../../../../src/reports/privacy-report/privacy-report-findings';
import {
	changesBetween,
	isSetupChange,
	keptCounts,
	monthOf,
	reportFacts,
} from '../../../../src/reports/privacy-report/report-facts';
import { reportInWords } from '../../../../src/reports/privacy-report/report-in-words';
import {
	JURISDICTION_PRESETS,
	JURISDICTIONS,
	type Jurisdiction,
} from '../../../../src/tracking/consent/jurisdictions';
import { titleCase } from '../../../shared/fields/title-case';
import { controllerProperties, readController } from '../../common/controller';
import type { Operation } from '../../common/operation';
import { liveSetup, placeOfStore } from '../../../shared/person/live-setup';

interface Processor {
	name: string;
	task: string;
	country?: string;
}

const NOT_STATED = 'not-stated';

const legalProperties: INodeProperties[] = [
	{
		displayName: 'Legal Basis',
		name: 'legalBasis',
		type: 'options',
		options: [
			...Object.entries(LEGAL_BASES).map(([value, name]) => ({ name: titleCase(name), value })),
			{ name: 'Not Stated', value: NOT_STATED },
		],
		default: NOT_STATED,
		description: 'What the tracking of people rests on; the report compares it with the setup',
	},
	{
		displayName: 'Recipients Are In',
		name: 'jurisdictions',
		type: 'multiOptions',
		options: JURISDICTIONS.map((value) => ({
			name: JURISDICTION_PRESETS[value].displayName,
			value,
		})),
		default: [],
		description:
			'The legal areas of the people emails go to; the report holds every place where opens come in to their presets',
	},
];

export const getPrivacyReport: Operation = {
	value: 'getPrivacyReport',
	name: 'Get Privacy Report',
	action: 'Get privacy report',
	description:
		'Write what is stored, why, for how long, where it flows and what changed since last month to an HTML file',
	properties: [
		...controllerProperties,
		...legalProperties,
		{
			displayName: 'Options',
			name: 'privacyReportOptions',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Data Protection Officer',
					name: 'dataProtectionOfficer',
					type: 'string',
					default: '',
				},
				{
					displayName: 'Processors',
					name: 'processors',
					type: 'fixedCollection',
					typeOptions: { multipleValues: true },
					placeholder: 'Add Processor',
					default: {},
					options: [
						{
							displayName: 'Processor',
							name: 'processor',
							values: [
								{
									displayName: 'Country',
									name: 'country',
									type: 'string',
									default: '',
									placeholder: 'e.g. DE',
								},
								{ displayName: 'Name', name: 'name', type: 'string', default: '' },
								{
									displayName: 'Task',
									name: 'task',
									type: 'string',
									default: '',
									placeholder: 'e.g. hosts n8n',
								},
							],
						},
					],
				},
				{
					displayName: 'Representative',
					name: 'representative',
					type: 'string',
					default: '',
					description: 'In the EU, of a controller outside it',
				},
			],
		},
	],
	async execute({ node, store, index }) {
		const options = node.getNodeParameter('privacyReportOptions', index, {}) as {
			dataProtectionOfficer?: string;
			processors?: { processor?: Processor[] };
			representative?: string;
		};
		const generatedAt = new Date();
		const endingBefore = new Date(generatedAt.getTime() + CONSENT_ENDS_SOON_DAYS * 86_400_000);
		const legalBasis = node.getNodeParameter('legalBasis', index, NOT_STATED) as string;
		const openRequests = await store.listPrivacyRequests();
		const config: PrivacyReportConfig = {
			generatedAt,
			packageVersion,
			controller: {
				...readController(node, index),
				representative: options.representative || null,
				dataProtectionOfficer: options.dataProtectionOfficer || null,
			},
			legalBasis: legalBasis === NOT_STATED ? null : (legalBasis as LegalBasis),
			jurisdictions: node.getNodeParameter('jurisdictions', index, []) as Jurisdiction[],
			processors: (options.processors?.processor ?? []).map(({ name, task, country }) => ({
				name,
				task,
				country: country || null,
			})),
			store: await placeOfStore(node),
			...(await liveSetup(store)),
			kept: await store.countKept({ now: generatedAt, endingBefore }),
			openRequests: openRequests.map(({ kind, askedAt }) => ({ kind, askedAt: new Date(askedAt) })),
		};
		const month = monthOf(config);
		const earlier = await store.getPrivacyReportBefore(month);
		const facts = reportFacts(config);
		await store.savePrivacyReport({ month, madeAt: generatedAt.toISOString(), facts });
		const changes = earlier === null ? [] : changesBetween(earlier.facts, facts);
		const data = await node.helpers.prepareBinaryData(
			Buffer.from(privacyReport(config, earlier)),
			'privacy-report.html',
			'text/html',
		);
		const findings = privacyFindings(config);
		const comparedWith = earlier?.month ?? null;
		const json = {
			...reportInWords({ month, comparedWith, changes, findings }),
			month,
			comparedWith,
			changed: earlier === null ? null : changes.some(isSetupChange),
			changes: changes.map((change) => ({ ...change })),
			trackers: config.trackers.length,
			counts: Object.fromEntries(keptCounts(config)),
			findings: findings.map((finding) => ({ ...finding })),
		};
		return [{ json, binary: { data } }];
	},
};
