import type { StoreDatabase } from '../../../../src/storage/database/store-database';
import type { StoreSchema } from '../../../../src/storage/database/store-schema';
import type { Subject } from '../../../../src/storage/port/privacy-store';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { recipientPseudonym } from '../../../../src/tracking/people/pseudonym';
import { consentRecord } from '../../../support/consent-records';
import { keysOf } from '../../../support/denylist-keys';
import { sampleOpen } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';

const NOW = new Date('2026-11-21T12:00:00Z');
const KEY = Buffer.alloc(32, 7);
const ADDRESS = 'marker-ada@xn--bcher-kva.example';
const SPELLED = ' Marker-Ada@Bücher.Example';
/** As `recipientIdOf` makes them */
const IDS = ['0000000a-0000-8000-8000-00000000000a', '0000000b-0000-8000-8000-00000000000b'];

function subject(recipientId: string): Subject {
	return {
		recipientId,
		pseudonymsOf: (name, scope) => [recipientPseudonym(name, scope, KEY)],
		denylistKeysOf: keysOf,
	};
}

async function everything(database: StoreDatabase): Promise<string> {
	const tables: Array<keyof StoreSchema> = [
		'opens',
		'last_open_days',
		'recipients',
		'sent_messages',
		'tombstones',
		'recipient_tallies',
		'last_opens',
		'tallies',
		'consent_records',
		'consent_states',
		'privacy_requests',
		'burst_windows',
	];
	const rows = await Promise.all(
		tables.map((table) => database.read((db) => db.selectFrom(table).selectAll().execute())),
	);
	return JSON.stringify(rows);
}

