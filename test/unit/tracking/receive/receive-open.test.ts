import fc from 'fast-check';

import {
	PROBE_PIXEL_ID,
	probeClaims,
	type ProbeLoad,
} from '../../../../src/tracking/links/probe-link';
import type { BurstLoad, PlacedLoad } from '../../../../src/tracking/bursts/burst-rules';
import { openEventSchema } from '../../../../src/tracking/event/open-event';
import type { Purpose } from '../../../../src/tracking/event/purpose';
import { TRACKING_MODES, type TrackingMode } from '../../../../src/tracking/event/tracking-mode';
import type { LinkClaims } from '../../../../src/tracking/links/token-claims';
import { recipientPseudonym } from '../../../../src/tracking/people/pseudonym';
import { receiveOpen } from '../../../../src/tracking/receive/receive-open';
import {
	RECEIVE_REASONS,
	type PixelRequest,
	type ReceiveDeps,
	type ReceiveSettings,
} from '../../../../src/tracking/receive/receive-types';

const receivedAt = new Date('2026-11-21T13:45:10.123Z');
const EVENT_ID = '019aa6b5-7c8b-7def-8123-456789abcdef';

const request = (over: Partial<PixelRequest> = {}): PixelRequest => ({
	method: 'GET',
	query: { id: '42' },
	headers: {
		'user-agent': 'Marker-Agent/1.0',
		referer: 'https://marker.example/',
		'accept-language': 'de',
	},
	ip: '203.0.113.77',
	receivedAt,
	...over,
});

const settings = (over: Partial<ReceiveSettings> = {}): ReceiveSettings => ({
	mode: 'identified',
	purpose: 'performance',
	plainIds: { allowed: true, recipientParameter: 'id' },
	consent: { policy: 'objection-honoured', label: 'test-1', keepAsAggregate: false },
	keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
	...over,
});

const claims = (over: Partial<LinkClaims> = {}): LinkClaims => ({
	recipientId: 'person-7',
	pixelId: 'pixel-1',
	campaignId: 'campaign-1',
	messageId: 'message-1',
	trackingMode: 'identified',
	purpose: 'performance',
	issuedAt: new Date('2026-11-20T00:00:00Z'),
	...over,
});

const deps = (over: Partial<ReceiveDeps> = {}): ReceiveDeps => ({
	verifyToken: () => ({ ok: true, claims: claims() }),
	classify: () => ({
		actor: 'human',
		actorReason: 'browser',
		rulesVersion: '1',
		client: { family: 'Thunderbird', os: 'Linux', device: 'desktop' },
		features: ['ua:browser'],
	}),
	placeLoad: () => null,
	isSuppressed: async () => false,
	consentStatus: async () => ({ status: 'unknown', recordId: null }),
	newEventId: () => EVENT_ID,
	pseudonym: (id, scope) => recipientPseudonym(id, scope, Buffer.alloc(32, 1)),
	ipKey: async () => Buffer.alloc(32, 2),
	noteProbe: async () => undefined,
	...over,
});

const required = { policy: 'consent-required', label: 'strict-1', keepAsAggregate: false } as const;
const unreachable = async (): Promise<never> => {
	throw new Error('store down');
};

describe('a probe email', () => {
	const probe = probeClaims('probe-1', 2, new Date('2026-11-20T00:00:00Z'));
	const load = async (over: Partial<ReceiveDeps> = {}, changes: Partial<LinkClaims> = {}) =>
		await receiveOpen(
			request({ query: { t: 'signed' } }),
			settings({ mode: 'aggregate', consent: required }),
			deps({ verifyToken: () => ({ ok: true, claims: { ...probe, ...changes } }), ...over }),
		);

	it('notes what loaded it, whatever mode and consent are set, and makes no event', async () => {
		const noted: ProbeLoad[] = [];
		const judged: boolean[] = [];
		const received = await load({
			noteProbe: async (one) => void noted.push(one),
			classify: (seen) => {
				judged.push(seen.own);
				return deps().classify(seen);
			},
		});
		expect(received).toEqual({ event: null, reason: 'probe', load: null, lookupError: null });
		expect(judged).toEqual([false]);
		expect(noted).toEqual([
			{
				probeId: 'probe-1',
				place: 2,
				at: request({}).receivedAt.toISOString(),
				actor: 'human',
				actorReason: 'browser',
				client: { family: 'Thunderbird', os: 'Linux', device: 'desktop' },
			},
		]);
	});

	it('is answered as ever while the store is away', async () => {
		const received = await load({ noteProbe: unreachable });
		expect(received).toMatchObject({ event: null, reason: 'probe' });
		expect(received.lookupError).toMatchObject({ message: 'store down' });
	});

	it('is only what a signed preview says it is', async () => {
		const noteProbe = jest.fn();
		expect((await load({ noteProbe }, { preview: false })).reason).not.toBe('probe');
		const query = { pixelId: PROBE_PIXEL_ID, messageId: 'probe-1', campaignId: '0' };
		expect(
			(await receiveOpen(request({ query }), settings(), deps({ noteProbe }))).event,
		).toMatchObject({ pixelId: PROBE_PIXEL_ID });
		expect(noteProbe).not.toHaveBeenCalled();
	});
});

