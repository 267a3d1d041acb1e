import { privacyReport } from '../../../../src/reports/privacy-report/privacy-report';
import type { PrivacyReportConfig } from '../../../../src/reports/privacy-report/privacy-report-config';
import { privacyFindings } from '../../../../src/reports/privacy-report/privacy-report-findings';
import { controllerProperties, readController } from '../../common/controller';
import type { Operation } from '../../common/operation';
import { liveSetup } from '../../common/setup';
import { packageVersion } from './package-version';

interface Processor {
	name: string;
	task: string;
	country?: string;
}

export const getPrivacyReport: Operation = {
	value: 'getPrivacyReport',
	name: 'Get Privacy Report',
	action: 'Get privacy report',
	description:
		'Write what is stored, why, for how long and where it flows to an HTML file, from the live setup',
	properties: [
		...controllerProperties,
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
		const policies = await store.countPolicies();
		const openRequests = await store.listPrivacyRequests();
		const isPostgres = Boolean(node.getNode().credentials?.openTrackingPostgresApi);
		const config: PrivacyReportConfig = {
			generatedAt: new Date(),
			packageVersion,
			controller: {
				...readController(node, index),
				representative: options.representative || null,
				dataProtectionOfficer: options.dataProtectionOfficer || null,
			},
			processors: (options.processors?.processor ?? []).map(({ name, task, country }) => ({
				name,
				task,
				country: country || null,
			})),
			store: isPostgres
				? { kind: 'PostgreSQL', location: 'the database of the credential' }
				: { kind: 'SQLite', location: 'a file in the folder of n8n' },
			...(await liveSetup(store)),
			policies: policies.map(({ label, opens, firstAt, lastAt }) => ({
				label,
				opens,
				firstAt: new Date(firstAt),
				lastAt: new Date(lastAt),
			})),
			openRequests: openRequests.map(({ kind, askedAt }) => ({ kind, askedAt: new Date(askedAt) })),
		};
		const data = await node.helpers.prepareBinaryData(
			Buffer.from(privacyReport(config)),
			'privacy-report.html',
			'text/html',
		);
		const findings = privacyFindings(config).map((finding) => ({ ...finding }));
		return [{ json: { trackers: config.trackers.length, findings }, binary: { data } }];
	},
};
