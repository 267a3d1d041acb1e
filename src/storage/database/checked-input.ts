import { normalId } from '../../tracking/people/normal-id';
import { StoreError } from '../port/store-error';

/**
 * The longest id, in UTF-16 units. Three of them must fit into one PostgreSQL index entry, which
 * holds about 2,700 bytes (https://www.postgresql.org/docs/current/btree.html).
 */
export const MAX_ID = 256;
const MAX_TEXT = 2000;

/** PostgreSQL cannot store U+0000 in text; both engines keep a replacement character instead. */
export function storable(text: string): string;
export function storable(text: string | null): string | null;
export function storable(text: string | null): string | null {
	return text === null || !text.includes('\u0000') ? text : text.replaceAll('\u0000', '\ufffd');
}

/** A request with its texts in the form that the store keeps them in, and can be asked for. */
export function storableRequest<Request extends object>(request: Request): Request {
	const entries = Object.entries(request).map(([name, value]: [string, unknown]) => [
		name,
		typeof value === 'string' ? storable(value) : value,
	]);
	return Object.fromEntries(entries) as Request;
}

/**
 * An id as the store keeps it; the empty string is no id.
 *
 * @param what names the field in the error, which does not show the value
 */
export function storableId(id: string | null | undefined, what: string): string | null {
	const text = storable(id ?? null);
	if (text !== null && text.length > MAX_ID) {
		throw new StoreError('invalid', `The ${what} is longer than ${MAX_ID} characters. Shorten it.`);
	}
	return text === null || text === '' ? null : text;
}

/** Like {@link storableId}, for an id that must be there. */
export function requiredId(id: string | null | undefined, what: string): string {
	const checked = storableId(id, what);
	if (checked === null) throw new StoreError('invalid', `The ${what} is missing. Give one.`);
	return checked;
}

/** The id of a person in the form that people are compared in; the empty string is no id. */
export function storablePerson(recipientId: string | null | undefined): string | null {
	const id = recipientId ?? null;
	return storableId(id === null ? null : normalId(id), 'recipient id');
}

/** Like {@link storablePerson}, for an id that must be there. */
export function requiredPerson(recipientId: string | null | undefined): string {
	return requiredId(storablePerson(recipientId), 'recipient id');
}

/** A text of a person's choosing: trimmed, not empty, at most 2,000 characters. */
export function requiredText(text: string, what: string): string {
	const trimmed = storable(text.trim()) ?? '';
	if (trimmed === '' || trimmed.length > MAX_TEXT) {
		throw new StoreError('invalid', `The ${what} must have 1 to ${MAX_TEXT} characters.`);
	}
	return trimmed;
}

/** Milliseconds of a date. Throws a {@link StoreError} for an invalid one. */
export function timeOf(date: Date, what: string): number {
	const time = date.getTime();
	if (Number.isNaN(time)) {
		throw new StoreError('invalid', `The ${what} is not a valid date. Use ISO 8601.`);
	}
	return time;
}
