import type { SinkRecord } from '../sink';

/** One value a user puts into the mapped record, whatever the destination. */
export interface FieldOverride {
	/** Dotted path inside the record, for example `properties.plan` */
	field: string;
	value: unknown;
}

const NOT_A_NAME = ['__proto__', 'prototype', 'constructor'];

/**
 * Merges the user's own values over a mapped record. Missing objects on the way are made; a value
 * that is in the way is replaced.
 *
 * @returns a new record; the given one stays as it is
 * @throws when a path is empty or names a part of JavaScript's own objects
 */
export function applyOverrides<Rec extends SinkRecord>(
	record: Rec,
	overrides: readonly FieldOverride[],
): Rec {
	let result: SinkRecord = record;
	for (const { field, value } of overrides) {
		const path = field.trim().split('.');
		if (path.some((name) => name === '' || NOT_A_NAME.includes(name))) {
			throw new Error(`"${field}" is not a field path. Use names with dots between them.`);
		}
		result = setPath(result, path, value);
	}
	return result as Rec;
}

function setPath(
	target: SinkRecord,
	[name, ...rest]: readonly string[],
	value: unknown,
): SinkRecord {
	if (rest.length === 0) return { ...target, [name]: value };
	const inner = Object.hasOwn(target, name) ? target[name] : undefined;
	const object = isObject(inner) ? inner : {};
	return { ...target, [name]: setPath(object, rest, value) };
}

function isObject(value: unknown): value is SinkRecord {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
