import fc from 'fast-check';

import { EVENT_FIELDS } from '../../../../src/tracking/event/event-fields';
import {
	newOpenEvent,
	openEventSchema,
	type OpenEvent,
} from '../../../../src/tracking/event/open-event';
import {
	minimise,
	OPEN_EVENT_ROLES,
	type MinimiseOptions,
} from '../../../../src/tracking/minimise/minimise';

const event = newOpenEvent({
	eventId: '019aa6b5-7c8b-7def-8123-456789abcdef',
	occurredAt: '2026-11-21T13:45:10.123Z',
	recipientId: 'recipient-marker',
	pixelId: 'pixel',
	campaignId: 'campaign',
	messageId: 'message',
	trackingMode: 'full',
	purpose: 'performance',
	actor: 'human',
	actorReason: 'browser',
	rulesVersion: '1',
	client: { family: 'Thunderbird', os: 'Linux', device: 'desktop' },
	features: ['ua:browser'],
	consent: { status: 'given', recordId: 'record', policy: 'eu' },
	request: {
		ip: '203.0.113.77',
		userAgent: 'agent-marker',
		referer: 'referer-marker',
		acceptLanguage: 'de',
	},
	imageHeldMs: 1500,
	imageHeldMeasurable: true,
});

const options = (over: Partial<MinimiseOptions> = {}): MinimiseOptions => ({
	allow: [...EVENT_FIELDS],
	roles: OPEN_EVENT_ROLES,
	ip: 'drop',
	ipKey: null,
	userAgent: 'drop',
	clientOf: null,
	time: 'exact',
	recipient: 'keep',
	pseudonymKey: null,
	...over,
});

/** Freezes an item all the way down, so that any change throws. */
function frozen<T>(value: T): T {
	if (typeof value === 'object' && value !== null) {
		Object.values(value).forEach(frozen);
		Object.freeze(value);
	}
	return value;
}

describe('an open event', () => {
	it('stays a valid open event, and its input stays as it was', () => {
		const input = frozen(structuredClone(event));
		const { event: output } = minimise(
			input,
			options({ allow: [], recipient: 'drop', time: 'day' }),
		);
		expect(openEventSchema.parse(output)).toEqual(output);
		expect(input).toEqual(event);
	});

	it('loses address and agent by default and says so by name only', () => {
		const result = minimise(event, options());
		expect(result.event.request).toEqual({
			ip: null,
			userAgent: null,
			referer: 'referer-marker',
			acceptLanguage: 'de',
		});
		expect(result.removed).toEqual(['request.ip', 'request.userAgent']);
		expect(result.reduced).toEqual([]);
	});

	it('keeps only what is on the list', () => {
		const { event: output, removed } = minimise(
			event,
			options({ allow: ['campaignId', 'client.family'] }),
		);
		expect(output).toMatchObject({
			campaignId: 'campaign',
			client: { family: 'Thunderbird', os: null, device: null },
			recipientId: null,
			recipientReason: 'mode',
			messageId: null,
			features: [],
			consent: { status: null, recordId: null, policy: null },
		});
		expect(removed).toEqual(
			[
				'actorReason',
				'client.device',
				'client.os',
				'consent',
				'features',
				'messageId',
				'pixelId',
				'purpose',
				'recipientId',
				'request',
				'rulesVersion',
				'imageHeldMeasurable',
				'imageHeldMs',
			].sort(),
		);
	});

	it.each([
		['hour', '2026-11-21T13:00:00.000Z', 3_600_000],
		['day', '2026-11-21T00:00:00.000Z', 86_400_000],
	] as const)(
		'rounded to the %s holds no finer time, not even inside its id',
		(time, occurredAt, period) => {
			const { event: output, reduced } = minimise(event, options({ time }));
			expect(output.occurredAt).toBe(occurredAt);
			expect(reduced).toEqual(['eventId', 'occurredAt']);
			const ms = parseInt(String(output.eventId).replace(/-/g, '').slice(0, 12), 16);
			expect(ms % period).toBe(0);
			expect(String(output.eventId).slice(13)).toBe(event.eventId.slice(13));
		},
	);

	it('gives a recipient one pseudonym per campaign, and unrelated ones across campaigns and keys', () => {
		const pseudonym = (campaignId: string, key: number, recipientId = 'anna') =>
			minimise(
				{ ...event, recipientId, campaignId },
				options({ recipient: 'pseudonym', pseudonymKey: Buffer.alloc(32, key) }),
			).event.recipientId;
		expect(pseudonym('a', 1)).toMatch(/^p_[0-9a-f]{32}$/);
		expect(pseudonym('a', 1)).toBe(pseudonym('a', 1));
		expect(
			new Set([pseudonym('a', 1), pseudonym('b', 1), pseudonym('a', 2), pseudonym('a', 1, 'bert')])
				.size,
		).toBe(4);
	});

	it('keeps the network of an address, with IPv4 in IPv6 taken out first', () => {
		const network = (ip: string) =>
			(
				minimise({ ...event, request: { ...event.request, ip } }, options({ ip: 'truncate' }))
					.event as OpenEvent
			).request.ip;
		expect(network('203.0.113.77')).toBe('203.0.113.0');
		expect(network('::ffff:203.0.113.77')).toBe('203.0.113.0');
		expect(network('2001:db8:aaaa:bbbb:1:2:3:4')).toBe('2001:db8:aaaa::');
		expect(network('not an address')).toBeNull();
	});

	it('reads families out of an agent and forgets it', () => {
		const clientOf = () => ({ family: 'Outlook', os: 'Windows', device: 'desktop' });
		const result = minimise(event, options({ userAgent: 'families', clientOf }));
		expect(result.event.client).toEqual({ family: 'Outlook', os: 'Windows', device: 'desktop' });
		expect(result.reduced).toEqual(['request.userAgent']);
		expect(JSON.stringify(result)).not.toContain('agent-marker');
	});
});

