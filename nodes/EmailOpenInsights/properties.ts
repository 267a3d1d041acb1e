import type { INodeProperties } from 'n8n-workflow';

import { QUESTIONS, type Question } from './questions';

/**
 * The fields of the node. Each field that a model can fill in stands there twice: for the plain node
 * with an empty one, and for the tool with the expression that n8n's editor writes when a person has
 * the model fill it in.
 */
export const properties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: QUESTIONS.map(({ name, value, action, description }) => ({
			name,
			value,
			action,
			description,
		})),
		default: 'whoOpened',
	},
	...QUESTIONS.flatMap((question): INodeProperties[] => [
		{
			displayName: 'Description',
			name: 'toolDescription',
			type: 'string',
			typeOptions: { rows: 4 },
			default: `${question.forModel} ${question.caveat}`,
			required: true,
			description: 'What the model reads before it decides to use this tool',
			displayOptions: shownFor(question, true),
		},
		...question.asked.flatMap(({ property, forModel }): INodeProperties[] => [
			{ ...property, displayOptions: shownFor(question, false) },
			{
				...property,
				default: filledByModel(property, forModel),
				displayOptions: shownFor(question, true),
			},
		]),
		...question.fixed.map((property) => ({
			...property,
			displayOptions: { show: { operation: [question.value] } },
		})),
	]),
];

function shownFor({ value }: Question, asTool: boolean): INodeProperties['displayOptions'] {
	return { show: { operation: [value], '@tool': [asTool] } };
}

function filledByModel({ name, type }: INodeProperties, forModel: string) {
	const value = `={{ /*n8n-auto-generated-fromAI-override*/ $fromAI('${name}', \`${forModel}\`, 'string') }}`;
	return type === 'resourceLocator' ? { mode: 'id', value } : value;
}