describe('the time of an answer', () => {
	it.each([
		['kept', { id: '42' }],
		['refused', { id: 'refused' }],
		['erased', { id: 'erased' }],
		['forged', { t: 'forged' }],
	])('does not tell a load that is %s: all ask the store the same, at once', async (_, query) => {
		const asked: string[] = [];
		let answer: () => void = () => undefined;
		const store = new Promise<void>((resolve) => (answer = resolve));
		const receiving = receiveOpen(
			request({ query }),
			settings(),
			deps({
				verifyToken: () => ({ ok: false, reason: 'signature' }),
				isSuppressed: async (id) => {
					asked.push('erasure');
					await store;
					return id === 'erased';
				},
				consentStatus: async (id) => {
					asked.push('consent');
					await store;
					return { status: id === 'refused' ? 'refused' : 'unknown', recordId: null };
				},
			}),
		);
		await new Promise(setImmediate);
		expect(asked).toEqual(['erasure', 'consent']);
		answer();
		await receiving;
		expect(asked).toHaveLength(2);
	});

	it('does not depend on the store where nobody is named', async () => {
		const { event, lookupError } = await receiveOpen(
			request({ query: {} }),
			settings(),
			deps({ isSuppressed: unreachable, consentStatus: unreachable }),
		);
		expect(event?.recipientId).toBeNull();
		expect(lookupError).toBeNull();
	});
});

describe('a plain link', () => {
	it('gives one valid open with recipient id, time and families, and nothing of the request', async () => {
		const { event, reason } = await receiveOpen(request(), settings(), deps());
		expect(openEventSchema.parse(event)).toEqual(event);
		expect(event).toMatchObject({
			recipientId: '42',
			recipientReason: null,
			occurredAt: '2026-11-21T13:45:10.123Z',
			trackingMode: 'identified',
			actor: 'human',
			client: { family: 'Thunderbird' },
			consent: { status: 'unknown', recordId: null, policy: 'test-1' },
			request: { ip: null, userAgent: null, referer: null, acceptLanguage: null },
		});
		expect(reason).toBe('no-objection');
	});

	it('reads pixelId, campaignId and messageId, and a recipient parameter of another name', async () => {
		const { event } = await receiveOpen(
			request({ query: { rid: 'r', id: 'not me', pixelId: 'p', campaignId: 'c', messageId: 'm' } }),
			settings({ plainIds: { allowed: true, recipientParameter: 'rid' } }),
			deps(),
		);
		expect(event).toMatchObject({
			recipientId: 'r',
			pixelId: 'p',
			campaignId: 'c',
			messageId: 'm',
		});
	});

	it.each([
		[undefined, 'missing'],
		['', 'missing'],
		['x'.repeat(257), 'too-long'],
		['a\u0000b', 'control-characters'],
		['a\nb', 'control-characters'],
		['a\u0085b', 'control-characters'],
		['a\u202egnp.b', 'control-characters'],
		['a\u2067b', 'control-characters'],
	])('with id %j is an open without a recipient, because it is %s', async (id, reason) => {
		const { event } = await receiveOpen(request({ query: { id } }), settings(), deps());
		expect(event).toMatchObject({ recipientId: null, recipientReason: reason });
	});

	it('takes an id of exactly 256 characters', async () => {
		const id = 'x'.repeat(256);
		const { event } = await receiveOpen(request({ query: { id } }), settings(), deps());
		expect(event?.recipientId).toBe(id);
	});

	it('is not believed where only signed links are allowed', async () => {
		const { event } = await receiveOpen(
			request({ query: { id: '42', pixelId: 'p', campaignId: 'c', messageId: 'm' } }),
			settings({ plainIds: { allowed: false, recipientParameter: 'id' } }),
			deps(),
		);
		expect(event).toMatchObject({ recipientReason: 'invalid-token', trackingMode: 'aggregate' });
		expect([event?.recipientId, event?.pixelId, event?.campaignId, event?.messageId]).toEqual([
			null,
			null,
			null,
			null,
		]);
	});
});