describe('any other item', () => {
	const roles = {
		ip: ['headers.x-real-ip'],
		userAgent: ['headers.user-agent'],
		time: ['when'],
		eventId: [],
		recipient: ['query.id'],
		campaign: ['query.campaign'],
	};

	it('is reduced by the paths that are named for it', () => {
		const item = frozen({
			when: 1795268710123,
			query: { id: 42, campaign: 'c', email: 'anna@example.com' },
			headers: { 'x-real-ip': '198.51.100.9', 'user-agent': 'X', cookie: 'session=1' },
			body: { deep: { er: true } },
			hits: [{ at: 'kept', who: 'gone' }, { at: 'kept too' }],
			tags: ['a', 'b'],
		});
		const {
			event: output,
			removed,
			reduced,
		} = minimise(
			item,
			options({
				roles,
				allow: ['when', 'query.id', 'headers.x-real-ip', 'hits.at', 'tags'],
				ip: 'truncate',
				time: 'hour',
				recipient: 'pseudonym',
				pseudonymKey: Buffer.alloc(16, 1),
			}),
		);
		expect(output).toEqual({
			when: '2026-11-21T13:00:00.000Z',
			query: { id: expect.stringMatching(/^p_/) },
			headers: { 'x-real-ip': '198.51.100.0' },
			hits: [{ at: 'kept' }, { at: 'kept too' }],
			tags: ['a', 'b'],
		});
		expect(removed).toEqual([
			'body',
			'headers.cookie',
			'headers.user-agent',
			'hits.who',
			'query.campaign',
			'query.email',
		]);
		expect(reduced).toEqual(['headers.x-real-ip', 'query.id', 'when']);
	});

	it.each([NaN, Infinity, -Infinity, 8.64e15 + 1])(
		'drops the time %s when it is to be rounded',
		(when) => {
			const { event: output, removed } = minimise(
				{ when },
				options({ roles, allow: ['when'], time: 'hour' }),
			);
			expect([output, removed]).toEqual([{}, ['when']]);
		},
	);

	it.each(['tags', 'elsewhere'])('takes lists 20,000 deep at %s', (name) => {
		let deep: unknown = 'secret';
		for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
		const { event: output, removed } = minimise({ [name]: deep }, options({ allow: ['tags'] }));
		expect(JSON.stringify(output)).not.toContain('secret');
		expect(removed).toEqual([name]);
	});

	it('keeps lists in lists', () => {
		expect(minimise({ tags: [['a'], [['b']]] }, options({ allow: ['tags'] })).event).toEqual({
			tags: [['a'], [['b']]],
		});
	});

	it('drops an object whose path is allowed but whose fields are not', () => {
		expect(minimise({ person: { name: 'Anna' } }, options({ allow: ['person'] }))).toEqual({
			event: {},
			removed: ['person'],
			reduced: [],
		});
	});

	it('keeps a field with spaces in its name when it is asked for', () => {
		expect(
			minimise({ 'First Name': 'Anna', 'Last Name': 'B' }, options({ allow: ['First Name'] }))
				.event,
		).toEqual({ 'First Name': 'Anna' });
	});

	it('never shows a name that may itself be data, and is not fooled by dots or __proto__', () => {
		const item: Record<string, unknown> = JSON.parse(
			'{"anna@example.com": 1, "request.ip": "203.0.113.9", "__proto__": {"x": 1}, "ok": {"bert@example.com": 2}}',
		);
		const result = minimise(item, options({ allow: ['request.ip', 'ok.id'], ip: 'keep' }));
		expect(result).toEqual({
			event: { ok: {} },
			removed: ['(unnamed)', 'ok.(unnamed)'],
			reduced: [],
		});
	});

	it.each([
		[{ ip: 'hash' }, /address key/],
		[{ recipient: 'pseudonym' }, /pseudonym key/],
		[{ userAgent: 'families' }, /clientOf/],
	] as const)('says what is missing for %j', (over, message) => {
		expect(() => minimise({}, options(over))).toThrow(message);
	});
});

