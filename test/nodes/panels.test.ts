import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type {
	INodeParameters,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { validateNodeCredentials } from 'n8n-workflow';

import { EmailOpenInsights } from '../../nodes/EmailOpenInsights/EmailOpenInsights.node';
import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { TrackingConsentFilter } from '../../nodes/TrackingConsentFilter/TrackingConsentFilter.node';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { SINKS } from '../../src/sinks/registry';
import { EVENT_FIELDS } from '../../src/tracking/event/event-fields';
import {
	allChoices,
	hiddenFromPanel,
	optionsOf,
	panelDescriptions,
	shownFor,
} from '../support/node-panel';

/** The options of a collection, and of one in it. */
function collected({ type, options = [] }: INodeProperties): INodeProperties[] {
	if (type !== 'collection' && type !== 'fixedCollection') return [];
	return (options as INodeProperties[]).flatMap((option) => {
		const inner = (option as unknown as { values?: INodeProperties[] }).values ?? [];
		return [option, ...inner, ...collected(option)];
	});
}

/** Whether a name is written as n8n writes names. */
function isTitle(name: string): boolean {
	const small = /^(a|an|and|as|at|by|for|from|in|n8n|of|on|or|per|the|through|to|with)$/;
	// Of an article of a law.
	const lettered = /^\(?\w\)/;
	return name
		.split(/[ (]+/)
		.every(
			(word, index) =>
				/^[^a-z]/.test(word) || lettered.test(word) || (index > 0 && small.test(word)),
		);
}

const NODES: INodeType[] = [
	new EmailOpenInsights(),
	new OpenTracking(),
	new TrackingConsentFilter(),
	new TrackingPixel(),
];
const root = join(__dirname, '..', '..');

function methodsOf(name: string): NonNullable<INodeType['methods']> {
	return NODES.find((node) => node.description.name === name)?.methods ?? {};
}

/** The words of every codex file, by the name of its node. */
function codexFiles(): Record<string, string[]> {
	return Object.fromEntries(
		readdirSync(join(root, 'nodes'), { recursive: true, encoding: 'utf8' })
			.filter((file) => file.endsWith('.node.json'))
			.map((file) => JSON.parse(readFileSync(join(root, 'nodes', file), 'utf8')))
			.map(({ node, alias }: { node: string; alias: string[] }) => [node, alias]),
	);
}

describe("the panels of the nodes in n8n's editor", () => {
	let descriptions: INodeTypeDescription[];
	beforeAll(async () => {
		descriptions = await panelDescriptions();
	});
	const descriptionOf = (name: string) =>
		descriptions.find((description) => description.name === name)!;

	it('are also those of the one tool that n8n makes, of the node that only reads', () => {
		const tools = descriptions.map(({ name }) => name).filter((name) => name.endsWith('Tool'));
		expect(tools).toEqual(['emailOpenInsightsTool']);
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

	describe.each(['a field', 'an option'])('call %s', (kind) => {
		const fieldsOf = ({ properties }: INodeTypeDescription) =>
			kind === 'a field' ? properties : properties.flatMap(collected);
		const all = () =>
			descriptions
				.filter(({ name }) => name !== 'emailOpenInsightsTool')
				.flatMap((description) =>
					fieldsOf(description).map((field) => ({ node: description.name, ...field })),
				);

		it('what it is, in words that begin with capitals', () => {
			const labels = all().filter(({ type }) => type !== 'notice');
			expect(labels.length).toBeGreaterThan(10);
			expect(labels.filter(({ displayName }) => !isTitle(displayName))).toEqual([]);
			const values = labels
				.filter(({ type, name }) => /options/i.test(type) && name !== 'fields')
				.flatMap(({ options = [] }) => options.map(({ name }) => name));
			expect(values.filter((name) => !isTitle(name))).toEqual([]);
		});

		it('by a name that says more than By, Only, Write, Form, Show or Own Value', () => {
			const cryptic =
				/^(By|Form|Form Input|Only|Own Value|Put Link in Field|Show|Tracked By|Write)$/;
			expect(all().filter(({ displayName }) => cryptic.test(displayName))).toEqual([]);
		});

		it('for an ID with an example of one, and for what the store knows with its list first', () => {
			const ids = all().filter(({ displayName }) => /\bIDs?$/.test(displayName));
			expect(ids.length).toBeGreaterThan(1);
			for (const { node, name, type, placeholder, modes, options } of ids) {
				if (type === 'options' || options) continue;
				if (type === 'resourceLocator') {
					expect(modes?.map((mode) => mode.name)).toEqual(['list', 'id']);
					const { listSearch = {} } = methodsOf(node);
					const method = modes![0].typeOptions!.searchListMethod!;
					expect({ node, name, offers: Object.keys(listSearch) }).toEqual({
						node,
						name,
						offers: expect.arrayContaining([method]),
					});
				}
				const example = type === 'resourceLocator' ? modes![1].placeholder : placeholder;
				expect({ node, name, example }).toEqual({
					node,
					name,
					example: expect.stringMatching(/^e\.g\. ./),
				});
			}
		});
	});

	it('show below the name of a node what its list calls the value', () => {
		const subtitles = descriptions.map(({ name, subtitle }) => [name, subtitle]);
		const raw = subtitles.filter(([, subtitle]) =>
			/^=\{\{ \$parameter\["(?!path)\w+"\] (\}|\+)/.test(subtitle ?? ''),
		);
		expect(raw.filter(([name]) => name !== 'trackingApiTrigger')).toEqual([]);
		for (const { name, properties, subtitle = '' } of descriptions) {
			const operation = properties.find((one) => one.name === 'operation');
			for (const option of operation ? optionsOf(operation) : []) {
				expect([name, subtitle]).toEqual([name, expect.stringContaining(option.name)]);
			}
		}
	});

	it('open at the operation that is asked for first', () => {
		const first = (name: string, resource?: string) =>
			descriptionOf(name).properties.find(
				(one) =>
					one.name === 'operation' &&
					(!resource || one.displayOptions?.show?.resource?.includes(resource)),
			)?.default;
		expect(first('trackingPixel')).toBe('createLink');
		for (const resource of ['open', 'pixel', 'recipient']) {
			expect(first('openTracking', resource)).toBe('getMany');
		}
	});

	it('are found by the words that people search by, in the list of nodes', () => {
		// n8n searches names and these words, and of a trigger beside a node those of the node.
		const wordsOf = (name: string) => {
			const file = Object.keys(codexFiles()).find((one) => one.endsWith(`.${name}`));
			return [descriptionOf(name).displayName, ...codexFiles()[file!]].map((word) =>
				word.toLowerCase(),
			);
		};
		for (const word of ['email opened', 'newsletter', 'read receipt', 'open rate', 'gdpr']) {
			expect(wordsOf('openTracking').some((one) => one.includes(word))).toBe(true);
		}
		const destinations = wordsOf('openEventSink');
		for (const { displayName } of SINKS) {
			for (const vendor of displayName.toLowerCase().split(' or ')) {
				expect(destinations).toContain(vendor);
			}
		}
	});

	it('of a sink are offered as one action for each destination', () => {
		const operation = descriptionOf('openEventSink').properties.find(
			({ name }) => name === 'operation',
		);
		expect(optionsOf(operation!).map(({ action }) => action)).toEqual(
			SINKS.map(({ displayName }) => `Send opens and clicks to ${displayName}`),
		);
	});

	it('keep what a request said from being shown, wherever opens come out', () => {
		const requestFields = EVENT_FIELDS.filter((field) => field.startsWith('request.'));
		const giveOpens = descriptions.filter(
			({ name }) => name !== 'trackingPixel' && !name.startsWith('emailOpenInsights'),
		);
		for (const { name, sensitiveOutputFields } of giveOpens) {
			expect([name, sensitiveOutputFields]).toEqual([name, expect.arrayContaining(requestFields)]);
		}
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
		const hosted = ['checkHosted', 'getHostedDashboard'].map((operation) => ({
			node: 'openTracking',
			choice: { resource: 'status', operation },
			credentials,
		}));
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