describe('a signed link', () => {
	it('names recipient, pixel, campaign, message and purpose', async () => {
		const { event } = await receiveOpen(
			request({ query: { t: 'token', id: 'ignored' } }),
			settings({ purpose: null }),
			deps(),
		);
		expect(event).toMatchObject({
			recipientId: 'person-7',
			pixelId: 'pixel-1',
			campaignId: 'campaign-1',
			messageId: 'message-1',
			purpose: 'performance',
		});
	});

	it('that does not hold is counted without any id, even when plain ids stand next to it', async () => {
		const { event, reason } = await receiveOpen(
			request({ query: { t: 'forged', id: '42', pixelId: 'p', campaignId: 'c', messageId: 'm' } }),
			settings({
				mode: 'full',
				keep: { ip: 'keep', userAgent: true, referer: true, acceptLanguage: true },
			}),
			deps({ verifyToken: () => ({ ok: false, reason: 'bad signature' }) }),
		);
		expect(reason).toBe('invalid-token');
		expect(event).toMatchObject({
			recipientId: null,
			recipientReason: 'invalid-token',
			pixelId: null,
			campaignId: null,
			messageId: null,
			trackingMode: 'aggregate',
			request: { ip: null, userAgent: null },
		});
		expect(JSON.stringify(event)).not.toMatch(/42|marker|203\.0/i);
	});

	it('gives the classifier the whole request, the time since sending, and whose look it is', async () => {
		const classify = jest.fn(deps().classify);
		const verifyToken = () => ({ ok: true as const, claims: claims({ preview: true }) });
		await receiveOpen(
			request({ query: { t: 'token' } }),
			settings(),
			deps({ classify, verifyToken }),
		);
		await receiveOpen(request(), settings(), deps({ classify }));
		const seen = {
			method: 'GET',
			headers: request().headers,
			userAgent: 'Marker-Agent/1.0',
			ip: '203.0.113.77',
		};
		expect(classify.mock.calls).toEqual([
			[{ ...seen, secondsSinceSend: 135_910.123, own: true }],
			[{ ...seen, secondsSinceSend: null, own: false }],
		]);
	});
});

