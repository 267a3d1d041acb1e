import type { SinkRecord } from './sink';

/** The same object without its `null`s, also in the objects inside; an emptied object goes too. */
export function withoutNulls(value: object): SinkRecord {
	const result: SinkRecord = {};
	for (const [name, inner] of Object.entries(value)) {
		if (inner === null || inner === undefined) continue;
		if (typeof inner !== 'object' || Array.isArray(inner)) {
			result[name] = inner;
			continue;
		}
		const object = withoutNulls(inner as object);
		if (Object.keys(object).length > 0) result[name] = object;
	}
	return result;
}
