import type { INodeProperties } from 'n8n-workflow';

/**
 * The line below the name of a node: what the list of a parameter calls the value that is chosen,
 * since n8n would show the value itself.
 *
 * @param before an expression, without braces, that comes before it, such as `"To " + `
 */
export function subtitleOf(
	parameter: string,
	properties: readonly INodeProperties[],
	before = '',
): string {
	const names = Object.fromEntries(
		properties
			.filter(({ name }) => name === parameter)
			.flatMap(({ options = [] }) =>
				options.flatMap((option) => ('value' in option ? [[option.value, option.name]] : [])),
			),
	) as Record<string, string>;
	return `={{ ${before}(${JSON.stringify(names)})[$parameter["${parameter}"]] }}`;
}