describe('the mode', () => {
	it('is the lower of what the operator and the link allow, for every pair', async () => {
		for (const operator of TRACKING_MODES) {
			for (const link of TRACKING_MODES) {
				const { event, reason } = await receiveOpen(
					request({ query: { t: 'token' } }),
					settings({ mode: operator }),
					deps({ verifyToken: () => ({ ok: true, claims: claims({ trackingMode: link }) }) }),
				);
				const lower =
					TRACKING_MODES[Math.min(TRACKING_MODES.indexOf(operator), TRACKING_MODES.indexOf(link))];
				if (lower === 'off') expect([event, reason]).toEqual([null, 'mode-off']);
				else expect(event?.trackingMode).toBe(lower);
			}
		}
	});

	it('pseudonymous never shows the id, and falls to a bare count when there is no key', async () => {
		const withKey = await receiveOpen(
			request({ query: { t: 'x' } }),
			settings({ mode: 'pseudonymous' }),
			deps(),
		);
		expect(withKey.event?.recipientId).toMatch(/^p_[0-9a-f]{32}$/);
		const noKey = await receiveOpen(
			request({ query: { t: 'x' } }),
			settings({ mode: 'pseudonymous' }),
			deps({ pseudonym: null }),
		);
		expect(noKey.event).toMatchObject({
			recipientId: null,
			trackingMode: 'aggregate',
			recipientReason: 'mode',
		});
	});

	it('full keeps of the request exactly what the settings keep', async () => {
		const { event } = await receiveOpen(
			request({ ip: '::ffff:203.0.113.77' }),
			settings({
				mode: 'full',
				keep: { ip: 'truncate', userAgent: false, referer: true, acceptLanguage: false },
			}),
			deps(),
		);
		expect(event?.request).toEqual({
			ip: '203.0.113.0',
			userAgent: null,
			referer: 'https://marker.example/',
			acceptLanguage: null,
		});
	});

	it('below full keeps nothing of the request, whatever the settings keep', async () => {
		const { event } = await receiveOpen(
			request(),
			settings({
				mode: 'identified',
				keep: { ip: 'keep', userAgent: true, referer: true, acceptLanguage: true },
			}),
			deps(),
		);
		expect(event?.request).toEqual({
			ip: null,
			userAgent: null,
			referer: null,
			acceptLanguage: null,
		});
	});

	it('asks for the address key of the day where a hash is stored, and drops the address without it', async () => {
		const keep = { ip: 'hash', userAgent: true, referer: false, acceptLanguage: false } as const;
		const ask = (mode: 'identified' | 'full', ipKey: ReceiveDeps['ipKey']) =>
			receiveOpen(request(), settings({ mode, keep }), deps({ ipKey }));
		expect(await ask('identified', unreachable)).toMatchObject({
			event: { request: { ip: null } },
			lookupError: null,
		});
		expect((await ask('full', deps().ipKey)).event?.request.ip).toMatch(/^[0-9a-f]{32}$/);
		expect(await ask('full', unreachable)).toMatchObject({
			event: { recipientId: '42', request: { ip: null, userAgent: expect.any(String) } },
			lookupError: expect.any(Error),
		});
	});

	it('pseudonymous in the link is pseudonymous in the event, with its shared pixel', async () => {
		const { event } = await receiveOpen(
			request({ query: { t: 'x' } }),
			settings({ mode: 'full' }),
			deps({ verifyToken: () => ({ ok: true, claims: claims({ trackingMode: 'pseudonymous' }) }) }),
		);
		expect(event).toMatchObject({ trackingMode: 'pseudonymous', pixelId: 'pixel-1' });
		expect(event?.recipientId).toMatch(/^p_/);
	});

	it('aggregate asks nobody for consent', async () => {
		const consentStatus = jest.fn(deps().consentStatus);
		const { event, reason } = await receiveOpen(
			request({ query: { campaignId: 'c' } }),
			settings({ mode: 'aggregate', consent: required }),
			deps({ consentStatus }),
		);
		expect(event).toMatchObject({ campaignId: 'c', recipientId: null, consent: { status: null } });
		expect(reason).toBe('count-only');
		expect(consentStatus).not.toHaveBeenCalled();
	});
});

describe('a request that is no open', () => {
	it.each(['HEAD', 'head', 'POST', 'OPTIONS'])('%s leaves nothing', async (method) => {
		const verifyToken = jest.fn(deps().verifyToken);
		const result = await receiveOpen(
			request({ method, query: { t: 'x' } }),
			settings(),
			deps({ verifyToken }),
		);
		expect(result).toEqual({
			event: null,
			reason: 'not-a-get',
			load: null,
			lookupError: null,
		});
		expect(verifyToken).not.toHaveBeenCalled();
	});
});

