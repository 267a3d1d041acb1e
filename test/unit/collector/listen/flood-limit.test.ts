import { createFloodLimit } from '../../../../src/collector/listen/flood-limit';

const settings = { perSecond: 10, burst: 5 };
const allowedOf = (limit: ReturnType<typeof createFloodLimit>, ip: string | null, count: number) =>
	Array.from({ length: count }, () => limit(ip, 0)).filter(Boolean).length;

describe('limiting what one address can record', () => {
	it('records a burst, then as many per second as allowed', () => {
		const limit = createFloodLimit(settings);
		expect(allowedOf(limit, '203.0.113.1', 100)).toBe(5);
		expect(limit('203.0.113.1', 99)).toBe(false);
		expect(limit('203.0.113.1', 200)).toBe(true);
		let later = 0;
		for (let now = 1000; now < 11_000; now += 10) if (limit('203.0.113.1', now)) later += 1;
		expect(later).toBeGreaterThanOrEqual(100);
		expect(later).toBeLessThanOrEqual(106);
	});

	it('counts each address for itself', () => {
		const limit = createFloodLimit(settings);
		expect(allowedOf(limit, '203.0.113.1', 9)).toBe(5);
		expect(allowedOf(limit, '203.0.113.2', 9)).toBe(5);
	});

	it('counts an IPv6 network of one customer as one, and IPv4 in IPv6 as IPv4', () => {
		const limit = createFloodLimit(settings);
		expect(allowedOf(limit, '2a00:1:2:3::1', 3) + allowedOf(limit, '2a00:1:2:3:4:5:6:7', 9)).toBe(
			5,
		);
		expect(allowedOf(limit, '2a00:1:2:4::1', 9)).toBe(5);
		expect(allowedOf(limit, '198.51.100.7', 3) + allowedOf(limit, '::ffff:198.51.100.7', 9)).toBe(
			5,
		);
	});

	it('puts unknown addresses together', () => {
		const limit = createFloodLimit(settings);
		expect(allowedOf(limit, null, 3) + allowedOf(limit, null, 9)).toBe(5);
	});

	it.each(['127.0.0.1', '::1', '10.1.2.3', '192.168.0.9', '172.16.0.1', 'fd00::1', 'fe80::1'])(
		'never limits %s, which is a proxy of the operator',
		(ip) => {
			expect(allowedOf(createFloodLimit(settings), ip, 50)).toBe(50);
		},
	);

	it('sets no limit at 0', () => {
		expect(allowedOf(createFloodLimit({ perSecond: 0, burst: 0 }), '203.0.113.1', 50)).toBe(50);
	});

	it('forgets who was seen longest ago when it remembers too many', () => {
		const limit = createFloodLimit(settings, 2);
		allowedOf(limit, '203.0.113.1', 5);
		allowedOf(limit, '203.0.113.2', 5);
		limit('203.0.113.1', 0);
		limit('203.0.113.3', 0);
		expect(limit('203.0.113.1', 0)).toBe(false);
		expect(limit('203.0.113.2', 0)).toBe(true);
	});
});