it('never contains a value it dropped, wherever it stood', () => {
	const marker = fc.integer({ min: 0, max: 1e9 }).map((n) => `MARKER-${n}-@`);
	const name = fc.constantFrom(
		'a',
		'b',
		'recipientId',
		'request',
		'ip',
		'userAgent',
		'occurredAt',
		'x@y.z',
		'c d',
	);
	const json = fc.letrec((tie) => ({
		value: fc.oneof(
			{ depthSize: 'small' },
			marker,
			fc.array(tie('value'), { maxLength: 3 }),
			fc.dictionary(name, tie('value'), { maxKeys: 4 }),
		),
	}));
	fc.assert(
		fc.property(
			fc.dictionary(name, json.value, { maxKeys: 6 }),
			fc.subarray([
				'a',
				'b.a',
				'a.b',
				'recipientId',
				'request.ip',
				'request.userAgent',
				'occurredAt',
				'c d',
			]),
			fc.constantFrom('drop' as const, 'truncate' as const, 'hash' as const),
			fc.constantFrom('hour' as const, 'day' as const),
			fc.constantFrom('drop' as const, 'pseudonym' as const),
			(item, allow, ip, time, recipient) => {
				const before = JSON.stringify(item);
				const result = minimise(
					item,
					options({
						allow,
						ip,
						time,
						recipient,
						ipKey: Buffer.alloc(16),
						pseudonymKey: Buffer.alloc(16, 3),
					}),
				);
				expect(JSON.stringify(item)).toBe(before);
				// Only a plain value under an allowed path without a role may come through.
				const allowedHere = new Set<string>();
				const collect = (value: unknown, path: string) => {
					if (Array.isArray(value)) value.forEach((v) => collect(v, path));
					else if (typeof value === 'object' && value !== null) {
						Object.entries(value).forEach(([k, v]) => collect(v, path ? `${path}.${k}` : k));
					} else if (['a', 'b.a', 'a.b', 'c d'].includes(path) && allow.includes(path))
						allowedHere.add(String(value));
				};
				collect(item, '');
				const seen: string[] = JSON.stringify(result).match(/MARKER-\d+-@/g) ?? [];
				expect(seen.filter((m) => !allowedHere.has(m))).toEqual([]);
			},
		),
		{ numRuns: 300 },
	);
});
