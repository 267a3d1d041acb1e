import fc from 'fast-check';

import { openEventSchema, type OpenEvent } from '../../../../src/tracking/event/open-event';
import {
	assertWithinCeiling,
	isWithin,
	ModeAboveCeilingError,
	TRACKING_MODES,
	type TrackingMode,
} from '../../../../src/tracking/event/tracking-mode';
import {
	applyMode,
	EVENT_FIELDS,
	MODE_STORES,
	type EventField,
} from '../../../../src/tracking/minimise/minimise-mode';
import { recipientPseudonym } from '../../../../src/tracking/people/pseudonym';

const pseudonym = (id: string, scope: string) => recipientPseudonym(id, scope, Buffer.alloc(32, 7));

const full: OpenEvent = {
	eventId: '019aa6b5-7c8b-7def-8123-456789abcdef',
	event: 'open',
	occurredAt: '2026-11-21T13:45:10.123Z',
	recipientId: 'M-recipient',
	recipientReason: null,
	pixelId: 'M-pixel',
	campaignId: 'M-campaign',
	messageId: 'M-message',
	trackingMode: 'full',
	purpose: 'performance',
	actor: 'human',
	actorReason: 'M-reason',
	rulesVersion: 'M-rules',
	client: { family: 'M-family', os: 'M-os', device: 'M-device' },
	features: ['M-feature'],
	consent: { status: 'given', recordId: 'M-record', policy: 'M-policy' },
	request: { ip: 'M-ip', userAgent: 'M-agent', referer: 'M-referer', acceptLanguage: 'M-language' },
	viewTimeMs: 1500,
	viewTimeMeasurable: true,
};

const at = (event: OpenEvent, field: EventField): unknown => {
	const [name, child] = field.split('.');
	const value = (event as unknown as Record<string, unknown>)[name];
	return child === undefined ? value : (value as Record<string, unknown>)[child];
};

it('the list of fields is the schema, leaf by leaf', () => {
	const leaves = Object.entries(full).flatMap(([name, value]) =>
		typeof value === 'object' && value !== null && !Array.isArray(value)
			? Object.keys(value).map((child) => `${name}.${child}`)
			: [name],
	);
	expect([...EVENT_FIELDS].sort()).toEqual(leaves.sort());
	expect(Object.keys(openEventSchema.shape).sort()).toEqual(Object.keys(full).sort());
});

it('each mode stores what the mode below it stores, and more; hygiene alone stands beside', () => {
	const fields = (mode: TrackingMode) => new Set<string>(MODE_STORES[mode].fields);
	const ladder: TrackingMode[] = ['off', 'aggregate', 'pseudonymous', 'identified', 'full'];
	ladder.slice(1).forEach((mode, i) => {
		const below = [...fields(ladder[i])];
		expect(below.filter((field) => !fields(mode).has(field))).toEqual([]);
		expect(fields(mode).size).toBeGreaterThan(below.length);
	});
	expect([...fields('hygiene')].filter((field) => !fields('identified').has(field))).toEqual([]);
});

it.each(TRACKING_MODES.filter((mode) => mode !== 'off'))(
	'in %s only the fields of that mode hold a value',
	(mode) => {
		const event = applyMode(full, mode, pseudonym);
		if (!event) throw new Error('there should be an event');
		openEventSchema.parse(event);
		for (const field of EVENT_FIELDS) {
			if (MODE_STORES[mode].fields.includes(field)) continue;
			const value = at(event, field);
			expect(Array.isArray(value) ? value : [value].filter((v) => v !== null)).toEqual([]);
		}
		const markers = JSON.stringify(event).match(/M-\w+/g) ?? [];
		const allowed = MODE_STORES[mode].fields.map((field) => [at(full, field)].flat()[0]);
		expect(markers.filter((marker) => !allowed.includes(marker))).toEqual([]);
	},
);

describe('what is told about the person', () => {
	const in_ = (mode: TrackingMode, over: Partial<OpenEvent> = {}) => {
		const event = applyMode({ ...full, ...over }, mode, pseudonym);
		if (!event) throw new Error('there should be an event');
		return event;
	};

	it('off: nothing', () => {
		expect(applyMode(full, 'off', pseudonym)).toBeNull();
		expect(applyMode({ ...full, trackingMode: 'off' }, 'full', pseudonym)).toBeNull();
	});

	it('aggregate: no recipient, no message, the hour', () => {
		expect(in_('aggregate')).toMatchObject({
			recipientId: null,
			recipientReason: 'mode',
			messageId: null,
			occurredAt: '2026-11-21T13:00:00.000Z',
		});
	});

	it('hygiene: the recipient and the day, and no exact time inside the event id', () => {
		const event = in_('hygiene');
		expect(event).toMatchObject({
			recipientId: 'M-recipient',
			occurredAt: '2026-11-21T00:00:00.000Z',
			campaignId: null,
			pixelId: null,
		});
		expect(parseInt(event.eventId.replace(/-/g, '').slice(0, 12), 16) % 86_400_000).toBe(0);
	});

	it('pseudonymous: a pseudonym that differs from campaign to campaign', () => {
		const a = in_('pseudonymous', { campaignId: 'a' }).recipientId;
		const b = in_('pseudonymous', { campaignId: 'b' }).recipientId;
		expect(a).toMatch(/^p_[0-9a-f]{32}$/);
		expect(a).not.toBe(b);
		expect(in_('pseudonymous', { campaignId: 'a' }).recipientId).toBe(a);
	});

	it('lowered to a mode without the id: no pixel either, since it may stand for one mail', () => {
		for (const mode of ['aggregate', 'pseudonymous'] as const) {
			expect(in_(mode).pixelId).toBeNull();
			expect(in_(mode, { trackingMode: mode }).pixelId).toBe('M-pixel');
		}
		expect(in_('identified').pixelId).toBe('M-pixel');
	});
});

it('never raises a mode, never changes its input, and gives the same again on its own result', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...TRACKING_MODES),
			fc.constantFrom(...TRACKING_MODES),
			(made, wanted) => {
				const input = applyMode({ ...full }, made, pseudonym);
				if (!input) return;
				const copy = structuredClone(input);
				const event = applyMode(input, wanted, pseudonym);
				expect(input).toEqual(copy);
				if (!event) return;
				expect(isWithin(event.trackingMode, made) && isWithin(event.trackingMode, wanted)).toBe(
					true,
				);
				for (const key of [pseudonym, null]) {
					expect(applyMode(event, event.trackingMode, key)).toEqual(event);
					expect(applyMode(event, 'full', key)).toEqual(event);
				}
			},
		),
	);
});

describe('a link above a ceiling', () => {
	it('is refused with the strictest ceiling and its owner in the message', () => {
		const make = () =>
			assertWithinCeiling('full', {
				'the operator': 'identified',
				'the campaign': 'aggregate',
				nobody: null,
			});
		expect(make).toThrow(ModeAboveCeilingError);
		expect(make).toThrow(/"full".*the campaign allows at most "aggregate"/);
	});

	it('is made when every ceiling is as high', () => {
		expect(() =>
			assertWithinCeiling('identified', {
				'the operator': 'identified',
				'the campaign': undefined,
			}),
		).not.toThrow();
	});
});