onEachEngine('one person under many names on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;

	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => {
		await place.dispose();
	});

	/** On two pixels under ids of these pixels, by her own id on a third, by her address elsewhere. */
	async function fill() {
		for (const [index, recipientId] of [...IDS, 'marker-42'].entries()) {
			const pixelId = `pixel-${index}`;
			await store.createPixel({ id: pixelId, name: pixelId });
			await store.addRecipients(
				pixelId,
				[{ recipientId, email: index === 1 ? SPELLED : ADDRESS }, { recipientId: 'bob' }],
				keysOf,
			);
			await store.recordOpens([
				sampleOpen({ pixelId, recipientId }),
				sampleOpen({ pixelId, recipientId: 'bob' }),
				sampleOpen({
					pixelId,
					recipientId: recipientPseudonym(recipientId, pixelId, KEY),
					trackingMode: 'pseudonymous',
				}),
			]);
		}
		await store.recordOpens([
			sampleOpen({ recipientId: SPELLED, campaignId: 'spring' }),
			sampleOpen({ recipientId: ADDRESS, campaignId: 'summer', trackingMode: 'hygiene' }),
		]);
	}

	test.each([ADDRESS, SPELLED, IDS[0], 'marker-42'])(
		'an export for %j holds all of it and nothing of others',
		async (asked) => {
			await fill();
			await store.recordConsent([consentRecord({ recipientKey: IDS[1] })], NOW, keysOf);
			const data = await store.exportSubject(subject(asked));
			expect(data.recipients.map(({ recipientId }) => recipientId).sort()).toEqual(
				[...IDS, 'marker-42'].sort(),
			);
			expect(data.opens).toHaveLength(7);
			expect(data.lastOpenDay).toBe('2026-03-03');
			expect(data.consent).toHaveLength(1);
			expect(JSON.stringify(data)).not.toContain('bob');
		},
	);

	test.each([ADDRESS, SPELLED, IDS[1], 'marker-42'])(
		'an erasure of %j leaves nothing, and keeps every name silent',
		async (asked) => {
			await fill();
			await store.recordConsent([consentRecord({ recipientKey: SPELLED })], NOW, keysOf);
			const { erased, keptConsentRecords } = await store.eraseSubject(subject(asked), NOW);
			expect(erased).toContainEqual({ dataClass: 'open', records: 7 });
			expect(erased).toContainEqual({ dataClass: 'recipient', records: 3 });
			expect(keptConsentRecords).toBe(1);
			const names = [...IDS, 'marker-42', ADDRESS, SPELLED];
			const text = await everything(await place.openDatabase());
			for (const name of ['arker-', ...IDS, 'p_']) expect(text).not.toContain(name);
			expect(await store.deniedAmong(names.flatMap(keysOf))).toHaveProperty('size', 4);
			expect((await store.listOpens({ limit: 10 })).opens).toHaveLength(3);
		},
	);

	test.each([ADDRESS, IDS[1]])(
		'%j finds all opens of the person, and their status',
		async (asked) => {
			await fill();
			const { opens } = await store.listOpens({ limit: 20, recipientId: asked });
			expect(opens.map(({ pixelId }) => pixelId).sort()).toEqual([
				null,
				'pixel-0',
				'pixel-1',
				'pixel-2',
			]);
			for (const pixelId of ['pixel-0', 'pixel-1', 'pixel-2']) {
				const status = await store.getStatus({ pixelId, recipientId: asked });
				expect(status).toMatchObject({ opens: 1, lastOpenDay: '2026-03-03' });
			}
			expect(await store.getStatus({ pixelId: 'none', recipientId: 'nobody@a.b' })).toBeNull();
		},
	);

	test('a withdrawal under one name counts for all, and so does what was said last', async () => {
		await fill();
		const said = async (recipientKey: string, status: 'given' | 'withdrawn', day: number) =>
			await store.recordConsent(
				[consentRecord({ recipientKey, status, occurredAt: `2026-10-0${day}T12:00:00.000Z` })],
				NOW,
				keysOf,
			);
		const statuses = async () =>
			await Promise.all(
				[...IDS, 'marker-42', SPELLED].map(
					async (name) => (await store.getConsent(name, 'performance', NOW)).status,
				),
			);
		await said(SPELLED, 'withdrawn', 2);
		expect(await statuses()).toEqual(Array(4).fill('withdrawn'));
		await said('marker-42', 'given', 1);
		expect(await statuses()).toEqual(Array(4).fill('withdrawn'));
		await said(IDS[0], 'given', 3);
		expect(await statuses()).toEqual(Array(4).fill('given'));
		const asked = await store.listConsentsOf([IDS[1], 'bob'], NOW);
		expect(asked).toMatchObject([{ status: 'given', record: { recipientKey: IDS[1] } }]);
	});

	test('who was erased stays erased: nothing in clear comes back by any door of the store', async () => {
		await fill();
		await store.eraseSubject(subject(ADDRESS), NOW);
		for (const recipientKey of [SPELLED, IDS[0], 'marker-42']) {
			for (const status of ['given', 'withdrawn'] as const) {
				const record = consentRecord({ recipientKey, status, evidence: 'form of marker-ada' });
				await store.recordConsent([record], NOW, keysOf);
			}
		}
		const { added, recipients } = await store.addRecipients(
			'pixel-0',
			[
				{ recipientId: 'marker-new', email: SPELLED },
				{ recipientId: 'marker-42' },
				{ recipientId: 'grace' },
			],
			keysOf,
		);
		expect(added).toBe(1);
		expect(recipients).toMatchObject([null, null, { recipientId: 'grace' }]);
		const sent = await store.registerSent(
			['marker-42', SPELLED, 'grace'].map((recipientId) => ({
				messageId: null,
				pixelId: null,
				campaignId: 'spring',
				recipientId,
				sentAt: NOW,
				trackingMode: 'identified' as const,
			})),
			keysOf,
		);
		expect(sent.outcomes).toEqual(['erased', 'erased', 'recorded']);
		await store.recordUnlessErased(
			[SPELLED, IDS[1]].map((recipientId) => ({
				event: sampleOpen({ recipientId }),
				denylistKeys: keysOf(recipientId),
			})),
		);
		const text = await everything(await place.openDatabase());
		for (const name of ['arker-', ...IDS]) expect(text).not.toContain(name);
		// The proof of what they said stays, under the hash.
		expect(text).toContain(keysOf(ADDRESS)[0]);
	});

	test('an open that came in while nobody could be asked is decided on the way into the store', async () => {
		await store.recordConsent(
			[
				consentRecord({ recipientKey: 'marker-42', status: 'withdrawn' }),
				consentRecord({ recipientKey: 'bob', status: 'given' }),
			],
			NOW,
			keysOf,
		);
		const open = (recipientId: string, purpose: 'performance' | 'security' | null) =>
			sampleOpen({
				recipientId,
				purpose,
				consent: { status: null, recordId: null, policy: 'objection-honoured' },
			});
		const opens = [
			open('marker-42', 'performance'),
			open('marker-42', null),
			open('bob', 'performance'),
			open('eve', 'performance'),
		];
		const { erased, recorded } = await store.recordUnlessErased(
			opens.map((event) => ({ event, denylistKeys: keysOf(event.recipientId ?? '') })),
		);
		expect([...erased]).toEqual([opens[0].eventId, opens[1].eventId]);
		expect(recorded.size).toBe(2);
		const stored = (await store.listOpens({ limit: 10 })).opens;
		expect(stored.map(({ recipientId, consent }) => [recipientId, consent.status])).toEqual(
			expect.arrayContaining([
				['bob', 'given'],
				['eve', 'unknown'],
			]),
		);
		expect(stored).toHaveLength(2);
		// A sign-in alarm does not depend on what the person wishes.
		const alarm = open('marker-42', 'security');
		await store.recordUnlessErased([{ event: alarm, denylistKeys: keysOf('marker-42') }]);
		expect((await store.listOpens({ limit: 10 })).opens).toHaveLength(3);
	});

	test('an open of a deleted recipient keeps nothing that could be joined to an id', async () => {
		await fill();
		const kept = {
			trackingMode: 'full' as const,
			messageId: 'marker-message',
			consent: { status: 'given' as const, recordId: 'marker-record', policy: 'p' },
			request: {
				ip: '192.0.2.7',
				userAgent: 'marker-agent',
				referer: 'marker-page',
				acceptLanguage: 'marker-language',
			},
			imageHeldMs: 4711,
			imageHeldMeasurable: true,
		};
		await store.recordOpens([
			sampleOpen({ pixelId: 'pixel-2', recipientId: 'marker-42', ...kept }),
		]);
		const { recipients } = await store.listRecipients({ pixelId: 'pixel-2', limit: 10 });
		const { id } = recipients.find(({ recipientId }) => recipientId === 'marker-42')!;
		await store.deleteRecipient(id, keysOf);
		const later = sampleOpen({ pixelId: 'pixel-2', recipientId: 'marker-42', ...kept });
		await store.recordUnlessErased([{ event: later, denylistKeys: keysOf('marker-42') }]);
		const text = await everything(await place.openDatabase());
		for (const trace of [
			'marker-42',
			'marker-m',
			'marker-r',
			'marker-a@',
			'marker-l',
			'192.0.2.7',
		]) {
			expect(text).not.toContain(trace);
		}
		expect(text).not.toContain('4711');
	});
});
