import fc from 'fast-check';

import { isAddress, normalId } from '../../../../src/tracking/people/normal-id';

describe('normalId', () => {
	test.each([
		['ada@example.com', 'ada@example.com'],
		[' Ada@Example.COM\n', 'ada@example.com'],
		['JÖRG@Bücher.Example', 'jörg@xn--bcher-kva.example'],
		['jörg@XN--BCHER-KVA.example', 'jörg@xn--bcher-kva.example'],
		['"a@b"@Example.com', '"a@b"@example.com'],
		['a@b/C', 'a@b/c'],
		['a@[192.168.0.1]', 'a@[192.168.0.1]'],
	])('of the address %j is %j', (given, normal) => {
		expect(normalId(given)).toBe(normal);
	});

	test.each(['42', ' Customer 7 ', '@handle', 'name@', 'A B@example.com', '', 'A7F-9'])(
		'leaves %j, which is no address, as it is',
		(id) => {
			expect(normalId(id)).toBe(id);
		},
	);

	test('has one form for every spelling, and gives it back as it is', () => {
		const domain = fc.domain().map((name) => `bücher.${name}`);
		fc.assert(
			fc.property(
				fc.oneof(
					fc.emailAddress(),
					domain.map((d) => `ada@${d}`),
				),
				(address) => {
					const normal = normalId(address);
					expect(normalId(normal)).toBe(normal);
					expect(normalId(` ${address.toUpperCase()} `)).toBe(normal);
					expect(isAddress(normal)).toBe(true);
				},
			),
		);
		fc.assert(fc.property(fc.string(), (id) => normalId(normalId(id)) === normalId(id)));
	});
});
