import type { INodeProperties } from 'n8n-workflow';

import { SINKS } from '../../src/sinks/registry';
import type { Sink } from '../../src/sinks/sink';
import type { SinkParameter } from '../../src/sinks/sink-parameters';
import { askedFor } from '../shared/fields/asked-for';

/** When a credential is asked for: as long as its destination is chosen. */
export function loginFor(destination: string) {
	return { required: true, displayOptions: askedFor({ operation: [destination] }) };
}

function parameterProperty(sink: Sink, parameter: SinkParameter): INodeProperties {
	const { name, displayName, description, showFor } = parameter;
	const show = {
		operation: [sink.name],
		...(showFor && { [showFor.parameter]: [...showFor.values] }),
	};
	const common = { displayName, name, description, displayOptions: { show } };
	if (parameter.type === 'boolean') {
		return { ...common, type: 'boolean', default: parameter.default };
	}
	if (parameter.type === 'options') {
		const options = parameter.options.map((option) => ({ ...option }));
		return { ...common, type: 'options', options, default: parameter.default };
	}
	return {
		...common,
		type: 'string',
		default: parameter.default,
		...(parameter.required && { required: true }),
		...(parameter.placeholder !== undefined && { placeholder: parameter.placeholder }),
	};
}

/** n8n shows the one whose rule holds, so that each destination has its own example. */
function overridesProperty(sink: Sink): INodeProperties {
	return {
		displayName: 'Override Fields',
		name: 'overrides',
		type: 'assignmentCollection',
		default: {},
		description:
			'Values of your own, over what the event is mapped to. Names with dots reach into objects.',
		hint: `What you name here leaves n8n as well. For example ${sink.overrideExample}`,
		displayOptions: { show: { '/operation': [sink.name] } },
	};
}

function sentNotice(sink: Sink): INodeProperties {
	return {
		displayName: `Of each ${sink.clickIs === null ? 'open' : 'open and click'}, ${sink.displayName} gets at most: ${sink.fields.join(', ')}`,
		name: `${sink.name}Sends`,
		type: 'notice',
		default: '',
		displayOptions: { show: { operation: [sink.name] } },
	};
}

/**
 * The form of the node. What is asked for per destination comes from the registry. The destination
 * has the name that n8n makes the actions in its list of nodes from.
 */
export const properties: INodeProperties[] = [
	{
		displayName: 'Destination',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: SINKS.map(({ displayName, name, description, clickIs }) => ({
			name: displayName,
			value: name,
			action: `Send ${clickIs === null ? 'opens' : 'opens and clicks'} to ${displayName}`,
			description,
		})),
		default: 'signedWebhook',
		description: 'Where the opens and clicks go',
	},
	...SINKS.flatMap((sink) => [
		...sink.parameters.map((parameter) => parameterProperty(sink, parameter)),
		sentNotice(sink),
	]),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Batch Size',
				name: 'batchSize',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 500,
				description:
					'How many records one request holds at most; the limit of the destination where that is lower',
			},
			{
				displayName: 'Concurrency',
				name: 'concurrency',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 32 },
				default: 2,
				description: 'How many requests are under way at once',
			},
			{
				displayName: 'Country',
				name: 'country',
				type: 'string',
				default: '',
				placeholder: 'e.g. Germany',
				description: 'Where the destination keeps the data, for the privacy report',
			},
			{
				displayName: 'Max Attempts',
				name: 'maxAttempts',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 20 },
				default: 4,
				description:
					'How often one record is sent before it comes out as failed. Waits grow between attempts, and follow Retry-After.',
			},
			...SINKS.map(overridesProperty),
			{
				displayName: 'Time Limit (Seconds)',
				name: 'timeLimit',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 300,
				description: 'What is not delivered after this time comes out as failed',
			},
		],
	},
];
