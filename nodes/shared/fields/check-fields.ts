import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { isResourceLocatorValue, NodeOperationError } from 'n8n-workflow';

/** What a field of `locator` holds, whether it was chosen or given; any other value as it is. */
export function withoutLocator(value: unknown): unknown {
	return isResourceLocatorValue(value) ? value.value : value;
}

/** A value as text without white space around it: a number counts as text, nothing as none. */
export function textOf(value: unknown): string {
	return String(withoutLocator(value) ?? '').trim();
}

/** The text in a field of an item, after {@link checkFields}; empty where the field is. */
export function readText(
	node: Pick<IExecuteFunctions, 'getNodeParameter'>,
	name: string,
	index: number,
): string {
	return textOf(node.getNodeParameter(name, index));
}

/** The value in a field for JSON, after {@link checkFields}; an expression may give it whole. */
export function readJson(
	node: Pick<IExecuteFunctions, 'getNodeParameter'>,
	name: string,
	index: number,
): unknown {
	const value: unknown = node.getNodeParameter(name, index);
	return typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
}

/**
 * Refuses what the fields of an item cannot mean, before anything is done with them. n8n checks
 * what was typed in, but not what an expression gives for an item.
 *
 * @param properties the fields; those that are not shown for this item are left out
 * @throws NodeOperationError that names the first field at fault as the editor does
 */
export function checkFields(
	node: Pick<IExecuteFunctions, 'getNode' | 'getNodeParameter'>,
	index: number,
	properties: readonly INodeProperties[],
): void {
	for (const property of properties) {
		if (!isShown(node, index, property)) continue;
		const value: unknown = node.getNodeParameter(property.name, index);
		const fault = faultOf(property, withoutLocator(value));
		if (fault === null) continue;
		const { displayName, description } = property;
		throw new NodeOperationError(node.getNode(), `${displayName} ${fault.message}`, {
			itemIndex: index,
			description: [fault.advice, description].filter(Boolean).join('. '),
		});
	}
}

function isShown(
	node: Pick<IExecuteFunctions, 'getNodeParameter'>,
	index: number,
	{ displayOptions }: INodeProperties,
): boolean {
	return Object.entries(displayOptions?.show ?? {}).every(([name, values]) =>
		(values as unknown[]).includes(node.getNodeParameter(name, index)),
	);
}

interface Fault {
	message: string;
	advice: string;
}

/** What is wrong with a value; the value itself is not shown, since it may be an address. */
function faultOf(property: INodeProperties, value: unknown): Fault | null {
	const { type, required, options = [], typeOptions = {} } = property;
	if (isNothing(value)) {
		const needed = required === true || type === 'number' || type === 'options';
		return needed
			? {
					message: 'is empty',
					advice: 'Fill it in, or correct its expression, which gives nothing for this item',
				}
			: null;
	}
	const advice = 'Correct it, or what its expression gives for this item';
	const isText = type === 'string' || type === 'resourceLocator';
	if (isText && typeof value === 'object') return { message: 'is not text', advice };
	if (type === 'number') {
		const { minValue = -Infinity, maxValue = Infinity } = typeOptions;
		const number = Number(value);
		if (number >= minValue && number <= maxValue) return null;
		const range = [
			minValue > -Infinity && `at least ${minValue}`,
			maxValue < Infinity && `at most ${maxValue}`,
		].filter((limit) => limit !== false);
		const of = range.length > 0 ? ` of ${range.join(' and ')}` : '';
		return { message: `is not a number${of}`, advice };
	}
	if (type === 'options' || type === 'multiOptions') {
		const known = options.flatMap((option) => ('value' in option ? [option.value] : []));
		const chosen: unknown[] = Array.isArray(value) ? value : [value];
		const isKnown = chosen.every((one) => known.some((other) => other === one));
		return isKnown ? null : { message: `is none of ${known.join(', ')}`, advice };
	}
	return type === 'json' && !isJson(value) ? { message: 'is not valid JSON', advice } : null;
}

function isJson(value: unknown): boolean {
	if (typeof value !== 'string') return true;
	try {
		JSON.parse(value);
		return true;
	} catch {
		// The parser's own message quotes the text, which may hold addresses.
		return false;
	}
}

function isNothing(value: unknown): boolean {
	if (Array.isArray(value)) return value.length === 0;
	return value === undefined || value === null || textOf(value) === '';
}
