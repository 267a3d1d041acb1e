import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

import type {
	INodeCredentialDescription,
	INodeParameters,
	INodeProperties,
	INodePropertyOptions,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { deepCopy, NodeHelpers } from 'n8n-workflow';

import { STORE_AND_KEYS } from '../../nodes/shared/fields/store-and-keys';

const root = join(__dirname, '..', '..');

/** What n8n adds to its list of nodes: the tools for AI agents, made of nodes that allow it. */
const toolGeneration = createRequire(__filename)(
	join(root, 'runtime', 'node_modules', 'n8n', 'dist', 'tool-generation'),
) as {
	createAiTools(
		types: { nodes: INodeTypeDescription[] },
		known: { nodes: Record<string, object>; credentials: Record<string, object> },
	): void;
};

/** The description of every node of the package, and of every AI tool that n8n makes of one. */
export async function panelDescriptions(): Promise<INodeTypeDescription[]> {
	const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
		n8n: { nodes: string[] };
	};
	const nodes = await Promise.all(
		manifest.n8n.nodes.map(async (built) => {
			const source = join(root, built.replace(/^dist\//, '').replace(/\.js$/, '.ts'));
			const classes = (await import(source)) as Record<string, new () => INodeType>;
			// A copy, because n8n changes the descriptions that it makes tools of.
			return deepCopy(new classes[basename(source, '.node.ts')]().description);
		}),
	);
	const known = Object.fromEntries(nodes.map(({ name }) => [name, {}]));
	toolGeneration.createAiTools({ nodes }, { nodes: known, credentials: {} });
	return nodes;
}

/**
 * The names of the parameters that n8n's editor leaves out of the panel, because it takes them for
 * a choice of login: `getNodeAuthFields`, `getMainAuthField` and `isAuthRelatedParameter` of its
 * front end (2.41), as `shouldDisplayNodeParameter` uses them.
 */
export function hiddenFromPanel({
	properties,
	credentials = [],
}: Pick<INodeTypeDescription, 'properties' | 'credentials'>): string[] {
	const named = new Map<string, string[]>();
	for (const { displayOptions } of credentials) {
		for (const [name, values = []] of Object.entries(displayOptions?.show ?? {})) {
			named.set(name, [...(named.get(name) ?? []), ...values.map(String)]);
		}
	}
	const authFields = properties.filter(({ name }) => named.has(name));
	const valuesOf = ({ options = [] }: INodeProperties) =>
		options.map((option) => ('value' in option ? option.value : undefined));
	const mainAuthField =
		authFields.find(
			(field) => field.name === 'authentication' && !valuesOf(field).includes('none'),
		) ??
		authFields.find(
			(field) =>
				valuesOf(field).length > 0 &&
				valuesOf(field).every(
					(value) => typeof value !== 'string' || named.get(field.name)?.includes(value),
				),
		);
	if (!mainAuthField) return [];
	const hidden = new Set([
		mainAuthField.name,
		...authFields.flatMap(({ displayOptions }) => Object.keys(displayOptions?.show ?? {})),
	]);
	return [...new Set(properties.map(({ name }) => name))].filter((name) => hidden.has(name));
}

/** All values of a node of which a user set `chosen`. */
function withDefaults(description: INodeTypeDescription, chosen: INodeParameters): INodeParameters {
	return (
		NodeHelpers.getNodeParameters(
			description.properties,
			chosen,
			true,
			false,
			nodeOf(description),
			description,
		) ?? {}
	);
}

function nodeOf({ version }: INodeTypeDescription) {
	return { typeVersion: [version].flat()[0] };
}

/** The parameters and credentials that belong on the panel once a user set `chosen`, in order. */
export function shownFor(
	description: INodeTypeDescription,
	chosen: INodeParameters,
): { parameters: INodeProperties[]; credentials: INodeCredentialDescription[] } {
	const values = withDefaults(description, chosen);
	const isShown = (rule: INodeProperties | INodeCredentialDescription) =>
		NodeHelpers.displayParameter(values, rule, nodeOf(description), description);
	return {
		// One of type `credentials` is the place of the credentials, and nothing itself.
		parameters: description.properties.filter(
			(parameter) => parameter.type !== 'credentials' && isShown(parameter),
		),
		credentials: (description.credentials ?? []).filter(isShown),
	};
}

/** What the list of a parameter offers, or what can be added to a collection, by name. */
export function offeredBy(
	description: INodeTypeDescription,
	parameter: INodeProperties,
	chosen: INodeParameters,
): string[] {
	if (parameter.type !== 'collection') return optionsOf(parameter).map(({ name }) => name);
	const values = withDefaults(description, chosen);
	return (parameter.options as INodeProperties[])
		.filter((option) =>
			NodeHelpers.displayParameter({}, option, nodeOf(description), description, values),
		)
		.map(({ displayName }) => displayName);
}

/** The name of a parameter in a display rule, which may be a path from the root of the node. */
const withoutSlash = (name: string) => name.replace(/^\//, '');

/** The options of a parameter of type `options`. */
export function optionsOf(parameter: INodeProperties): INodePropertyOptions[] {
	return parameter.type === 'options' ? (parameter.options as INodePropertyOptions[]) : [];
}

/**
 * Every way to set the selectors of a node: the lists that other parameters or credentials depend
 * on. The choice that n8n adds to an AI tool is not one of them, nor *Store and Keys*, on which
 * nothing but a credential depends.
 */
export function allChoices(
	description: INodeTypeDescription,
	chosen: INodeParameters = {},
): INodeParameters[] {
	const rules = [...description.properties, ...(description.credentials ?? [])].flatMap(
		({ displayOptions }) => [
			...Object.keys(displayOptions?.show ?? {}),
			...Object.keys(displayOptions?.hide ?? {}),
		],
	);
	const selectors = new Set(rules.map(withoutSlash));
	selectors.delete('descriptionType');
	selectors.delete(STORE_AND_KEYS);
	const next = shownFor(description, chosen).parameters.find(
		(parameter) =>
			selectors.has(parameter.name) &&
			!(parameter.name in chosen) &&
			optionsOf(parameter).length > 0,
	);
	if (!next) return [chosen];
	return optionsOf(next).flatMap(({ value }) =>
		allChoices(description, { ...chosen, [next.name]: value }),
	);
}
