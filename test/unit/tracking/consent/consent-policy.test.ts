import {
	CONSENT_POLICIES,
	CONSENT_REASONS,
	decideConsent,
	stricterStatus,
	type ConsentSources,
} from '../../../../src/tracking/consent/consent-policy';
import {
	JURISDICTION_PRESETS,
	JURISDICTIONS,
} from '../../../../src/tracking/consent/jurisdictions';
import { CONSENT_STATUSES } from '../../../../src/tracking/event/event-fields';
import type { ConsentStatus } from '../../../../src/tracking/event/open-event';
import { PURPOSES, type Purpose } from '../../../../src/tracking/event/purpose';

const sources = (over: Partial<ConsentSources> = {}): ConsentSources => ({
	registry: null,
	item: null,
	globalPrivacyControl: false,
	optedOut: false,
	lookupFailed: false,
	...over,
});
const drop = { keepAsAggregate: false };

describe('Consent Required', () => {
	it.each<[ConsentStatus | null, boolean, string]>([
		['given', true, 'consent-given'],
		['renewed', true, 'consent-given'],
		['unknown', false, 'consent-unknown'],
		[null, false, 'consent-unknown'],
		['requested', false, 'consent-requested'],
		['expired', false, 'consent-expired'],
		['refused', false, 'refused'],
		['withdrawn', false, 'withdrawn'],
	])('with status %s: allowed %s, because %s', (registry, allowed, reason) => {
		const decision = decideConsent(
			{ policy: 'consent-required', purpose: 'performance', sources: sources({ registry }) },
			drop,
		);
		expect(decision).toEqual({
			allowed,
			mode: allowed ? 'full' : 'off',
			status: registry ?? 'unknown',
			reason,
		});
	});

	it('refuses when the lookup failed, even if the item says yes', () => {
		const decision = decideConsent(
			{
				policy: 'consent-required',
				purpose: 'performance',
				sources: sources({ item: 'given', lookupFailed: true }),
			},
			drop,
		);
		expect(decision).toMatchObject({ allowed: false, reason: 'lookup-failed' });
	});
});

describe('Objection Honored', () => {
	it.each<[ConsentStatus | null, boolean, string]>([
		['given', true, 'consent-given'],
		['unknown', true, 'no-objection'],
		[null, true, 'no-objection'],
		['requested', true, 'no-objection'],
		['expired', true, 'no-objection'],
		['refused', false, 'refused'],
		['withdrawn', false, 'withdrawn'],
	])('with status %s: allowed %s, because %s', (registry, allowed, reason) => {
		const decision = decideConsent(
			{ policy: 'objection-honoured', purpose: 'performance', sources: sources({ registry }) },
			drop,
		);
		expect(decision).toMatchObject({ allowed, reason });
	});

	it('says when it allowed without knowing', () => {
		const decision = decideConsent(
			{
				policy: 'objection-honoured',
				purpose: 'performance',
				sources: sources({ lookupFailed: true }),
			},
			drop,
		);
		expect(decision).toMatchObject({ allowed: true, reason: 'lookup-failed-allowed' });
	});

	it('still needs a consent of its own for held time', () => {
		const ask = (registry: ConsentStatus) =>
			decideConsent(
				{ policy: 'objection-honoured', purpose: 'image-held', sources: sources({ registry }) },
				drop,
			).allowed;
		expect([ask('unknown'), ask('given')]).toEqual([false, true]);
	});
});

