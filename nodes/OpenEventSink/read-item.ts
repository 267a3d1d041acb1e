import type {
	AssignmentCollectionValue,
	FieldType,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { isExpression, NodeOperationError, validateFieldType } from 'n8n-workflow';

import type { FieldOverride } from '../../src/sinks/delivery/field-override';
import type { Sink } from '../../src/sinks/sink';
import { isShown, readOptions, type SinkOptions } from '../../src/sinks/sink-parameters';
import { openEventSchema, type OpenEvent } from '../../src/tracking/event/open-event';
import { firstIssue, IN_PLAIN_WORDS } from '../../src/tracking/event/plain-issues';

/** The event that an item is, an open or a click, whatever else it carries. */
export function readEvent(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	index: number,
): OpenEvent {
	const parsed = openEventSchema.safeParse(item.json, IN_PLAIN_WORDS);
	if (parsed.success) return parsed.data;
	throw new NodeOperationError(
		context.getNode(),
		`The item is not an open event: ${firstIssue(parsed.error, 'it')}`,
		{
			itemIndex: index,
			description:
				'Connect this node behind Respond and Log Open, or behind Open Tracking → Open → Get Many with Simplify off, and let the JSON of the event pass unchanged',
		},
	);
}

/** Gives the settings of the destination for an item; read once where they hold no expression. */
export function optionsReader(
	context: IExecuteFunctions,
	sink: Sink,
): (index: number) => SinkOptions {
	const { parameters } = context.getNode();
	const varies = sink.parameters.some(({ name }) => isExpression(parameters[name]));
	let same: SinkOptions | undefined;
	return (index) => {
		if (same) return same;
		const raw: Record<string, unknown> = {};
		for (const parameter of sink.parameters) {
			if (!isShown(parameter, raw)) continue;
			raw[parameter.name] = context.getNodeParameter(parameter.name, index);
		}
		const options = readOptions(sink.parameters, raw);
		if (!varies) same = options;
		return options;
	};
}

/** The user's own values for an item, each of the type that was chosen for it. */
export function readOverrides(context: IExecuteFunctions, index: number): FieldOverride[] {
	const { overrides } = context.getNodeParameter('options', index, {}) as {
		overrides?: Partial<AssignmentCollectionValue>;
	};
	return (overrides?.assignments ?? []).map(({ name, value, type }) => {
		if (!type) return { field: name, value };
		const checked = validateFieldType(name, value, type as FieldType);
		if (checked.valid) return { field: name, value: checked.newValue };
		// n8n's own message shows the value, which may be an address.
		throw new NodeOperationError(
			context.getNode(),
			`The value of "${name}" in Override Fields is not of the type ${type}`,
			{ itemIndex: index, description: 'Choose another type for it, or correct its value' },
		);
	});
}
