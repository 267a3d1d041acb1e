import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { TrackingConsentFilter } from '../../nodes/TrackingConsentFilter/TrackingConsentFilter.node';
import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { signingOf } from '../../nodes/shared/installation/signing';
import { openEventSchema } from '../../src/tracking/event/open-event';
import { denylistKeysIn, pseudonymsOf } from '../../src/tracking/people/subject-keys';
import { consentRecord } from '../support/consent-records';
import { executeContext, executeNode } from '../support/node-context';
import { openEvent } from '../support/open-events';
import { newUserFolder, type UserFolder } from '../support/user-folder';
import { keysOf } from '../support/denylist-keys';

const node = new TrackingConsentFilter();
const NO_NOTICE = { noticeVersion: null, noticeHash: null, noticeText: null };

describe('Tracking Consent Filter', () => {
	let folder: UserFolder;
	beforeEach(() => {
		folder = newUserFolder();
	});
	afterEach(async () => await folder.remove());

	const filter = async (
		parameters: Record<string, unknown>,
		json: object = { mail: 'hello' },
		continueOnFail = false,
	) => {
		const { output } = await executeNode(node, [{ json: json as never }], {
			parameters: { recipientId: 'ada', ...parameters },
			continueOnFail,
		});
		const [[allowed], [refused]] = output;
		return { allowed, refused, item: allowed ?? refused };
	};
	const record = async (...changes: Array<Parameters<typeof consentRecord>[0]>) => {
		const store = await folder.store();
		await store.recordConsent(changes.map(consentRecord), new Date(), keysOf);
	};

	it('refuses somebody unknown under Consent Required, and allows them under Objection Honored', async () => {
		const strict = await filter({ consentPolicy: 'consent-required' });
		expect(strict.refused?.json).toEqual({
			mail: 'hello',
			trackingConsent: {
				allowed: false,
				mode: 'off',
				status: 'unknown',
				reason: 'consent-unknown',
				because: expect.stringContaining('No consent is known'),
				policy: 'consent-required',
				purpose: 'performance',
				recordId: null,
			},
		});
		expect(strict.refused?.pairedItem).toEqual({ item: 0 });
		const lenient = await filter({ consentPolicy: 'objection-honoured' });
		expect(lenient.allowed?.json.trackingConsent).toMatchObject({ reason: 'no-objection' });
	});

	it('allows who consented, says by which record, and refuses them once they withdrew', async () => {
		const given = consentRecord();
		await (await folder.store()).recordConsent([given], new Date(), keysOf);
		const { allowed } = await filter({ consentPolicy: 'france' });
		expect(allowed?.json.trackingConsent).toMatchObject({
			status: 'given',
			// The preset allows no more, whatever was asked for.
			mode: 'identified',
			policy: 'france-2026.1',
			recordId: given.recordId,
		});
		await record({ status: 'withdrawn', occurredAt: '2026-05-01T00:00:00.000Z', ...NO_NOTICE });
		for (const consentPolicy of ['france', 'us', 'objection-honoured']) {
			const { refused } = await filter({ consentPolicy });
			expect(refused?.json.trackingConsent).toMatchObject({ reason: 'withdrawn' });
		}
	});

	it('asks for the consent to clicks of a click, whatever the person said of opens', async () => {
		const click = openEvent({
			event: 'click',
			purpose: 'clicks',
			recipientId: 'ada',
			link: { url: 'https://shop.example/boots', position: 1, label: null },
		});
		const opensAlone = { consentPolicy: 'consent-required', purpose: 'performance' };
		await record({});
		const refused = await filter(opensAlone, click);
		expect(refused.allowed).toBeUndefined();
		expect(refused.refused?.json).toEqual({
			trackingConsent: expect.objectContaining({ purpose: 'clicks', status: 'unknown' }),
		});
		await record({ purpose: 'clicks' });
		const { allowed } = await filter(opensAlone, click);
		expect(allowed?.json).toMatchObject({
			event: 'click',
			link: { url: 'https://shop.example/boots' },
			trackingConsent: { purpose: 'clicks', status: 'given' },
		});
	});

	it.each([
		['registry', 'given', 'refused', true],
		['item', 'refused', 'given', true],
		['both', 'given', 'refused', false],
		['both', 'refused', 'given', false],
		['both', 'given', 'yes', true],
		['both', 'given', '', false],
	])(
		'asks %s: registry %s and item %s gives allowed = %s',
		async (source, registry, itemConsent, allowed) => {
			await record({ status: registry as 'given' });
			const shown = source === 'registry' ? {} : { itemConsent };
			const hidden = source === 'item' ? { recipientId: undefined } : {};
			const result = await filter({
				consentPolicy: 'consent-required',
				source,
				...shown,
				...hidden,
			});
			expect(Boolean(result.allowed)).toBe(allowed);
		},
	);

	it('says which words it knows where a field holds another one', async () => {
		const run = filter({ consentPolicy: 'us', source: 'item', itemConsent: 'perhaps' });
		await expect(run).rejects.toThrow('not a known answer');
		const { refused } = await filter(
			{ consentPolicy: 'us', source: 'item', itemConsent: 'perhaps' },
			{ a: 1 },
			true,
		);
		expect(refused?.json).toEqual({ a: 1, error: expect.stringContaining('not a known answer') });
	});

	it('counts Sec-GPC and an opt-out as objections', async () => {
		const gpc = await filter({ consentPolicy: 'us', options: { globalPrivacyControl: '1' } });
		expect(gpc.refused?.json.trackingConsent).toMatchObject({ reason: 'global-privacy-control' });
		const optedOut = await filter({ consentPolicy: 'us', options: { optedOut: true } });
		expect(optedOut.refused?.json.trackingConsent).toMatchObject({ reason: 'opted-out' });
	});

	it('refuses under Consent Required when the registry does not answer, and says so when it allows', async () => {
		rmSync(dataFolder(), { recursive: true, force: true });
		mkdirSync(join(folder.path, '.n8n'), { recursive: true });
		writeFileSync(dataFolder(), 'a file where the folder should be');
		const strict = await filter({ consentPolicy: 'consent-required' });
		expect(strict.refused?.json.trackingConsent).toMatchObject({ reason: 'lookup-failed' });
		const lenient = await filter({ consentPolicy: 'objection-honoured' });
		expect(lenient.allowed?.json.trackingConsent).toMatchObject({
			reason: 'lookup-failed-allowed',
		});
	});

	it('leaves of a refused open only the decision, or a bare count where asked to', async () => {
		const event = openEvent({ recipientId: 'ada', campaignId: 'spring', purpose: 'performance' });
		const { refused } = await filter({ consentPolicy: 'eu' }, event);
		expect(Object.keys(refused?.json ?? {})).toEqual(['trackingConsent']);
		const counted = await filter(
			{ consentPolicy: 'eu', options: { keepAsAggregate: true } },
			event,
		);
		expect(counted.allowed?.json).toMatchObject({
			recipientId: null,
			campaignId: 'spring',
			trackingMode: 'aggregate',
			consent: { status: null, recordId: null, policy: 'eu-2026.1' },
		});
		expect(openEventSchema.safeParse(counted.allowed?.json).success).toBe(true);
		const mail = await filter({ consentPolicy: 'eu', options: { keepAsAggregate: true } });
		expect(mail.allowed?.json).toMatchObject({
			mail: 'hello',
			trackingConsent: { mode: 'aggregate' },
		});
	});

	it('refuses whoever was erased, whatever the policy and the item say', async () => {
		const store = await folder.store();
		const { keyRing } = await signingOf(executeContext(node, []).context);
		await store.eraseSubject(
			{
				recipientId: 'ada',
				pseudonymsOf: (name, scope) => pseudonymsOf(name, scope, keyRing),
				denylistKeysOf: denylistKeysIn(keyRing),
			},
			new Date(),
		);
		const { refused } = await filter({
			consentPolicy: 'us',
			source: 'both',
			itemConsent: 'given',
			options: { keepAsAggregate: true },
		});
		expect(refused?.json.trackingConsent).toMatchObject({ reason: 'opted-out', mode: 'off' });
	});
});