describe('consent', () => {
	it.each([
		['given', true],
		['renewed', true],
		['unknown', false],
		['requested', false],
		['refused', false],
		['withdrawn', false],
		['expired', false],
	] as const)('required and %s: stored %s', async (status, stored) => {
		const { event } = await receiveOpen(
			request(),
			settings({ consent: required }),
			deps({ consentStatus: async () => ({ status, recordId: 'record-1' }) }),
		);
		if (stored)
			expect(event?.consent).toEqual({ status, recordId: 'record-1', policy: 'strict-1' });
		else expect(event).toBeNull();
	});

	it.each([['isSuppressed'], ['consentStatus']] as const)(
		'required and %s failing: nothing is stored, and the failure is handed on',
		async (name) => {
			const result = await receiveOpen(
				request(),
				settings({ consent: required }),
				deps({
					consentStatus: async () => ({ status: 'given', recordId: 'r' }),
					[name]: unreachable,
				}),
			);
			expect(result).toMatchObject({ event: null, reason: 'lookup-failed' });
			expect(result.lookupError).toEqual(new Error('store down'));
		},
	);

	it('honouring objections keeps the open when the lookup fails, and says so', async () => {
		const { event, reason, lookupError } = await receiveOpen(
			request(),
			settings(),
			deps({ isSuppressed: unreachable, consentStatus: unreachable }),
		);
		expect(event?.recipientId).toBe('42');
		// The store asks again, by this.
		expect(event?.consent.status).toBeNull();
		expect(reason).toBe('lookup-failed-allowed');
		expect(lookupError).toBeInstanceOf(Error);
	});

	it('gives nobody a pseudonym whom nobody could be asked about: it is a bare count', async () => {
		const { event } = await receiveOpen(
			request(),
			settings({ mode: 'pseudonymous' }),
			deps({ consentStatus: unreachable, pseudonym: () => 'p_1' }),
		);
		expect(event).toMatchObject({ trackingMode: 'aggregate', recipientId: null });
	});

	it('takes every spelling of an address for the same person', async () => {
		const asked: string[] = [];
		const { event } = await receiveOpen(
			request({ query: { id: ' Ada@Bücher.Example' } }),
			settings(),
			deps({ isSuppressed: async (id) => asked.push(id) === 0 }),
		);
		expect(event?.recipientId).toBe('ada@xn--bcher-kva.example');
		expect(asked).toEqual(['ada@xn--bcher-kva.example']);
	});

	it('is withdrawn for emails already sent: nothing is stored, not even a count', async () => {
		const result = await receiveOpen(
			request(),
			settings({ consent: { ...required, keepAsAggregate: true } }),
			deps({ isSuppressed: async (id) => id === '42' }),
		);
		expect(result).toMatchObject({ event: null, reason: 'suppressed', lookupError: null });
	});

	it('refused but kept as aggregate leaves a count that names nobody, and no single-mail pixel', async () => {
		const { event, reason } = await receiveOpen(
			request({ query: { t: 'token' } }),
			settings({ consent: { ...required, keepAsAggregate: true } }),
			deps(),
		);
		expect(reason).toBe('consent-unknown');
		expect(event).toMatchObject({
			trackingMode: 'aggregate',
			recipientId: null,
			recipientReason: 'mode',
			messageId: null,
			pixelId: null,
			campaignId: 'campaign-1',
			occurredAt: '2026-11-21T13:00:00.000Z',
		});
		expect(event?.eventId).not.toBe(EVENT_ID);
	});

	it('takes Sec-GPC: 1 as an objection under either policy', async () => {
		for (const policy of ['consent-required', 'objection-honoured'] as const) {
			const { event, reason } = await receiveOpen(
				request({ headers: { 'sec-gpc': '1' } }),
				settings({ consent: { policy, label: 'x', keepAsAggregate: false } }),
				deps({ consentStatus: async () => ({ status: 'given', recordId: 'r' }) }),
			);
			expect([event, reason]).toEqual([null, 'global-privacy-control']);
		}
	});

	it('is not needed for deliverability, which then keeps only recipient and day', async () => {
		const { event, reason } = await receiveOpen(
			request({ query: { t: 'token' } }),
			settings({ consent: required }),
			deps({ verifyToken: () => ({ ok: true, claims: claims({ purpose: 'deliverability' }) }) }),
		);
		expect(reason).toBe('exempt-purpose');
		expect(event).toMatchObject({
			trackingMode: 'hygiene',
			recipientId: 'person-7',
			occurredAt: '2026-11-21T00:00:00.000Z',
			pixelId: null,
			campaignId: null,
			messageId: null,
			client: { family: null },
			features: [],
		});
	});
});

