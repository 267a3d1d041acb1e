import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { z } from 'zod4';

import { EVENT_LEAVES } from '../../src/tracking/event/event-fields';
import { SIMPLE_LEAVES } from '../../src/tracking/event/simple-open';

/** As much of JSON Schema as n8n's editor reads. */
export interface OutputSchema {
	type: string | string[];
	properties?: Record<string, OutputSchema>;
	items?: OutputSchema;
}

const nodes = join(__dirname, '..', '..', 'nodes');

/** The file that n8n's editor asks for, for a node of this version with these parameters. */
export function schemaFile(node: string, version: number, ...place: string[]): string {
	return join(nodes, node, '__schema__', [`v${version}.0.0`, ...place].join('/') + '.json');
}

/**
 * Compares what a node gave out with the schema that ships for it. With UPDATE_SCHEMAS=1 the file is
 * written first.
 *
 * @param derived the schema where it follows from a table; else it follows from what came out
 */
export function expectSchema(file: string, items: readonly object[], derived?: OutputSchema): void {
	const wanted = derived ?? items.map(schemaOf).reduce(merged);
	if (process.env.UPDATE_SCHEMAS === '1') {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, `${JSON.stringify({ ...wanted, version: 1 }, null, '\t')}\n`);
	}
	expect({ file, exists: existsSync(file) }).toEqual({ file, exists: true });
	const shipped = JSON.parse(readFileSync(file, 'utf8')) as OutputSchema & { version: number };
	if (derived) expect(shipped).toEqual({ ...derived, version: 1 });
	expect(items.length).toBeGreaterThan(0);
	expect(items.flatMap((item) => differences(shipped, item, file))).toEqual([]);
}

/** The schema of an open event, from the table of its fields. */
export function eventSchema(more: Record<string, OutputSchema> = {}): OutputSchema {
	const properties: Record<string, OutputSchema> = {};
	for (const { outer, inner, schema } of EVENT_LEAVES) {
		if (inner === null) properties[outer] = ofField(schema);
		else {
			properties[outer] ??= { type: 'object', properties: {} };
			properties[outer].properties![inner] = ofField(schema);
		}
	}
	return { type: 'object', properties: { ...properties, ...more } };
}

/** The schema of a simplified open. */
export function simpleOpenSchema(): OutputSchema {
	const properties = SIMPLE_LEAVES.map(({ csvName, schema }) => [csvName, ofField(schema)]);
	return { type: 'object', properties: Object.fromEntries(properties) };
}

function ofField(schema: z.ZodType): OutputSchema {
	const json = z.toJSONSchema(schema, { io: 'input' }) as {
		type?: string;
		items?: OutputSchema;
		anyOf?: Array<{ type: string }>;
	};
	if (json.anyOf) return { type: json.anyOf.map(({ type }) => type) };
	return { type: json.type!, ...(json.items && { items: { type: json.items.type } }) };
}

/** What a value looks like; an open event looks as the table says. */
export function schemaOf(value: unknown): OutputSchema {
	if (value === null || value === undefined) return { type: 'null' };
	if (Array.isArray(value)) {
		return {
			type: 'array',
			...(value.length > 0 && { items: value.map(schemaOf).reduce(merged) }),
		};
	}
	if (typeof value !== 'object') return { type: typeof value };
	if (isEvent(value)) return eventSchema();
	const properties = Object.entries(value).map(([name, inner]) => [name, schemaOf(inner)]);
	return { type: 'object', properties: Object.fromEntries(properties) };
}

/** What fits both; where one of them knows a type, that one. */
function merged(one: OutputSchema, other: OutputSchema): OutputSchema {
	if (one.type === 'null') return other;
	const { items = other.items } = one;
	if (one.type !== 'object' || other.type !== 'object') return { ...one, ...(items && { items }) };
	const properties = { ...one.properties };
	for (const [name, schema] of Object.entries(other.properties ?? {})) {
		properties[name] = properties[name] ? merged(properties[name], schema) : schema;
	}
	return { type: 'object', properties };
}

const isEvent = (value: object) => 'eventId' in value && 'rulesVersion' in value;

/** What is there and not in the schema, or the other way round, or of another type. */
function differences(
	schema: OutputSchema,
	value: unknown,
	path: string,
	mayMiss = false,
): string[] {
	// Nearly everything may be unknown.
	if (value === null || value === undefined) return [];
	const actual = Array.isArray(value) ? 'array' : typeof value;
	const types = [schema.type].flat().map((type) => (type === 'integer' ? 'number' : type));
	if (!types.includes(actual)) return [`${path} is ${actual}, not ${types.join(' or ')}`];
	if (Array.isArray(value)) {
		const { items } = schema;
		if (!items) return value.length > 0 ? [`${path} is not always empty`] : [];
		// The entries of a list need not all have the same fields.
		return value.flatMap((one, index) => differences(items, one, `${path}[${index}]`, true));
	}
	if (actual !== 'object') return [];
	const { properties = {} } = schema;
	const fields = value as Record<string, unknown>;
	const names = new Set([...Object.keys(properties), ...Object.keys(fields)]);
	return [...names].flatMap((name) => {
		if (!(name in properties)) return [`${path}.${name} is not in the schema`];
		if (!(name in fields)) return mayMiss ? [] : [`${path}.${name} did not come out`];
		return differences(properties[name], fields[name], `${path}.${name}`, mayMiss);
	});
}
