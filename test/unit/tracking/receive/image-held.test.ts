import fc from 'fast-check';

import { CONSENT_POLICIES } from '../../../../src/tracking/consent/consent-policy';
import { ACTORS, CONSENT_STATUSES } from '../../../../src/tracking/event/event-fields';
import type { Purpose } from '../../../../src/tracking/event/purpose';
import { TRACKING_MODES } from '../../../../src/tracking/event/tracking-mode';
import type { ReceiveSettings } from '../../../../src/tracking/receive/receive-types';
import { askToHoldImage } from '../../../../src/tracking/receive/image-held';

type Consent = ReceiveSettings['consent'];
const CONSENT: Consent = { policy: 'objection-honoured', label: 'x', keepAsAggregate: true };

type Load = Parameters<typeof askToHoldImage>[0];

/** Asks for an identified open by a person; the registry gives `status` for held time alone. */
async function ask(
	load: Partial<Load> = {},
	{
		status = 'given',
		headers = {},
		canBeHeld = true,
		consent = CONSENT,
	}: {
		status?: string;
		headers?: Record<string, string>;
		canBeHeld?: boolean | null;
		consent?: Consent;
	} = {},
) {
	const asked: Array<[string, Purpose | null]> = [];
	const answer = await askToHoldImage(
		{ recipientId: '42', mode: 'identified', actor: 'human', ...load },
		{ headers, canBeHeld: canBeHeld ?? undefined },
		{ consent },
		{
			consentStatus: async (recipientId, purpose) => {
				asked.push([recipientId, purpose]);
				const known = CONSENT_STATUSES.find((one) => one === status);
				if (!known) throw new Error('the store is away');
				return { status: known, recordId: null };
			},
		},
	);
	return { ...answer, asked };
}

describe('who is measured for held time', () => {
	it('whoever consented to exactly that and loads the image directly', async () => {
		expect(await ask()).toEqual({
			measurable: true,
			lookupError: null,
			asked: [['42', 'image-held']],
		});
		expect(await ask({ mode: 'full' })).toMatchObject({ measurable: true });
		expect(await ask({}, { status: 'renewed' })).toMatchObject({ measurable: true });
	});

	it.each(['unknown', 'requested', 'refused', 'withdrawn', 'expired'])(
		'nobody whose consent is %s, though the policy would keep their open',
		async (status) => {
			expect(await ask({}, { status })).toMatchObject({ measurable: null, lookupError: null });
		},
	);

	it('nobody while the registry cannot be asked, which is told', async () => {
		const answer = await ask({}, { status: 'failing' });
		expect(answer).toMatchObject({ measurable: null, lookupError: new Error('the store is away') });
	});

	it('nobody who sends Global Privacy Control', async () => {
		expect(await ask({}, { headers: { 'sec-gpc': '1' } })).toMatchObject({ measurable: null });
	});

	it.each(['human-via-proxy', 'prefetch', 'scanner', 'bot'] as const)(
		'never a load by a %s, and nobody has to be asked about it',
		async (actor) => {
			expect(await ask({ actor })).toEqual({ measurable: false, lookupError: null, asked: [] });
		},
	);

	it('nobody where held time is not measured at all', async () => {
		expect(await ask({}, { canBeHeld: null })).toMatchObject({ measurable: null, asked: [] });
	});

	it('never on a connection that cannot be held', async () => {
		expect(await ask({}, { canBeHeld: false })).toMatchObject({ measurable: false, asked: [] });
	});

	it.each(['aggregate', 'hygiene', 'pseudonymous'] as const)(
		'nobody in mode %s, which would not keep it',
		async (mode) => {
			expect(await ask({ mode })).toMatchObject({ measurable: null, asked: [] });
		},
	);

	it('nobody without a name', async () => {
		expect(await ask({ recipientId: null })).toMatchObject({ measurable: null, asked: [] });
	});

	it('never without a given consent, whatever the settings, the load and the rules', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.record({
					mode: fc.constantFrom(...TRACKING_MODES),
					actor: fc.constantFrom(...ACTORS),
					recipientId: fc.option(fc.string({ minLength: 1 })),
				}),
				fc.constantFrom(...CONSENT_STATUSES, 'failing'),
				fc.constantFrom(...CONSENT_POLICIES),
				fc.constantFrom(...CONSENT_POLICIES, 'exempt' as const),
				fc.boolean(),
				async (load, status, policy, rule, canBeHeld) => {
					const consent = { ...CONSENT, policy, purposeRules: { 'image-held': rule } };
					const { measurable } = await ask(load, { status, canBeHeld, consent });
					const mayBe =
						canBeHeld &&
						load.recipientId !== null &&
						['given', 'renewed'].includes(status) &&
						['human', 'unknown'].includes(load.actor) &&
						['identified', 'full'].includes(load.mode);
					if (measurable) expect(mayBe).toBe(true);
					if (mayBe && rule !== 'exempt') expect(measurable).toBe(true);
				},
			),
		);
	});
});
