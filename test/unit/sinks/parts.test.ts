import fc from 'fast-check';

import { applyOverrides } from '../../../src/sinks/delivery/field-override';
import { whyNotAllowed } from '../../../src/sinks/delivery/sink-permission';
import { httpFailure, vendorMessage } from '../../../src/sinks/http-answer';
import { TRACKING_MODES } from '../../../src/tracking/event/tracking-mode';
import { anOpen, answer, NOW } from './harness';

describe('a user’s own value', () => {
	it('goes to a path in the record, beside what is there', () => {
		const record = { id: 1, properties: { campaign: 'autumn', nested: { a: 1 } } };
		const result = applyOverrides(record, [
			{ field: 'properties.nested.b', value: [2] },
			{ field: 'id', value: null },
			{ field: ' new.path ', value: 'x' },
		]);
		expect(result).toEqual({
			id: null,
			properties: { campaign: 'autumn', nested: { a: 1, b: [2] } },
			new: { path: 'x' },
		});
		expect(record).toEqual({ id: 1, properties: { campaign: 'autumn', nested: { a: 1 } } });
	});

	it('replaces text and lists that are in the way of a path', () => {
		expect(
			applyOverrides({ a: 'text', b: [1] }, [
				{ field: 'a.b', value: 1 },
				{ field: 'b.c', value: 2 },
			]),
		).toEqual({ a: { b: 1 }, b: { c: 2 } });
	});

	it.each(['', 'a..b', '.a', '__proto__.polluted', 'a.constructor.prototype.x'])(
		'is refused at the path "%s"',
		(field) => {
			expect(() => applyOverrides({}, [{ field, value: 1 }])).toThrow('is not a field path');
			expect(({} as Record<string, unknown>).polluted).toBeUndefined();
		},
	);

	it('reads back whatever it wrote', () => {
		const name = fc
			.stringMatching(/^[a-z_$][a-z0-9_-]{0,6}$/)
			.filter((text) => text !== '__proto__');
		fc.assert(
			fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.jsonValue(), (path, value) => {
				fc.pre(!path.some((one) => ['constructor', 'prototype'].includes(one)));
				const result = applyOverrides({}, [{ field: path.join('.'), value }]);
				const read = path.reduce<unknown>(
					(inner, one) => (inner as Record<string, unknown>)[one],
					result,
				);
				expect(read).toEqual(value);
			}),
			{ numRuns: 200 },
		);
	});
});

describe('an event may leave', () => {
	it('with its recipient only where the mode names one', () => {
		const allowed = TRACKING_MODES.filter(
			(trackingMode) => whyNotAllowed(anOpen(1, { trackingMode })) === null,
		);
		expect(allowed).toEqual(['pseudonymous', 'identified', 'full']);
	});

	it('without a recipient in every mode but off', () => {
		const allowed = TRACKING_MODES.filter(
			(trackingMode) => whyNotAllowed(anOpen(1, { trackingMode, recipientId: null })) === null,
		);
		expect(allowed).toEqual(['aggregate', 'hygiene', 'pseudonymous', 'identified', 'full']);
	});
});

describe('an error body', () => {
	it.each([
		['{"message":"bad token"}', 'bad token'],
		[{ error: { message: 'quota', errors: [{ reason: 'x' }] } }, 'quota'],
		[[{ errorCode: 'X', message: 'session expired' }], 'session expired'],
		[{ errors: ['first', 'second'] }, 'first'],
		['Code: 60. DB::Exception: no table\nstack', 'Code: 60. DB::Exception: no table'],
		['<html>Bad gateway</html>', null],
		['', null],
		[{}, null],
		['{broken', '{broken'],
		[42, null],
	])('%j says %j', (body, message) => {
		expect(vendorMessage(body)).toBe(message);
	});
});

describe('an unsuccessful status', () => {
	const outcomeOf = (status: number) => httpFailure(answer(status), [{}, {}], NOW);

	it.each([200, 201, 202, 204, 207])('%s is none', (status) => {
		expect(outcomeOf(status)).toBeNull();
	});

	it.each([408, 425, 429, 500, 502, 503, 504, 599])('%s is to be tried again', (status) => {
		expect(outcomeOf(status)).toEqual(
			Array(2).fill({ status: 'retryable', reason: `HTTP ${status}`, afterMs: null }),
		);
	});

	it.each([301, 307, 401, 403, 404, 405, 410])('%s is for a person to fix first', (status) => {
		expect(outcomeOf(status)).toEqual(
			Array(2).fill(expect.objectContaining({ status: 'retryable', later: true })),
		);
	});

	it.each([400, 409, 413, 422])('%s is for the engine to split', (status) => {
		expect(outcomeOf(status)).toEqual({ split: `HTTP ${status}` });
	});
});
