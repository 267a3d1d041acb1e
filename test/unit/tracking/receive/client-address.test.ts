import fc from 'fast-check';

import { clientAddress } from '../../../../src/tracking/receive/client-address';

const PROXY = '10.0.0.2';

test.each([
	['no proxy is trusted', '1.2.3.4, 203.0.113.7', 0, PROXY],
	['one proxy is trusted', '203.0.113.7', 1, '203.0.113.7'],
	['a client wrote an address of its own', '1.2.3.4, 203.0.113.7', 1, '203.0.113.7'],
	['two proxies are trusted', '1.2.3.4, 203.0.113.7, 10.0.0.1', 2, '203.0.113.7'],
	['more are trusted than there are', '203.0.113.7, 10.0.0.1', 5, '203.0.113.7'],
	['the proxy sent no header', undefined, 1, PROXY],
	['the header is empty', ' ', 1, PROXY],
	['the proxy wrote a port', '203.0.113.7:51234', 1, '203.0.113.7'],
	['the proxy wrote IPv6 in brackets', '[2001:db8::7]:51234', 1, '2001:db8::7'],
	['the proxy wrote a mapped address', '::ffff:203.0.113.7', 1, '203.0.113.7'],
	['the proxy did not know', '1.2.3.4, unknown', 1, null],
	['the proxy hid the client', '1.2.3.4, _hidden', 1, null],
	['the entry is empty', '1.2.3.4,', 1, null],
	['the number of hops is nonsense', '1.2.3.4', NaN, PROXY],
	['the number of hops is negative', '1.2.3.4', -1, PROXY],
])('when %s', (_case, forwardedFor, trustedHops, expected) => {
	expect(clientAddress({ remoteAddress: PROXY, forwardedFor, trustedHops })).toBe(expected);
});

test('nothing that a client writes gets past the trusted hops', () => {
	fc.assert(
		fc.property(
			fc.string(),
			fc.array(fc.ipV4(), { minLength: 1, maxLength: 4 }),
			(spoofed, chain) => {
				const honest = clientAddress({
					remoteAddress: PROXY,
					forwardedFor: chain.join(', '),
					trustedHops: chain.length,
				});
				const attacked = clientAddress({
					remoteAddress: PROXY,
					forwardedFor: `${spoofed}, ${chain.join(', ')}`,
					trustedHops: chain.length,
				});
				expect(attacked).toBe(honest);
				expect(honest).toBe(chain[0]);
			},
		),
		{ numRuns: 200 },
	);
});

test('agrees with the way Express counts hops', () => {
	// proxy-addr: start at the connection, go left while the hop is trusted, at most to the end.
	const asExpress = (remote: string, header: string, hops: number): string => {
		const addresses = [
			remote,
			...header
				.split(',')
				.map((part) => part.trim())
				.reverse(),
		];
		return addresses[Math.min(hops, addresses.length - 1)];
	};
	fc.assert(
		fc.property(
			fc.ipV4(),
			fc.array(fc.ipV4(), { minLength: 1, maxLength: 6 }),
			fc.nat({ max: 8 }),
			(remoteAddress, chain, trustedHops) => {
				const forwardedFor = chain.join(', ');
				expect(clientAddress({ remoteAddress, forwardedFor, trustedHops })).toBe(
					asExpress(remoteAddress, forwardedFor, trustedHops),
				);
			},
		),
		{ numRuns: 200 },
	);
});

test('ten megabytes of forged addresses cost nothing', () => {
	const forwardedFor = `${'1.2.3.4,'.repeat(1_250_000)} 203.0.113.7`;
	const start = performance.now();
	expect(clientAddress({ remoteAddress: PROXY, forwardedFor, trustedHops: 1 })).toBe('203.0.113.7');
	expect(
		clientAddress({ remoteAddress: PROXY, forwardedFor: 'x'.repeat(10_000_000), trustedHops: 1 }),
	).toBeNull();
	expect(performance.now() - start).toBeLessThan(200);
});

test('without a connection address there is none', () => {
	expect(
		clientAddress({ remoteAddress: undefined, forwardedFor: undefined, trustedHops: 0 }),
	).toBeNull();
});
