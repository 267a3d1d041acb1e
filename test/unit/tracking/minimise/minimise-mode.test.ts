import fc from 'fast-check';

import { EVENT_FIELDS, EVENT_LEAVES } from '../../../../src/tracking/event/event-fields';
import {
	openEventSchema,
	valueOf,
	type OpenEvent,
} from '../../../../src/tracking/event/open-event';
import {
	assertWithinCeiling,
	isWithin,
	ModeAboveCeilingError,
	TRACKING_MODES,
	type TrackingMode,
} from '../../../../src/tracking/event/tracking-mode';
import { applyMode, MODE_STORES } from '../../../../src/tracking/minimise/minimise-mode';
import { recipientPseudonym } from '../../../../src/tracking/people/pseudonym';
import { anyEvent, fullEvent } from '../../../support/open-events';

const pseudonym = (id: string, scope: string) => recipientPseudonym(id, scope, Buffer.alloc(32, 7));

const full = fullEvent();

/** The fields that a mode makes less exact instead of keeping or dropping them. */
const REDUCED = [
	'eventId',
	'occurredAt',
	'recipientId',
	'recipientReason',
	'trackingMode',
	'link.url',
];

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

it('identified keeps all but the request, and full everything', () => {
	const { fields } = MODE_STORES.identified;
	expect(fields).toEqual(EVENT_FIELDS.filter((field) => !field.startsWith('request.')));
	expect(MODE_STORES.full.fields).toEqual(EVENT_FIELDS);
});

it('keeps no more of where a link leads than the mode allows', () => {
	const url = 'https://anna:M-pass@shop.example/M-path?email=M-query#M-fragment';
	const kept = (mode: TrackingMode) =>
		applyMode({ ...full, event: 'click', link: { ...full.link, url } }, mode, pseudonym)?.link.url;
	expect(Object.fromEntries(TRACKING_MODES.map((mode) => [mode, kept(mode)]))).toEqual({
		off: undefined,
		aggregate: 'https://shop.example/',
		hygiene: null,
		pseudonymous: 'https://shop.example/',
		identified: 'https://shop.example/M-path',
		full: url,
	});
	for (const odd of ['mailto:anna@example.com', 'no address', '']) {
		const click = { ...full, link: { ...full.link, url: odd } };
		expect(applyMode(click, 'identified', pseudonym)?.link.url).toBeNull();
	}
});

it.each(TRACKING_MODES.filter((mode) => mode !== 'off'))(
	'in %s the fields of that mode are as they were, and no other holds a value',
	(mode) => {
		const { fields } = MODE_STORES[mode];
		const check = (before: OpenEvent) => {
			const event = applyMode({ ...before, trackingMode: 'full' }, mode, pseudonym);
			if (!event) throw new Error('there should be an event');
			openEventSchema.parse(event);
			for (const leaf of EVENT_LEAVES) {
				if (REDUCED.includes(leaf.path)) continue;
				if (leaf.path === 'pixelId' && MODE_STORES[mode].recipient !== 'id') continue;
				const kept = fields.includes(leaf.path);
				expect(valueOf(event, leaf)).toEqual(kept ? valueOf(before, leaf) : leaf.empty);
			}
			expect(Object.keys(event)).toEqual(Object.keys(openEventSchema.shape));
			return event;
		};
		const named = JSON.stringify(check(full)).match(/M-[\w.]+/g) ?? [];
		const allowed = fields.map((field) => `M-${field}`);
		expect(named.filter((text) => !allowed.includes(text))).toEqual([]);
		fc.assert(fc.property(anyEvent, (event) => void check(event)));
	},
);

it('what is no field of an event does not get through, and no list is shared', () => {
	for (const mode of TRACKING_MODES.filter((one) => one !== 'off')) {
		const before = { ...full, email: 'ada@example.com', client: { ...full.client, screen: '4k' } };
		const event = applyMode(before, mode, pseudonym);
		expect(JSON.stringify(event)).not.toMatch(/ada@example.com|4k/);
		event?.features.push('later');
		expect(before.features).toEqual(['M-features']);
		expect(applyMode(before, mode, pseudonym)?.features).not.toContain('later');
	}
});

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
			recipientId: 'M-recipientId',
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

	it('lowered to a mode without the id: no pixel either, since it may stand for one email', () => {
		for (const mode of ['aggregate', 'pseudonymous'] as const) {
			expect(in_(mode).pixelId).toBeNull();
			expect(in_(mode, { trackingMode: mode }).pixelId).toBe('M-pixelId');
		}
		expect(in_('identified').pixelId).toBe('M-pixelId');
	});
});

it('never raises a mode, never changes its input, and gives the same again on its own result', () => {
	fc.assert(
		fc.property(
			anyEvent,
			fc.constantFrom(...TRACKING_MODES),
			fc.constantFrom(...TRACKING_MODES),
			(any, made, wanted) => {
				const input = applyMode({ ...any, trackingMode: 'full' }, made, pseudonym);
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
