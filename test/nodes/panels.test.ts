import type { INodeParameters, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { validateNodeCredentials } from 'n8n-workflow';

import { SINKS } from '../../src/sinks/registry';
import {
	allChoices,
	hiddenFromPanel,
	optionsOf,
	panelDescriptions,
	shownFor,
} from '../support/node-panel';

describe("the panels of the nodes in n8n's editor", () => {
	let descriptions: INodeTypeDescription[];
	beforeAll(async () => {
		descriptions = await panelDescriptions();
	});
	const descriptionOf = (name: string) =>
		descriptions.find((description) => description.name === name)!;

	it('are also those of the tool that n8n makes of Open Tracking', () => {
		expect(descriptionOf('openTracking').properties[0].name).toBe('resource');
		expect(descriptionOf('openTrackingTool').properties[0].name).toBe('descriptionType');
	});

	it('leave out no parameter because a credential depends on it', () => {
		expect(descriptions.map(({ name, ...rest }) => [name, hiddenFromPanel(rest)])).toEqual(
			descriptions.map(({ name }) => [name, []]),
		);
	});

	it('ask for credentials by parameters and options that there are', () => {
		const wrong = descriptions.flatMap(({ name, properties, credentials = [] }) =>
			credentials.flatMap((credential) =>
				Object.entries(credential.displayOptions?.show ?? {}).flatMap(([path, values = []]) => {
					const parameters = properties.filter((parameter) => `/${parameter.name}` === path);
					const known = parameters.flatMap(optionsOf).map(({ value }) => value);
					return values
						.filter((value) => !known.some((one) => one === value))
						.map((value) => `${name}, ${credential.name}: ${path} = ${String(value)}`);
				}),
			),
		);
		expect(wrong).toEqual([]);
	});

	/** What n8n demands before it publishes a workflow with this node and no credential in it. */
	const demanded = (description: INodeTypeDescription, parameters: INodeParameters) =>
		validateNodeCredentials(
			{
				id: 'node',
				name: description.displayName,
				type: description.name,
				typeVersion: 1,
				position: [0, 0],
				parameters,
			},
			{ description } as INodeType,
		).map(({ credentialName }) => credentialName);

	it('show no store and no keys until they are asked for, and then demand the credential', () => {
		const ours = 'emailOpenTrackingApi';
		const shown = (description: INodeTypeDescription, choice: INodeParameters) =>
			shownFor(description, choice).credentials.some(({ name }) => name === ours);
		const own = { storeAndKeys: 'credential' };
		const withStore = descriptions.filter(({ credentials = [] }) =>
			credentials.some(({ name }) => name === ours),
		);
		expect(withStore.length).toBe(descriptions.length);
		for (const description of withStore) {
			expect(description.properties.filter(({ type }) => type !== 'credentials').at(-1)?.name).toBe(
				'storeAndKeys',
			);
			for (const choice of allChoices(description)) {
				const offered = shownFor(description, choice).parameters.some(
					({ name }) => name === 'storeAndKeys',
				);
				expect([choice, shown(description, choice)]).toEqual([choice, false]);
				expect([choice, shown(description, { ...choice, ...own })]).toEqual([choice, offered]);
				if (offered) expect(demanded(description, { ...choice, ...own })).toContain(ours);
			}
		}
	});

	it('demand the login of the destination that is chosen, and no other', () => {
		const sink = descriptionOf('openEventSink');
		for (const { name, credential } of SINKS) {
			expect(demanded(sink, { operation: name })).toEqual([credential.name]);
		}
	});

	it('demand a login where a hosted tracker or a requester is asked, and nothing elsewhere', () => {
		const demands = descriptions
			.filter(({ name }) => name !== 'openEventSink')
			.flatMap((description) =>
				allChoices(description).map((choice) => ({
					node: description.name,
					choice,
					credentials: demanded(description, choice),
				})),
			)
			.filter(({ credentials }) => credentials.length > 0);
		const credentials = ['hostedPixelTrackerApi'];
		const hosted = ['openTracking', 'openTrackingTool'].flatMap((name) =>
			['checkHosted', 'getHostedDashboard'].map((operation) => ({
				node: name,
				choice: { resource: 'status', operation },
				credentials,
			})),
		);
		expect(demands).toEqual([
			{
				node: 'trackingApiTrigger',
				choice: { access: 'credential' },
				credentials: ['openTrackingAccessApi'],
			},
			{
				node: 'trackingPixel',
				choice: { operation: 'createLink', trackedBy: 'hosted' },
				credentials,
			},
			...hosted,
		]);
	});
});
