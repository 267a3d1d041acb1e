import { z } from 'zod4';

import { firstIssue, IN_PLAIN_WORDS } from '../../../../src/tracking/event/plain-issues';

const schema = z.object({
	name: z.string().min(1).max(5).optional(),
	code: z.string().min(3).optional(),
	count: z.number().min(2).max(9).optional(),
	kind: z.enum(['open', 'click']).optional(),
	event: z.literal('open').optional(),
	at: z.iso.datetime().optional(),
	id: z.uuid().optional(),
	list: z.array(z.string()).min(2).max(3).optional(),
	inner: z.object({ text: z.string() }).optional(),
	own: z.string().regex(/^a/, 'must begin with a').optional(),
	strict: z.strictObject({}).optional(),
});

describe('what is wrong with a value, in plain words', () => {
	it.each([
		[{ name: 5 }, 'name is not text'],
		[{ name: '' }, 'name is empty'],
		[{ name: 'secret' }, 'name is longer than 5 characters'],
		[{ code: 'ab' }, 'code is shorter than 3 characters'],
		[{ count: '5' }, 'count is not a number'],
		[{ count: 1 }, 'count is less than 2'],
		[{ count: 10 }, 'count is more than 9'],
		[{ kind: 'secret' }, 'kind is none of open, click'],
		[{ event: 'secret' }, 'event is not "open"'],
		[{ at: 'secret' }, 'at is not a date and time in ISO 8601'],
		[{ id: 'secret' }, 'id is not a UUID'],
		[{ list: {} }, 'list is not a list'],
		[{ list: ['a'] }, 'list has fewer than 2 entries'],
		[{ list: ['a', 'b', 'c', 'd'] }, 'list has more than 3 entries'],
		[{ inner: {} }, 'inner.text is missing'],
		[{ inner: null }, 'inner is not an object'],
		[{ strict: { secret: 1 } }, 'strict is not valid'],
		[[], 'the body is not an object'],
		[undefined, 'the body is missing'],
	])('says of %j: %s', (value, words) => {
		const { error } = schema.safeParse(value, IN_PLAIN_WORDS);
		expect(firstIssue(error!, 'the body')).toBe(words);
	});

	it('leaves what a schema says in its own words', () => {
		const { error } = schema.safeParse({ own: 'b' }, IN_PLAIN_WORDS);
		expect(firstIssue(error!, 'the body')).toBe('own must begin with a');
	});
});