describe('every policy', () => {
	it('lets the stricter of registry and item win', () => {
		for (const policy of CONSENT_POLICIES) {
			for (const [registry, item] of [
				['given', 'withdrawn'],
				['withdrawn', 'given'],
			] as const) {
				expect(
					decideConsent(
						{ policy, purpose: 'performance', sources: sources({ registry, item }) },
						drop,
					),
				).toMatchObject({ allowed: false, status: 'withdrawn' });
			}
		}
		expect(stricterStatus(null, 'given')).toBe('given');
		expect(stricterStatus('unknown', 'given')).toBe('unknown');
		expect(stricterStatus(null, null)).toBeNull();
	});

	it('takes a stored opt-out and Global Privacy Control as an objection, over a consent', () => {
		for (const policy of CONSENT_POLICIES) {
			for (const over of [{ optedOut: true }, { globalPrivacyControl: true }]) {
				expect(
					decideConsent(
						{ policy, purpose: 'performance', sources: sources({ registry: 'given', ...over }) },
						drop,
					).allowed,
				).toBe(false);
			}
		}
	});

	it('keeps a refused open as a bare count when asked to', () => {
		expect(
			decideConsent(
				{ policy: 'consent-required', purpose: 'performance', sources: sources() },
				{ keepAsAggregate: true },
			),
		).toEqual({ allowed: true, mode: 'aggregate', status: 'unknown', reason: 'consent-unknown' });
	});

	it('allows exempt purposes without consent, but no more than they need', () => {
		const ask = (purpose: Purpose, over = {}) =>
			decideConsent(
				{
					policy: 'consent-required',
					purpose,
					sources: sources({ lookupFailed: true, globalPrivacyControl: true, ...over }),
				},
				drop,
			);
		expect(ask('deliverability')).toMatchObject({
			allowed: true,
			mode: 'hygiene',
			reason: 'exempt-purpose',
		});
		expect(ask('security')).toMatchObject({ allowed: true, mode: 'identified' });
		expect(ask('legal-notice', { registry: 'withdrawn' })).toMatchObject({
			allowed: true,
			mode: 'identified',
		});
	});

	it('honours the right to object to list hygiene', () => {
		for (const over of [{ registry: 'refused' as const }, { optedOut: true }]) {
			expect(
				decideConsent(
					{ policy: 'consent-required', purpose: 'deliverability', sources: sources(over) },
					drop,
				).allowed,
			).toBe(false);
		}
	});

	it('never allows more under Consent Required than under Objection Honored', () => {
		for (const purpose of [null, ...PURPOSES]) {
			for (const registry of [null, ...CONSENT_STATUSES]) {
				for (const lookupFailed of [true, false]) {
					const ask = (policy: (typeof CONSENT_POLICIES)[number]) =>
						decideConsent({ policy, purpose, sources: sources({ registry, lookupFailed }) }, drop);
					if (ask('consent-required').allowed) expect(ask('objection-honoured').allowed).toBe(true);
					expect(CONSENT_REASONS).toHaveProperty([ask('consent-required').reason]);
				}
			}
		}
	});
});

describe('the presets', () => {
	const ask = (
		name: (typeof JURISDICTIONS)[number],
		purpose: Purpose,
		registry: ConsentStatus | null = null,
	) => {
		const { policy, purposeRules } = JURISDICTION_PRESETS[name];
		return decideConsent({ policy, purpose, purposeRules, sources: sources({ registry }) }, drop);
	};

	it('each have a label of their own, a line of explanation and sources', () => {
		const presets = Object.values(JURISDICTION_PRESETS);
		expect(Object.keys(JURISDICTION_PRESETS)).toEqual([...JURISDICTIONS]);
		expect(new Set(presets.map((p) => p.label)).size).toBe(JURISDICTIONS.length);
		for (const preset of presets) {
			expect(preset.explanation).not.toContain('\n');
			expect(preset.explanation.length).toBeGreaterThan(40);
			expect(preset.sources.length).toBeGreaterThan(0);
		}
	});

	it('ask for consent to measure in Europe, and honor objections in the US', () => {
		for (const name of ['eu', 'france', 'italy', 'uk'] as const) {
			expect(ask(name, 'performance').allowed).toBe(false);
			expect(ask(name, 'performance', 'given').allowed).toBe(true);
		}
		expect(ask('us', 'performance').allowed).toBe(true);
		expect(ask('us', 'performance', 'withdrawn').allowed).toBe(false);
	});

	it('let only France keep the day of the last open without consent', () => {
		expect(ask('france', 'deliverability')).toMatchObject({ allowed: true, mode: 'hygiene' });
		for (const name of ['eu', 'italy', 'uk'] as const)
			expect(ask(name, 'deliverability').allowed).toBe(false);
	});
});
