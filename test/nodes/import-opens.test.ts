import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IDataObject } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { signingOf } from '../../nodes/shared/installation/signing';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { Subject } from '../../src/storage/port/privacy-store';
import { StoreError } from '../../src/storage/port/store-error';
import { ESP_PROVIDERS } from '../../src/tracking/esp/parse-esp-payload';
import { denylistKeysIn } from '../../src/tracking/people/subject-keys';
import { executeContext, executeNode } from '../support/node-context';

const node = new OpenTracking();

function fixture(provider: string): unknown {
	const file = join(__dirname, '..', 'fixtures', 'esp', `${provider}.json`);
	return JSON.parse(readFileSync(file, 'utf8'));
}

describe('Open Tracking: Open → Import', () => {
	let folder: string;
	const userFolder = process.env.N8N_USER_FOLDER;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'import-opens-'));
		process.env.N8N_USER_FOLDER = folder;
	});
	afterEach(async () => {
		await (await store()).close();
		process.env.N8N_USER_FOLDER = userFolder;
		rmSync(folder, { recursive: true, force: true });
	});
	const store = async () => await openEmbeddedStore({ folder: dataFolder(), queueMode: false });
	const stored = async () => (await (await store()).listOpens({ limit: 100 })).opens;

	async function importPayload(
		body: unknown,
		{ importOptions, ...parameters }: Record<string, unknown> = {},
		continueOnFail = false,
	) {
		const { output, hints } = await executeNode(node, [{ json: { body } as IDataObject }], {
			parameters: {
				resource: 'open',
				operation: 'import',
				importOptions: {
					acceptUnsigned: true,
					handOn: [],
					...(importOptions as object | undefined),
				},
				...parameters,
			},
			continueOnFail,
		});
		return { items: output[0], hints };
	}

	it.each(ESP_PROVIDERS.map(({ value }) => value))(
		'stores what a payload of %s reports, once however often it comes',
		async (provider) => {
			const { items } = await importPayload(fixture(provider), { provider });
			expect(items.length).toBeGreaterThan(0);
			expect(items.every(({ json }) => json.event === 'open')).toBe(true);
			expect(await stored()).toHaveLength(items.length);
			const again = await importPayload(fixture(provider), { provider });
			expect(again.items).toEqual([]);
			expect(await stored()).toHaveLength(items.length);
		},
	);

	it("keeps the service's own label, and address and agent out of it", async () => {
		const { items, hints } = await importPayload(fixture('sendgrid'), { provider: 'sendgrid' });
		expect(items.map(({ json }) => [json.recipientId, json.actor, json.actorReason])).toEqual([
			['ada@example.com', 'human', expect.any(String)],
			['grace@example.com', 'prefetch', 'esp:sendgrid-machine-open'],
		]);
		expect(JSON.stringify(await stored())).not.toMatch(/192\.0\.2|Mozilla/);
		expect(hints).toEqual([
			{
				message: '2 opens and 0 clicks are new, 0 were known, 0 may not be stored. Other events: 1',
			},
		]);
	});

	it('names recipients by a value of the sender, or by nothing, and keeps to the mode', async () => {
		const own = await importPayload(fixture('sendgrid'), {
			provider: 'sendgrid',
			importRecipient: 'metadata',
			importRecipientKey: 'customer',
		});
		expect(own.items.map(({ json }) => json.recipientId)).toEqual(['c-42', null]);
		const nobody = await importPayload(fixture('postmark'), {
			provider: 'postmark',
			importRecipient: 'none',
		});
		expect(nobody.items.map(({ json }) => json.recipientId)).toEqual([null]);
		const full = await importPayload(fixture('mailgun'), {
			provider: 'mailgun',
			importTrackingMode: 'full',
			importOptions: { keepRequest: true, purpose: 'performance' },
		});
		expect(full.items[0].json).toMatchObject({
			trackingMode: 'full',
			purpose: 'performance',
			request: { ip: expect.any(String) },
		});
		const off = await importPayload(fixture('resend'), {
			provider: 'resend',
			importTrackingMode: 'off',
		});
		expect(off.items).toEqual([]);
		expect(off.hints).toMatchObject([{ message: expect.stringContaining('may not be stored') }]);
	});

	it('stores nothing of people who did not consent, where consent is required', async () => {
		const { items, hints } = await importPayload(fixture('sendgrid'), {
			provider: 'sendgrid',
			importConsentPolicy: 'consent-required',
		});
		expect(items).toEqual([]);
		expect(await stored()).toEqual([]);
		expect(hints).toMatchObject([{ message: expect.stringContaining('2 may not be stored') }]);
		const counted = await importPayload(fixture('sendgrid'), {
			provider: 'sendgrid',
			importConsentPolicy: 'consent-required',
			importOptions: { keepAsAggregate: true },
		});
		expect(counted.items.map(({ json }) => [json.trackingMode, json.recipientId])).toEqual([
			['aggregate', null],
			['aggregate', null],
		]);
	});

	it('knows a person who withdrew or was erased by every spelling of the address', async () => {
		const ask = async (parameters: Record<string, string>) =>
			await executeNode(node, [{ json: {} }], { parameters });
		const withdraw = {
			resource: 'consent',
			operation: 'withdraw',
			withdrawMethod: 'reply to an email',
		};
		await ask({ ...withdraw, personId: 'ada@example.com' });
		const erase = { resource: 'privacy', operation: 'erasePerson' };
		await ask({ ...erase, personId: 'grace@example.com' });
		const text = JSON.stringify(fixture('sendgrid'))
			.replaceAll('ada@example.com', ' Ada@EXAMPLE.com')
			.replaceAll('grace@example.com', 'GRACE@example.com');
		const { items, hints } = await importPayload(JSON.parse(text), {
			provider: 'sendgrid',
			importOptions: { trackClicks: true },
		});
		expect(items).toEqual([]);
		expect(hints).toMatchObject([{ message: expect.stringContaining('3 may not be stored') }]);
		expect(await stored()).toEqual([]);
	});

	it('hands on bounces and complaints, as items that say what they are, and stores none of them', async () => {
		const bounce = {
			event: 'bounce',
			type: 'bounce',
			email: 'Bob@Example.com',
			timestamp: 1789034420,
			sg_event_id: 'Ym91bmNl',
			status: '5.1.1',
			reason: '550 5.1.1 <bob@example.com> unknown',
		};
		const payload = [
			...(fixture('sendgrid') as object[]),
			bounce,
			{ ...bounce, event: 'spamreport', sg_event_id: 'c3BhbQ' },
			{ ...bounce, event: 'delivered', sg_event_id: 'ZGVsaXY' },
		];
		const all = await importPayload(payload, {
			provider: 'sendgrid',
			importOptions: { handOn: undefined },
		});
		expect(all.items.map(({ json }) => [json.event, json.recipientId])).toEqual([
			['open', 'ada@example.com'],
			['open', 'grace@example.com'],
			['bounce', 'bob@example.com'],
			['complaint', 'bob@example.com'],
		]);
		expect(all.items[2].json.bounce).toEqual({ permanent: true, code: '5.1.1' });
		expect(all.hints).toEqual([
			{
				message:
					'2 opens and 0 clicks are new, 0 were known, 0 may not be stored. Other events: 4, of which 1 bounces and 1 complaints are handed on',
			},
		]);
		expect(await stored()).toHaveLength(2);
		const again = await importPayload(payload, {
			provider: 'sendgrid',
			importOptions: { handOn: ['bounce'] },
		});
		expect(again.items.map(({ json }) => json.eventId)).toEqual([all.items[2].json.eventId]);
	});

	describe('with Track Clicks on', () => {
		const trackClicks = { importOptions: { trackClicks: true } };
		const consentTo = async (personId: string, consentPurpose: string) =>
			await executeNode(node, [{ json: {} }], {
				parameters: {
					resource: 'consent',
					operation: 'record',
					personId,
					consentStatus: 'given',
					consentPurpose,
					consentMethod: 'form',
					noticeText: 'We would like to see which links you follow.',
				},
			});

		it('stores reported clicks with recipient and link, once, and counts them apart from opens', async () => {
			const payload = fixture('sendgrid');
			const { items, hints } = await importPayload(payload, {
				provider: 'sendgrid',
				...trackClicks,
			});
			expect(items.map(({ json }) => json.event)).toEqual(['open', 'open', 'click']);
			expect(items[2].json).toMatchObject({
				recipientId: 'ada@example.com',
				purpose: 'clicks',
				actor: 'unknown',
				actorReason: 'esp:no-label',
				link: { url: 'https://example.com/', position: null, label: null },
			});
			expect(hints).toEqual([
				{
					message:
						'2 opens and 1 clicks are new, 0 were known, 0 may not be stored. Other events: 0',
				},
			]);
			const { totals } = await (await store()).getDashboard();
			expect(totals).toMatchObject({ opens: 1, clicks: 1 });
			const again = await importPayload(payload, { provider: 'sendgrid', ...trackClicks });
			expect(again.items).toEqual([]);
			expect((await (await store()).getDashboard()).totals).toMatchObject({ opens: 1, clicks: 1 });
		});

		it("keeps a service's label for a machine that clicked, which counts as no click", async () => {
			const clicked = {
				'event-data': {
					event: 'clicked',
					id: 'a',
					timestamp: 1789034400,
					recipient: 'ada@example.com',
					url: 'https://example.com/offer',
					'client-info': { bot: 'generic' },
				},
			};
			const { items } = await importPayload(clicked, { provider: 'mailgun', ...trackClicks });
			expect(items).toMatchObject([
				{ json: { event: 'click', actor: 'scanner', actorReason: 'esp:mailgun-bot-generic' } },
			]);
			const { totals } = await (await store()).getDashboard();
			expect(totals).toMatchObject({ clicks: 0, machineClicks: 1 });
		});

		it('asks for the purpose clicks: consent to opens is none to clicks', async () => {
			await consentTo('ada@example.com', 'performance');
			const strict = {
				provider: 'sendgrid',
				importConsentPolicy: 'consent-required',
				...trackClicks,
			};
			const opensOnly = await importPayload(fixture('sendgrid'), strict);
			expect(opensOnly.items.map(({ json }) => json.event)).toEqual(['open']);
			await consentTo('ada@example.com', 'clicks');
			const both = await importPayload(fixture('sendgrid'), strict);
			expect(both.items.map(({ json }) => [json.event, json.consent])).toEqual([
				['click', expect.objectContaining({ status: 'given', recordId: expect.any(String) })],
			]);
		});

		it.each([
			['off', null],
			['hygiene', null],
			['aggregate', [null, 'https://example.com/']],
			['identified', ['ada@example.com', 'https://example.com/offer']],
			['full', ['ada@example.com', 'https://example.com/offer?customer=42']],
		])('keeps of a click what the mode %s allows', async (importTrackingMode, wanted) => {
			const click = {
				event: 'click',
				email: 'ada@example.com',
				timestamp: 1789034400,
				sg_event_id: 'a',
				url: 'https://example.com/offer?customer=42',
			};
			const { items, hints } = await importPayload(click, {
				provider: 'sendgrid',
				importTrackingMode,
				...trackClicks,
			});
			const kept = items.map(({ json }) => [json.recipientId, (json.link as IDataObject).url]);
			expect(kept).toEqual(wanted === null ? [] : [wanted]);
			const left = wanted === null ? 1 : 0;
			expect(hints).toMatchObject([
				{ message: expect.stringContaining(`0 were known, ${left} may not be stored`) },
			]);
		});
	});

	it('counts the upper pixel of SparkPost where that was chosen', async () => {
		const text = JSON.stringify(fixture('sparkpost')).replace('"open"', '"initial_open"');
		const settings = { provider: 'sparkpost' };
		expect((await importPayload(JSON.parse(text), settings)).items).toEqual([]);
		const importOptions = { initialOpens: true };
		const { items } = await importPayload(JSON.parse(text), { ...settings, importOptions });
		expect(items).toHaveLength(1);
	});

	it('stores nothing of somebody who is erased between the lookup and the write', async () => {
		const { keyRing } = await signingOf(executeContext(node, []).context);
		const trackingStore = await store();
		// The lookup has its answer, and the erasure comes right behind it.
		jest.spyOn(trackingStore, 'deniedAmong').mockImplementationOnce(async () => {
			const subject: Subject = {
				recipientId: 'ada@example.com',
				pseudonymsOf: () => [],
				denylistKeysOf: denylistKeysIn(keyRing),
			};
			await trackingStore.eraseSubject(subject, new Date());
			return new Set();
		});
		const { items, hints } = await importPayload(fixture('sendgrid'), { provider: 'sendgrid' });
		expect(items.map(({ json }) => json.recipientId)).toEqual(['grace@example.com']);
		expect(hints).toMatchObject([
			{
				message: '1 opens and 0 clicks are new, 0 were known, 1 may not be stored. Other events: 1',
			},
		]);
		expect((await stored()).map(({ recipientId }) => recipientId)).toEqual(['grace@example.com']);
	});

	it('stores an open once that a payload names twice', async () => {
		const payload = fixture('sendgrid') as object[];
		const { items, hints } = await importPayload([...payload, ...payload], {
			provider: 'sendgrid',
		});
		expect(items).toHaveLength(2);
		expect(hints).toMatchObject([
			{ message: expect.stringContaining('2 opens and 0 clicks are new, 2 were known') },
		]);
	});

	it('stores a large payload in few transactions', async () => {
		const [open] = fixture('sendgrid') as object[];
		const payload = Array.from({ length: 1200 }, (_, n) => ({
			...open,
			email: `reader-${n}@example.com`,
			sg_event_id: `event-${n}`,
		}));
		const writes = jest.spyOn(await store(), 'recordUnlessErased');
		const { items } = await importPayload(payload, { provider: 'sendgrid' });
		expect(items.map(({ json }) => json.recipientId)).toEqual(payload.map(({ email }) => email));
		expect(writes.mock.calls.length).toBeLessThan(6);
	});

	it('says which open the store will never take, and stores the rest', async () => {
		const trackingStore = await store();
		const { recordUnlessErased } = trackingStore;
		jest.spyOn(trackingStore, 'recordUnlessErased').mockImplementation(async (opens) => {
			if (opens.some(({ event }) => event.recipientId === 'ada@example.com')) {
				throw new StoreError('invalid', 'The recipient id is too long. Shorten it.');
			}
			return await recordUnlessErased(opens);
		});
		const { items } = await importPayload(fixture('sendgrid'), { provider: 'sendgrid' }, true);
		expect(items.map(({ json }) => json.recipientId ?? json.error)).toEqual([
			'grace@example.com',
			'1 events could not be stored. The first: The recipient id is too long. Shorten it.',
		]);
		expect((await stored()).map(({ recipientId }) => recipientId)).toEqual(['grace@example.com']);
	});

	it('reads a payload that came as text, as from Amazon SNS', async () => {
		const { items } = await importPayload(JSON.stringify(fixture('ses')), { provider: 'ses' });
		expect(items.length).toBeGreaterThan(0);
	});

	it('reads an item that is the payload itself', async () => {
		const { output } = await executeNode(node, [{ json: fixture('postmark') as IDataObject }], {
			parameters: {
				resource: 'open',
				operation: 'import',
				provider: 'postmark',
				payloadField: '',
				importOptions: { acceptUnsigned: true },
			},
		});
		expect(output[0]).toHaveLength(1);
	});

	it('says what it could not read, and stores the rest', async () => {
		const payload = [{ nonsense: true }, ...(fixture('sendgrid') as object[])];
		await expect(importPayload(payload, { provider: 'sendgrid' })).rejects.toMatchObject({
			message: expect.stringContaining('1 events of the payload could not be read. Event 1: '),
			context: { itemIndex: 0 },
		});
		expect(await stored()).toHaveLength(2);
		const { items } = await importPayload(payload, { provider: 'sendgrid' }, true);
		expect(items).toMatchObject([
			{ json: { error: expect.stringContaining('Event 1') }, pairedItem: { item: 0 } },
		]);
	});

	it.each([
		['missing', undefined],
		['no JSON', 'hello'],
	])('says so where the payload is %s', async (_case, body) => {
		await expect(importPayload(body, { provider: 'sendgrid' })).rejects.toThrow(
			'There is no payload in the field "body"',
		);
	});
});
