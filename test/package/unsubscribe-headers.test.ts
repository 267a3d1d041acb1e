import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { INodeProperties, INodeTypeDescription } from 'n8n-workflow';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs/unsubscribing.md'), 'utf8');
const n8nNodes = join(root, 'runtime/node_modules/n8n-nodes-base');

/** The rows of the table: node, yes or no, where. */
const rows = [...page.matchAll(/^\| `(\w+)`(?: \(\w+\))? \| (yes|no) \| (.+) \|$/gm)].map(
	([, name, answer, where]) => ({ name, can: answer === 'yes', where }),
);

/** The newest version of each node, as n8n brings it. */
function newestNodes(): Map<string, INodeTypeDescription> {
	const file = join(n8nNodes, 'dist/types/nodes.json');
	if (!existsSync(file))
		throw new Error(`${file} is missing: run npm run check, which installs n8n`);
	const newest = new Map<string, INodeTypeDescription>();
	const versionOf = ({ version }: INodeTypeDescription) => Math.max(...[version].flat());
	for (const one of JSON.parse(readFileSync(file, 'utf8')) as INodeTypeDescription[]) {
		const known = newest.get(one.name);
		if (!known || versionOf(known) < versionOf(one)) newest.set(one.name, one);
	}
	return newest;
}

/** The display names of fields that hold headers, at any depth. */
function headerFields(properties: readonly INodeProperties[]): string[] {
	const found = properties.flatMap((property) =>
		/headers/i.test(property.name) ? [property.displayName] : headerFields(fieldsIn(property)),
	);
	return [...new Set(found)];
}

function namesIn(properties: readonly INodeProperties[]): string[] {
	return properties.flatMap((property) => [property.name, ...namesIn(fieldsIn(property))]);
}

function fieldsIn({ options = [] }: INodeProperties): INodeProperties[] {
	return options.flatMap((option) =>
		'values' in option ? option.values : 'type' in option ? [option] : [],
	);
}

describe('the nodes that docs/unsubscribing.md names', () => {
	const nodes = newestNodes();

	it('are read from the n8n that is tested', () => {
		const { version } = JSON.parse(readFileSync(join(n8nNodes, 'package.json'), 'utf8')) as {
			version: string;
		};
		expect(page).toContain(`Read from the nodes of n8n ${version};`);
		expect(rows.length).toBeGreaterThanOrEqual(10);
	});

	it.each(rows.filter(({ name }) => name !== 'httpRequest'))(
		'$name has the fields for headers that the table says, and no other',
		({ name, can, where }) => {
			const fields = headerFields(nodes.get(name)?.properties ?? []);
			expect(nodes.has(name)).toBe(true);
			if (can) expect(fields).toHaveLength(1);
			for (const field of fields) expect(where).toContain(`\`${field}\``);
			if (where === 'It has no field for headers') expect(fields).toEqual([]);
		},
	);

	it('are all that take a subject, a text and a recipient', () => {
		const takes = ({ properties }: INodeTypeDescription, name: RegExp) =>
			namesIn(properties).some((field) => name.test(field));
		const senders = [...nodes.values()].filter(
			(one) =>
				takes(one, /^subject/i) &&
				takes(one, /html|body/i) &&
				takes(one, /^(to|toEmail|toAddresses|receipients|recipients?|toRecipients|sendTo)$/i),
		);
		// HubSpot notes emails that were sent elsewhere, Zammad answers in tickets.
		const others = ['hubspot', 'zammad'];
		const known = [...rows.map(({ name }) => name), ...others];
		expect(senders.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
		expect(senders.length).toBeGreaterThan(others.length + 5);
	});
});
