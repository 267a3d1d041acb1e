import type { z } from 'zod4';

/** Words for the types that a value should have had. */
const TYPES: Record<string, string> = {
	array: 'a list',
	boolean: 'true or false',
	int: 'a whole number',
	number: 'a number',
	object: 'an object',
	string: 'text',
};

/** Words for texts that have to be of a form. */
const FORMATS: Record<string, string> = {
	datetime: 'a date and time in ISO 8601',
	date: 'a date in ISO 8601',
	email: 'an email address',
	url: 'a web address',
	uuid: 'a UUID',
};

type Check = NonNullable<Parameters<z.ZodType['safeParse']>[1]>;
type Issue = Parameters<NonNullable<Check['error']>>[0];

/**
 * Given to `safeParse`, it says what is wrong so that it reads on after the name of the field
 * ("is missing", "is longer than 200 characters") and never shows the value. What a schema says in
 * its own words stays.
 *
 * @example schema.safeParse(value, IN_PLAIN_WORDS)
 */
export const IN_PLAIN_WORDS: Check = { error: plainWords };

/** What is wrong first, with the path of the field; `whole` names the value where all of it is. */
export function firstIssue(error: z.ZodError, whole: string): string {
	const [{ path, message }] = error.issues;
	return `${path.join('.') || whole} ${message}`;
}

function plainWords(issue: Issue): string {
	if (issue.input === undefined) return 'is missing';
	switch (issue.code) {
		case 'invalid_type':
			return `is not ${TYPES[issue.expected] ?? 'of the right type'}`;
		case 'invalid_value':
			return issue.values.length === 1
				? `is not "${String(issue.values[0])}"`
				: `is none of ${issue.values.join(', ')}`;
		case 'invalid_format':
			return `is not ${FORMATS[issue.format] ?? 'written in the right form'}`;
		case 'too_big':
			return limitWords(issue.origin, issue.maximum, ['longer', 'more', 'more']);
		case 'too_small':
			return Number(issue.minimum) === 1 && issue.origin !== 'number'
				? 'is empty'
				: limitWords(issue.origin, issue.minimum, ['shorter', 'fewer', 'less']);
		default:
			return 'is not valid';
	}
}

function limitWords(
	origin: string,
	limit: number | bigint,
	[length, entries, amount]: readonly [string, string, string],
): string {
	if (origin === 'string') return `is ${length} than ${limit} characters`;
	return origin === 'array' ? `has ${entries} than ${limit} entries` : `is ${amount} than ${limit}`;
}