it('only ever answers with a reason that is described', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.record({
				method: fc.constantFrom('GET', 'HEAD'),
				query: fc.dictionary(fc.constantFrom('id', 't', 'pixelId', 'campaignId'), fc.string()),
				ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())),
				mode: fc.constantFrom(...TRACKING_MODES),
				ok: fc.boolean(),
				policy: fc.constantFrom('consent-required' as const, 'objection-honoured' as const),
				keepAsAggregate: fc.boolean(),
				fails: fc.boolean(),
			}),
			async (c) => {
				const { event, reason } = await receiveOpen(
					request({ method: c.method, query: c.query, ip: c.ip }),
					settings({
						mode: c.mode,
						consent: { policy: c.policy, label: 'x', keepAsAggregate: c.keepAsAggregate },
						keep: { ip: 'truncate', userAgent: true, referer: true, acceptLanguage: true },
					}),
					deps({
						verifyToken: () =>
							c.ok ? { ok: true, claims: claims() } : { ok: false, reason: 'no' },
						...(c.fails ? { consentStatus: unreachable } : {}),
					}),
				);
				expect(RECEIVE_REASONS).toHaveProperty([reason]);
				if (event) openEventSchema.parse(event);
			},
		),
		{ numRuns: 200 },
	);
});

const placedAs = ({ eventId, at }: BurstLoad): PlacedLoad => ({
	eventId,
	at,
	open: true,
	recipient: { name: 'recipient', mark: 'network' },
	address: null,
});

describe('what the burst windows are to know of an open', () => {
	it.each([
		['identified', 'exact', true],
		['full', 'exact', true],
		['identified', 'hour', false],
		['pseudonymous', 'exact', false],
		['hygiene', 'exact', false],
		['aggregate', 'exact', false],
	] as const)(
		'is told only where the log keeps it as exactly: %s, %s',
		async (mode, time, tells) => {
			const { event, load } = await receiveOpen(
				request(),
				settings({ mode, time }),
				deps({ placeLoad: placedAs }),
			);
			expect(event?.trackingMode).toBe(mode);
			expect(load).toEqual(
				tells ? expect.objectContaining({ eventId: event?.eventId, open: true }) : null,
			);
		},
	);

	it('is the email it was for, so that loads of different emails never meet', async () => {
		const seen: BurstLoad[] = [];
		const placing = deps({
			placeLoad: (load) => {
				seen.push(load);
				return null;
			},
		});
		for (const query of [
			{ id: '42', pixelId: 'p', campaignId: 'a' },
			{ id: '42', pixelId: 'p', campaignId: 'b' },
			{ id: '42', campaignId: 'a' },
			{ id: '42', campaignId: 'b' },
			{ id: '43', campaignId: 'b' },
		]) {
			await receiveOpen(request({ query }), settings({ manyDomains: true }), placing);
		}
		// A pixel is counted in one campaign, whatever a link says.
		expect(new Set(seen.map(({ recipient }) => recipient)).size).toBe(4);
		expect(seen.map(({ manyDomains }) => manyDomains)).toEqual(Array(5).fill(true));
	});
});

describe('held time', () => {
	const given = async (_id: string, purpose: Purpose | null) => ({
		status: purpose === 'image-held' ? ('given' as const) : ('unknown' as const),
		recordId: null,
	});
	const measurable = async (
		over: Parameters<typeof request>[0],
		mode: TrackingMode = 'identified',
		consentStatus: ReceiveDeps['consentStatus'] = given,
	) => {
		const received = await receiveOpen(request(over), settings({ mode }), deps({ consentStatus }));
		return [received.event?.imageHeldMeasurable, received.lookupError];
	};

	it('may be measured where the connection can be held and the person consented to it', async () => {
		expect(await measurable({ canBeHeld: true })).toEqual([true, null]);
		expect(await measurable({ canBeHeld: true }, 'full')).toEqual([true, null]);
		expect(await measurable({ canBeHeld: false })).toEqual([false, null]);
		expect(await measurable({})).toEqual([null, null]);
	});

	it.each(['aggregate', 'hygiene', 'pseudonymous'] as const)(
		'leaves nothing in mode %s',
		async (mode) => {
			expect(await measurable({ canBeHeld: true }, mode)).toEqual([null, null]);
			expect(await measurable({ canBeHeld: false }, mode)).toEqual([null, null]);
		},
	);

	it('that cannot be looked up costs the open nothing, and is told', async () => {
		const consentStatus: ReceiveDeps['consentStatus'] = async (id, purpose) =>
			purpose === 'image-held' ? await unreachable() : await given(id, purpose);
		expect(await measurable({ canBeHeld: true }, 'identified', consentStatus)).toEqual([
			null,
			new Error('store down'),
		]);
	});
});
